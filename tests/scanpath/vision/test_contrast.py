"""Contrast is where lightness or colour changes, in CIELAB as others compute it."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.scanpath.vision.contrast import cells_of, contrast, lab
from neurogate.scanpath.vision.smoothing import pooled


def test_lab_is_that_of_the_literature() -> None:
    # Red, green, blue and a middle grey of sRGB under D65, as colour tables print them.
    rgb = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [119 / 255] * 3])
    expected = [[53.24, 80.09, 67.20], [87.74, -86.18, 83.18], [32.30, 79.19, -107.86], [50.03, 0, 0]]
    np.testing.assert_allclose(lab(rgb), expected, atol=0.05)


@pytest.mark.parametrize("grey", [0.0, 0.4, 1.0])
def test_nothing_to_see_has_no_contrast(grey: float) -> None:
    assert contrast(np.full((300, 400, 3), grey)).max() < 1e-9


def test_a_patch_is_seen_in_lightness_and_in_colour() -> None:
    for patch in ([0.9, 0.9, 0.9], [0.8, 0.3, 0.3]):
        picture = np.full((300, 400, 3), 0.5)
        picture[75:100, 250:275] = patch
        plane = contrast(picture)
        row, column = np.unravel_index(plane.argmax(), plane.shape)
        assert plane.shape == (24, 32)
        assert abs(row - 6.5) <= 1
        assert abs(column - 20.5) <= 1


def test_cells_are_about_square_whatever_the_picture() -> None:
    assert cells_of(800, 600) == (32, 24)
    assert cells_of(2, 2) == (32, 32)
    assert contrast(np.random.default_rng(1).random((2, 500, 3))).shape == (1, 32)


@pytest.mark.parametrize("shape", [(3, 4), (7, 5), (1, 1), (12, 24)])
def test_pooling_keeps_the_mean_and_the_range(shape: tuple[int, int]) -> None:
    x = np.random.default_rng(1).random((6, 8))
    small = pooled(x, shape)
    assert small.shape == shape
    assert small.mean() == pytest.approx(x.mean())
    assert x.min() - 1e-12 <= small.min() <= small.max() <= x.max() + 1e-12
    if shape == (3, 4):
        np.testing.assert_allclose(small, x.reshape(3, 2, 4, 2).mean(axis=(1, 3)))
