"""Long filters that a small network makes."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.blocks import implicit_filter
from tests.attention.gradients import check


@pytest.mark.parametrize(("lags", "wanted", "bands", "inner"), [(1, 1, 1, 1), (7, 4, 2, 2), (5, 5, 1, 3)])
def test_gradients_are_those_of_finite_differences(
    lags: int, wanted: int, bands: int, inner: int, rng: np.random.Generator
) -> None:
    parameters = implicit_filter.initial(rng, lags, 1 + 2 * bands, 4, inner, 3)
    kernel, cache = implicit_filter.forward(parameters, wanted)
    dy = rng.standard_normal(kernel.shape)
    found = implicit_filter.backward(dy, cache)
    check(rng, lambda **a: implicit_filter.forward(a, wanted)[0], parameters, found, dy)


def test_positions_are_rounded_as_the_authors_keep_them() -> None:
    z = implicit_filter.positions(16, 5)
    assert np.array_equal(z, z.astype(np.float32))
    angle = 2 * np.pi / 16 * np.arange(16)
    wanted = np.stack([np.arange(16) / 15, np.cos(1e-4 * angle), np.cos(angle), -np.sin(1e-4 * angle),
                       -np.sin(angle)], axis=1)  # fmt: skip
    assert np.abs(z - wanted).max() < 1e-6


def test_a_single_band_hardly_moves() -> None:
    z = implicit_filter.positions(64, 3)
    assert np.ptp(z[:, 1]) < 1e-6
    assert np.ptp(z[:, 2]) < 1e-3


def test_a_filter_of_one_lag_and_one_channel_is_allowed(rng: np.random.Generator) -> None:
    kernel, _ = implicit_filter.forward(implicit_filter.initial(rng, 1, 3, 2, 1, 1), 1)
    assert kernel.shape == (1, 1)
    assert np.isfinite(kernel).all()
