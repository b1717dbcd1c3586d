"""Smoothing keeps what is flat, and resizing what is linear."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy import ndimage

from neurogate.errors import RequestError
from neurogate.scanpath.vision.smoothing import convolved, gaussian, resized, smoothed

SCIPY = {"reflect": "mirror", "edge": "nearest", "constant": "constant"}
CLOSE = 1e-12
FEW = settings(max_examples=20)


@FEW
@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.floats(0.3, 3),
    st.sampled_from(sorted(SCIPY)),
    st.integers(0, 99),
)
def test_convolution_is_scipys(height: int, width: int, sigma: float, border: str, seed: int) -> None:
    x = np.random.default_rng(seed).random((2, height, width))
    expected = x
    for axis in (1, 2):
        expected = ndimage.correlate1d(expected, gaussian(sigma), axis, mode=SCIPY[border])
    np.testing.assert_allclose(convolved(x, gaussian(sigma), border), expected, atol=CLOSE)


@FEW
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_resizing_keeps_flat_planes_and_their_own_size(a: int, b: int, c: int, d: int) -> None:
    np.testing.assert_allclose(resized(np.full((a, b), 0.3), (c, d)), 0.3, atol=CLOSE)
    x = np.random.default_rng(a).random((a, b))
    np.testing.assert_allclose(resized(x, (a, b)), x, atol=CLOSE)


def test_resizing_down_and_smoothing_keep_the_mean_of_a_ramp() -> None:
    ramp = np.broadcast_to(np.arange(16.0), (8, 16))
    assert resized(ramp, (4, 8)).mean() == pytest.approx(ramp.mean())
    assert smoothed(ramp, 2.0).mean() == pytest.approx(ramp.mean())


@pytest.mark.parametrize("sigma", [0.0, -1.0, float("nan"), float("inf")])
def test_a_gaussian_has_a_width(sigma: float) -> None:
    with pytest.raises(RequestError, match="Give a finite number above 0"):
        gaussian(sigma)
