"""Bright regions of an attention map."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.operators import patch_labels
from neurogate.attention.operators.regions import bright
from neurogate.errors import RequestError

SNAKE = np.array([
    [1, 1, 1, 1, 0],
    [0, 0, 0, 1, 0],
    [1, 1, 1, 1, 0],
    [1, 0, 0, 0, 1],
], dtype=float)  # fmt: skip


def test_patches_of_a_region_touch_at_a_side() -> None:
    found = bright(SNAKE * 0.5)
    assert [int(region.patches.sum()) for region in found] == [10, 1]
    assert sum(region.patches for region in found).max() == 1
    assert np.array_equal(sum(region.patches for region in found), SNAKE)


def test_scores_are_the_largest_within_and_fall() -> None:
    a = np.array([[0.2, 0.0, 0.9, 0.0, 0.5, 0.6]])
    assert [region.score for region in bright(a, threshold=0.1)] == [0.9, 0.6, 0.2]
    assert [region.score for region in bright(a, threshold=0.3)] == [0.9, 0.6]


def test_only_the_brightest_patches_count_if_asked() -> None:
    a = np.array([[0.2, 0.0, 0.9, 0.0, 0.5, 0.6]])
    assert [region.score for region in bright(a, threshold=0.1, most=2)] == [0.9, 0.6]
    assert int(bright(a, threshold=0.1, most=2)[1].patches.sum()) == 1
    assert len(bright(a, threshold=0.1, most=99)) == 3


def test_the_label_of_a_box_points_to_its_middle() -> None:
    box = np.array([0.25, 0.5, 0.5, 0.75])
    (region,) = bright(patch_labels.gaussian(box, (8, 8)), threshold=0.0)
    assert region.point == pytest.approx((0.375, 0.625))


def test_a_dark_map_and_one_without_patches_have_no_regions() -> None:
    assert bright(np.zeros((3, 4))) == []
    assert bright(np.ones((0, 4))) == []


def test_bad_requests_are_sentences() -> None:
    with pytest.raises(RequestError, match=r"attention \(4,\): attention must be \(rows, columns\)"):
        bright(np.ones(4))
    with pytest.raises(RequestError, match=r"threshold is 1\. Give a number that is at least 0 and below 1"):
        bright(np.ones((2, 2)), threshold=1)
