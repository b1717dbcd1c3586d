"""The long causal convolution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import long_convolution
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE


def direct(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Return the sum of the equation, term by term."""
    y = np.zeros_like(x)
    for t in range(x.shape[-2]):
        for j in range(min(t + 1, kernel.shape[-1])):
            y[..., t, :] += kernel[:, j] * x[..., t - j, :]
    return y


@settings(max_examples=12)
@given(
    st.lists(st.integers(1, 3), max_size=2), st.integers(0, 9), st.integers(1, 4), st.integers(0, 12),
    st.integers(0, 99),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    batch: list[int], length: int, channels: int, lags: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    shapes = {"x": (*batch, length, channels), "kernel": (channels, lags)}
    arguments = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    y, cache = long_convolution.forward(**arguments)
    dy = rng.standard_normal(y.shape)
    found = dict(zip(arguments, long_convolution.backward(dy, cache), strict=True))
    check(rng, lambda **a: long_convolution.forward(**a)[0], arguments, found, dy)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("length", "lags"), [(1, 1), (7, 7), (13, 5), (5, 13), (64, 64)])
def test_the_fft_is_the_direct_sum(length: int, lags: int, dtype: str, rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, length, 3)).astype(dtype)
    kernel = rng.standard_normal((3, lags)).astype(dtype)
    y, cache = long_convolution.forward(x, kernel)
    wanted = direct(x, kernel)
    assert y.dtype == dtype
    assert {array.dtype for array in long_convolution.backward(y, cache)} == {np.dtype(dtype)}
    assert np.abs(y - wanted).max() <= TOLERANCE["two ways", dtype] * np.abs(wanted).max()


def test_several_axes_before_time_share_the_filters(rng: np.random.Generator) -> None:
    x, kernel = rng.standard_normal((2, 3, 7, 4)), rng.standard_normal((4, 7))
    y, _ = long_convolution.forward(x, kernel)
    flat, _ = long_convolution.forward(x.reshape(6, 7, 4), kernel)
    assert np.array_equal(y, flat.reshape(y.shape))


@pytest.mark.parametrize("shapes", [((5, 3), (2, 5)), ((5,), (5, 5)), ((5, 3), (3,))])
def test_shapes_that_do_not_fit_are_a_sentence(shapes: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(RequestError, match=r"x \(.*\), kernel \(.*\): .+\.$"):
        long_convolution.forward(*map(np.ones, shapes))
