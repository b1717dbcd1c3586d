"""Overlap and surfaces of segmentations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neurogate.analysis.segmentation import overlap, surface_distance
from neurogate.errors import RequestError

MASKS = arrays(bool, (4, 3, 3), elements=st.booleans())


def cube(size: int, start: int) -> np.ndarray:
    mask = np.zeros((12, 12, 12), bool)
    inside = slice(start, start + size)
    mask[inside, inside, inside] = True
    return mask


def test_the_true_one_is_perfect() -> None:
    assert overlap(cube(4, 3), cube(4, 3)) == (1.0, 0.0, 0.0)
    assert surface_distance(cube(4, 3), cube(4, 3)) == (0.0, 0.0)


def test_those_that_do_not_meet_share_nothing() -> None:
    found = overlap(cube(2, 0), cube(4, 6))
    assert found[:2] == (0.0, 1.0)
    assert found.volume_difference == pytest.approx(8 / 64 - 1)


@given(MASKS, MASKS)
def test_dice_and_the_volume_error_tell_the_same(a: np.ndarray, b: np.ndarray) -> None:
    found = overlap(a, b)
    assert found.volume_error == pytest.approx(1 - found.dice / (2 - found.dice))
    assert overlap(b, a)[:2] == found[:2]


def test_two_that_are_empty_agree_and_one_in_nothing_is_infinitely_too_much() -> None:
    nothing = np.zeros((2, 2), bool)
    assert overlap(nothing, nothing) == (1.0, 0.0, 0.0)
    assert overlap(~nothing, nothing) == (0.0, 1.0, float("inf"))


@pytest.mark.parametrize("shift", [1, 2, 5])
def test_what_is_moved_is_as_far_away_as_it_was_moved(shift: int) -> None:
    a, b = np.zeros((2, 20), bool)
    a[3:4], b[3 + shift : 4 + shift] = True, True
    assert surface_distance(a, b) == (shift, shift)
    assert surface_distance(a, b, spacing=0.5) == (shift / 2, shift / 2)


def test_surfaces_are_compared_by_hand() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 6, 5)) < 0.6
    steps = np.array([2.0, 0.7])

    def surface(mask: np.ndarray) -> np.ndarray:
        padded = np.pad(mask, 1)
        inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
        return np.argwhere(mask & ~inner) * steps

    apart = np.linalg.norm(surface(a)[:, None] - surface(b), axis=-1)
    all_ = np.concatenate([apart.min(axis=1), apart.min(axis=0)])
    assert surface_distance(a, b, steps.tolist()) == pytest.approx((all_.mean(), all_.max()))


def test_what_does_not_fit_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"found is bool \(2,\) and true is bool \(3,\)"):
        overlap(np.ones(2, bool), np.ones(3, bool))
    with pytest.raises(RequestError, match="found is int64"):
        overlap(np.ones(2, int), np.ones(2, bool))
    with pytest.raises(RequestError, match="true is false everywhere"):
        surface_distance(np.ones(2, bool), np.zeros(2, bool))
    with pytest.raises(RequestError, match="spacing is 0"):
        surface_distance(np.ones(2, bool), np.ones(2, bool), 0)
