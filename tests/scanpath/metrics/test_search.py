"""Searches are counted as they are defined, and what is not defined is said."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.revisits import self_recurrence
from neurogate.scanpath.metrics.search import (
    Behaviour,
    behaviour,
    curve_mismatch,
    delta,
    mean_behaviour,
    target_curve,
)
from neurogate.scanpath.metrics.statistics import saccade_statistics


def runs(objects: list[int]) -> tuple[int, int, int]:
    """Count by runs of the same object, as the definition does."""
    seen: set[int] = set()
    search = revisit = again = 0
    for place, thing in enumerate(objects):
        if place and objects[place - 1] == thing:
            again += 1
        elif thing in seen:
            revisit += 1
        else:
            search += 1
        seen.add(thing)
    return search, again, revisit


@settings(max_examples=40)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.integers(0, 4))
def test_fixations_come_first_stay_or_come_back(objects: list[int], target: int) -> None:
    found = behaviour(objects, target)
    assert np.allclose(np.array(found[2:]) * len(objects), runs(objects))
    assert found[:2] == (objects[-1] == target, len(objects))


def test_delta_is_the_mean_relative_difference() -> None:
    human = mean_behaviour([[1, 1, 2, 1], [3, 2]], [1, 2])
    assert human == Behaviour(1, 3, 0.75, 0.125, 0.125)
    assert delta(human, human) == 0
    assert delta(human._replace(length=6, correct=0.5), human) == pytest.approx((1 + 0.5) / 5)


def test_a_delta_that_is_not_defined_is_said() -> None:
    with pytest.raises(RequestError, match="refixation and revisit is 0, so delta is not defined"):
        delta(Behaviour(1, 2, 0.5, 0.5, 0), behaviour([1, 2], 2))


def test_the_curve_never_falls_and_ends_at_the_share_that_finds() -> None:
    box = (10, 10, 5, 5)
    several = [[[12, 12]], [[0, 0], [14, 14]], [[0, 0], [15, 15]], [[9, 10], [0, 0], [10, 10]]]
    assert target_curve(several, [box] * 4, length=4).tolist() == [0.25, 0.5, 0.75, 0.75]


def test_mistakes_are_sentences() -> None:
    with pytest.raises(RequestError, match="without a fixation"):
        behaviour([], 1)
    with pytest.raises(RequestError, match="0 searches and 1 targets"):
        mean_behaviour([], [1])
    with pytest.raises(RequestError, match="1 scanpaths and 0 targets"):
        target_curve([[[1, 1]]], [], length=2)
    with pytest.raises(RequestError, match="The target is 0 x 5"):
        target_curve([[[1, 1]]], [(0, 0, 0, 5)], length=2)


HUMANS = [Behaviour(1, 4, 0.5, 0.25, 0.25), Behaviour(0.5, 5, 0.6, 0.2, 0.2), Behaviour(1, 2, 1, 0, 0)]


def test_every_group_is_measured_by_every_other() -> None:
    models = HUMANS[:2]
    found = delta.pairwise(models, HUMANS[:1])
    assert found.tolist() == [[0.0], [delta(HUMANS[1], HUMANS[0])]]
    curves = [[0.0, 0.5], [0.5, 1.0]]
    assert curve_mismatch.pairwise(curves).tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_a_group_is_measured_by_all_others_together() -> None:
    found = delta.leave_one_out(HUMANS)
    others = Behaviour(1, 3, 0.75, 0.125, 0.125)
    assert found[1] == pytest.approx(delta(HUMANS[1], others))
    assert curve_mismatch.leave_one_out([[0.0, 0.5], [0.5, 1.0], [1.0, 1.0]]).tolist() == [1.25, 0.25, 1.0]


def test_a_batch_tells_which_groups_cannot_be_compared_and_goes_on() -> None:
    told: list[str] = []
    found = delta.pairwise(HUMANS[:1], HUMANS, complaints=told)
    np.testing.assert_array_equal(found, [[0.0, delta(HUMANS[0], HUMANS[1]), np.nan]])
    assert len(told) == 1
    assert told[0].startswith("Group 0 by group 2: Of the human searches refixation and revisit is 0")
    with pytest.raises(RequestError, match="Group 0 by group 2: Of the human searches"):
        delta.pairwise(HUMANS[:1], HUMANS)
    with pytest.raises(RequestError, match=r"There are 1 groups\. One is left out"):
        delta.leave_one_out(HUMANS[:1])
    with pytest.raises(RequestError, match=r"curves of shapes \(1,\) and \(2,\)"):
        curve_mismatch.leave_one_out([[1.0], [0.5, 1.0], [1.0]])


@pytest.mark.parametrize(
    ("told", "instead"),
    [
        (target_curve, "curve_mismatch"), (saccade_statistics, "of each group"),
        (self_recurrence, "cross_recurrence of two scanpaths"),
    ],
)  # fmt: skip
def test_what_has_no_pairs_says_what_to_do_instead(told: Any, instead: str) -> None:
    for form in (told.pairwise, told.leave_one_out):
        with pytest.raises(RequestError, match=f"{told.__name__} is not a measure of two.*{instead}"):
            form([[[0, 0]], [[1, 1]]])


def test_an_odd_curve_is_told_and_spoils_no_other() -> None:
    told: list[str] = []
    found = curve_mismatch.leave_one_out([[0.1, 0.2], [0.1, 0.2, 0.3], [0.1, 0.3]], complaints=told)
    np.testing.assert_allclose(found, [0.1, np.nan, 0.1])
    assert [each.split(":")[0] for each in told] == ["Group 1"]
    for curve in ([], [0.1, np.nan]):
        with pytest.raises(RequestError, match="empty, or a number in it is missing"):
            curve_mismatch(curve, curve)
