"""Searches are counted as they are defined, and what is not defined is said."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.search import (
    Behaviour,
    behaviour,
    delta,
    mean_behaviour,
    target_curve,
)


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
