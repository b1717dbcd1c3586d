"""Verdicts follow from the interval over seeds, and the table says all that was measured."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.intervals import mean_interval
from neurogate.errors import RequestError
from neurogate.runs.claims import Claim, Verdict, as_json, as_markdown, favours, holds, near, within, worst

numbers = st.lists(st.floats(-100, 100), min_size=2, max_size=8)


@given(numbers, st.floats(-100, 100), st.floats(0, 50))
def test_a_measure_is_supported_just_if_its_whole_interval_is_good(values, bound, slack):
    mean, half_width = mean_interval(values)
    found = within(values, bound, bound + slack)
    assert (found is Verdict.SUPPORTED) == bool(mean + half_width <= bound)
    assert (found is Verdict.NOT_SUPPORTED) == bool(mean > bound + slack and mean + half_width > bound)


@given(numbers, st.floats(-100, 100), st.floats(0.1, 50))
def test_large_is_good_where_the_better_bound_is_the_larger(values, bound, slack):
    mirrored = within(-np.array(values), -bound, slack - bound)
    assert within(values, bound, bound - slack) is mirrored


@given(numbers, st.floats(-100, 100), st.floats(0, 20), st.floats(0, 20))
def test_what_is_near_lies_on_neither_side_and_a_mirror_changes_nothing(values, target, distance, slack):
    mean, half_width = mean_interval(values)
    found = near(values, target, distance, distance + slack)
    assert (found is Verdict.SUPPORTED) == bool(abs(mean - target) + half_width <= distance)
    assert (found is Verdict.NOT_SUPPORTED) == bool(abs(mean - target) > distance + slack)
    assert near(-np.array(values), -target, distance, distance + slack) is found


def test_the_worst_of_verdicts_is_the_least_that_can_be_said():
    assert worst([Verdict.PARTLY, Verdict.SUPPORTED]) is Verdict.PARTLY
    assert worst([Verdict.PARTLY, Verdict.NOT_SUPPORTED, Verdict.SUPPORTED]) is Verdict.NOT_SUPPORTED


@given(st.integers(1, 20), st.integers(0, 20))
def test_a_claim_on_several_things_is_supported_just_if_it_holds_of_all(of, found):
    verdict = holds(min(found, of), of)
    assert (verdict is Verdict.SUPPORTED) == (found >= of)
    assert (verdict is Verdict.NOT_SUPPORTED) == (found == 0)


def test_one_seed_supports_nothing():
    assert within([0.0], supported=10.0, partly=20.0) is Verdict.PARTLY
    assert favours([0.0], [10.0]) is Verdict.PARTLY


def test_what_is_not_a_number_is_not_supported():
    assert within([np.nan, 1.0], supported=10.0, partly=20.0) is Verdict.NOT_SUPPORTED


@given(numbers)
def test_a_rival_that_is_better_by_the_same_is_the_opposite_verdict(values):
    other = np.array(values) + 5.0
    assert favours(values, other) is Verdict.SUPPORTED
    assert favours(other, values) is Verdict.NOT_SUPPORTED
    assert favours(values, other, small_is_good=False) is Verdict.NOT_SUPPORTED


def test_a_difference_within_its_interval_is_none():
    assert favours([1.0, 9.0], [5.0, 5.0]) is Verdict.PARTLY


def test_seeds_that_are_not_paired_are_refused():
    with pytest.raises(RequestError, match="2 and 3 seeds"):
        favours([1.0, 2.0], [1.0, 2.0, 3.0])


def test_the_table_is_json_and_holds_every_number():
    claim = Claim("c", "m", [1.0, 3.0], Verdict.SUPPORTED, "h", {"force": [5.0, 5.0]}, null=[9.0, 9.0])
    (row,) = json.loads(json.dumps(as_json([claim])))
    assert row["value"] == 2.0
    assert row["interval"] == pytest.approx(float(mean_interval([1.0, 3.0]).half_width))
    assert row["baselines"]["force"] == {"value": 5.0, "interval": 0.0}
    assert row["null"]["value"] == 9.0
    assert (row["verdict"], row["seeds"]) == ("supported", 2)


def test_the_markdown_is_a_table_whatever_the_words_hold():
    first = Claim("a | b", "|d| (ms)", [1.0, 2.0], Verdict.PARTLY, "x", {"f": [1.0]})
    claims = [first, Claim("c", "m", [1.0], Verdict.PARTLY, "y")]
    lines = as_markdown(claims).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert lines[0].startswith("| claim |")
    assert "f 1" in lines[2]
