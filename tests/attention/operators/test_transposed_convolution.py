"""The transposed convolution is the adjoint of the convolution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import convolution, transposed_convolution
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE


@settings(max_examples=10)
@given(
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(0, 1), st.integers(1, 2), st.data()
)
def test_it_is_the_adjoint_and_its_gradients_are_those_of_finite_differences(
    axes: int, k: int, stride: int, padding: int, groups: int, data: st.DataObject
) -> None:
    extra = data.draw(st.integers(0, stride - 1))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    more = {"stride": stride, "padding": padding, "groups": groups}
    arguments = {
        "x": rng.standard_normal((2, 2 * groups, *(3, 4, 2 + padding)[:axes])),
        "weight": rng.standard_normal((2 * groups, 2, *(k,) * axes)),
        "bias": rng.standard_normal(2 * groups),
    }
    x, w, b = arguments.values()
    y, cache = transposed_convolution.forward(x, w, b, extra=extra, **more)
    dy = rng.standard_normal(y.shape)
    back, _ = convolution.forward(dy, w, **more)
    wanted = (back * x).sum() + (dy.sum(axis=(0, *range(2, dy.ndim))) * b).sum()
    assert np.isclose((y * dy).sum(), wanted, rtol=0, atol=100 * TOLERANCE["two ways", "float64"])
    found = dict(zip(arguments, transposed_convolution.backward(dy, cache), strict=True))
    check(rng, lambda **a: transposed_convolution.forward(**a, extra=extra, **more)[0], arguments, found, dy)


def test_a_kernel_as_long_as_the_stride_tiles_the_output() -> None:
    y, _ = transposed_convolution.forward(np.array([[[1.0, 2.0]]]), np.array([[[1.0, 10.0]]]), stride=2)
    assert y.tolist() == [[[1.0, 10.0, 2.0, 20.0]]]


@pytest.mark.parametrize(
    ("x", "weight", "more"),
    [
        ((1, 2, 5), (2, 3, 3, 3), {}),
        ((1, 2, 5), (3, 2, 3), {}),
        ((1, 2, 5), (2, 3, 3), {"groups": 3}),
        ((1, 2, 5), (2, 3, 3), {"stride": 2, "extra": 2}),
        ((1, 2, 2), (2, 3, 1), {"padding": 1}),
    ],
)
def test_shapes_that_do_not_fit_are_a_sentence(
    x: tuple[int, ...], weight: tuple[int, ...], more: dict[str, int]
) -> None:
    with pytest.raises(RequestError, match=r"\(.*\): .+\.$"):
        transposed_convolution.forward(np.ones(x), np.ones(weight), **more)
