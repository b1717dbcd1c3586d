"""What differs from its surround is salient, in each channel and in no other."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.vision.itti_koch import conspicuity, itti_koch, normalised, pyramid

CLOSE = 1e-9


def scene(background: tuple[float, float, float], patch: tuple[float, float, float]) -> np.ndarray:
    """Return a picture of 128 x 192 px with a patch at row 40, column 136, and of the map's cell (2, 8)."""
    picture = np.empty((128, 192, 3))
    picture[:] = background
    picture[32:48, 128:144] = patch
    return picture


def peak(plane: np.ndarray) -> tuple[int, int]:
    row, column = np.unravel_index(plane.argmax(), plane.shape)
    return int(row), int(column)


def near(plane: np.ndarray) -> bool:
    row, column = peak(plane)
    return abs(row - 2) <= 1 and abs(column - 8) <= 1


def test_a_light_patch_is_found_by_intensity_alone() -> None:
    found = conspicuity(scene((0.3,) * 3, (0.9,) * 3))
    assert near(found.intensity)
    assert not found.colour.any()


def test_a_red_patch_among_green_of_the_same_intensity_is_found_by_colour() -> None:
    found = conspicuity(scene((0.1, 0.7, 0.1), (0.7, 0.1, 0.1)))
    assert near(found.colour)
    assert found.intensity.max() == pytest.approx(0, abs=CLOSE)


def test_a_line_across_the_others_is_found_by_orientation() -> None:
    rows, columns = (0.5 + 0.5 * np.cos(2 * np.pi * axis / 28) for axis in np.ogrid[:141, :197])
    bars = np.repeat(columns, 141, axis=0)
    bars[28:85, 98:155] = rows[28:85]
    row, column = peak(conspicuity(np.repeat(bars[:, :, None], 3, axis=2)).orientation)
    assert 28 <= 16 * row <= 85
    assert 98 <= 16 * column <= 155


def test_a_flat_picture_has_no_saliency_and_the_map_is_from_0_to_1(rng: np.random.Generator) -> None:
    assert not itti_koch(np.full((64, 96, 3), 0.4)).any()
    found = itti_koch(rng.random((65, 97, 3)))
    assert found.shape == (5, 7)
    assert (found.min() >= 0, found.max()) == (True, 1)


def test_a_mirrored_picture_has_a_mirrored_map() -> None:
    picture = np.random.default_rng(4).random((257, 257, 3))
    np.testing.assert_allclose(itti_koch(picture[:, ::-1]), itti_koch(picture)[:, ::-1], atol=CLOSE)
    np.testing.assert_allclose(itti_koch(picture[::-1]), itti_koch(picture)[::-1], atol=CLOSE)


def test_a_lone_peak_outlives_one_of_many() -> None:
    rows, columns = np.mgrid[:30, :40]
    lone = np.exp(-((rows - 15) ** 2 + (columns - 20) ** 2) / 8)
    many = np.exp(-((rows % 10 - 5) ** 2 + (columns % 10 - 5) ** 2) / 8)
    assert normalised(lone).max() > 2 * normalised(many).max()
    assert normalised(3 * lone) == pytest.approx(normalised(lone))
    assert not normalised(np.zeros((3, 4))).any()


def test_a_pyramid_keeps_what_is_flat() -> None:
    for level in pyramid(np.full((33, 20), 0.7), 6):
        np.testing.assert_allclose(level, 0.7)


@pytest.mark.parametrize("shape", [(16, 64, 3), (64, 64), (64, 64, 4)])
def test_a_picture_has_three_colours_and_some_size(shape: tuple[int, ...]) -> None:
    with pytest.raises(RequestError, match="with at least 17 px on each side"):
        itti_koch(np.zeros(shape))
