"""The convolution of each channel by itself, beside the one that could mix them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import convolution, depthwise_convolution
from neurogate.errors import RequestError
from tests.attention import standin
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE

AT = {"rtol": 0, "atol": TOLERANCE["two ways", "float64"]}


@settings(max_examples=20)
@given(
    st.lists(st.integers(3, 5), min_size=1, max_size=3), st.integers(0, 3), st.integers(1, 3),
    st.integers(0, 2), st.integers(0, 99),
)  # fmt: skip
def test_it_is_a_convolution_whose_weights_between_channels_are_0(
    sizes: list[int], channels: int, stride: int, padding: int, seed: int
) -> None:
    rng, more = np.random.default_rng(seed), {"stride": stride, "padding": padding}
    x, w = rng.standard_normal((2, channels, *sizes)), rng.standard_normal((channels, 1, *[3] * len(sizes)))
    own = np.eye(channels).reshape(channels, channels, *[1] * len(sizes))
    y, cache = depthwise_convolution.forward(x, w, **more)
    wanted, mixing = convolution.forward(x, own * w, **more)
    assert np.allclose(y, wanted, **AT)
    dy = rng.standard_normal(y.shape)
    dx, dw = depthwise_convolution.backward(dy, cache)
    wanted_x, wanted_w, _ = convolution.backward(dy, mixing)
    assert np.allclose(dx, wanted_x, **AT)
    assert np.allclose(dw, (own * wanted_w).sum(axis=1, keepdims=True), **AT)
    found = {"x": dx, "weight": dw}
    check(rng, lambda **a: depthwise_convolution.forward(**a, **more)[0], {"x": x, "weight": w}, found, dy)


@pytest.mark.parametrize("stride", [1, (2, 3)])
@pytest.mark.parametrize("padding", [0, (3, 1)])
def test_a_gpu_takes_all_taps_at_once(
    stride: int | tuple[int, int], padding: int | tuple[int, int], rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    x, w = rng.standard_normal((2, 3, 6, 7)), rng.standard_normal((3, 1, 2, 3))
    y, cache = depthwise_convolution.forward(x, w, stride=stride, padding=padding)
    there = standin.installed(monkeypatch).asarray
    found, cache_there = depthwise_convolution.forward(there(x), there(w), stride=stride, padding=padding)
    assert np.allclose(found.get(), y, **AT)
    dy = rng.standard_normal(y.shape)
    pairs = zip(
        depthwise_convolution.backward(there(dy), cache_there),
        depthwise_convolution.backward(dy, cache), strict=True,
    )  # fmt: skip
    assert all(np.allclose(far.get(), near, **AT) for far, near in pairs)


def test_what_came_in_is_as_it_was_and_the_channels_of_what_goes_out_are_neighbours() -> None:
    x, w = np.ones((1, 2, 3, 3), np.float32), np.ones((2, 1, 3, 3), np.float32)
    y, cache = depthwise_convolution.forward(x, w, padding=1)
    y += 1
    assert (x == 1).all()
    assert np.moveaxis(y, 1, -1).flags.c_contiguous
    assert {a.dtype for a in (y, *depthwise_convolution.backward(y, cache))} == {np.dtype("float32")}


def test_a_kernel_that_sees_other_channels_is_a_sentence() -> None:
    with pytest.raises(
        RequestError, match=r"weight \(2, 2, 3\): weight must have as many axes as x: its chan"
    ):
        depthwise_convolution.forward(np.ones((1, 2, 4)), np.ones((2, 2, 3)))
