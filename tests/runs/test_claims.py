"""Verdicts follow from the interval over seeds, and the table says all that was measured."""

from __future__ import annotations

import json

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.intervals import mean_interval
from neurogate.errors import RequestError
from neurogate.runs.claims import (
    Claim,
    Judgement,
    Verdict,
    as_json,
    as_markdown,
    every,
    favours,
    near,
    renewed,
    within,
)  # fmt: skip

numbers = st.lists(st.floats(-100, 100), min_size=2, max_size=8)


@given(numbers, st.floats(-100, 100), st.floats(0, 50))
def test_a_measure_is_supported_just_if_its_whole_interval_is_good(values, bound, slack):
    mean, half_width = mean_interval(values)
    found = within(values, bound, bound + slack).verdict
    assert (found is Verdict.SUPPORTED) == bool(mean + half_width <= bound)
    assert (found is Verdict.NOT_SUPPORTED) == bool(mean > bound + slack and mean + half_width > bound)


@given(numbers, st.floats(-100, 100), st.floats(0.1, 50))
def test_large_is_good_where_the_better_bound_is_the_larger(values, bound, slack):
    mirrored = within(-np.array(values), -bound, slack - bound)
    assert within(values, bound, bound - slack).verdict is mirrored.verdict


@given(numbers, st.floats(-100, 100), st.floats(0, 20), st.floats(0, 20))
def test_what_is_near_lies_on_neither_side_and_a_mirror_changes_nothing(values, target, distance, slack):
    mean, half_width = mean_interval(values)
    found = near(values, target, distance, distance + slack).verdict
    assert (found is Verdict.SUPPORTED) == bool(abs(mean - target) + half_width <= distance)
    assert (found is Verdict.NOT_SUPPORTED) == bool(abs(mean - target) > distance + slack)
    assert near(-np.array(values), -target, distance, distance + slack).verdict is found


def test_what_asks_for_several_things_counts_those_that_are_supported_and_says_all_that_was_asked():
    good, fair, bad = (
        Judgement(verdict, asked) for verdict, asked in zip(Verdict, ("much", "more", "much"), strict=True)
    )
    assert every([good, good]) == Judgement(Verdict.SUPPORTED, "much")
    assert every([good, fair, bad]) == Judgement(Verdict.PARTLY, "much; more")
    assert every([good, attrs.evolve(bad, opposed=True)]).verdict is Verdict.NOT_SUPPORTED
    assert every([fair, bad]) == Judgement(Verdict.NOT_SUPPORTED, "more; much")


@given(st.lists(st.sampled_from(Verdict), min_size=1))
def test_a_claim_on_several_things_is_supported_just_if_all_of_them_are(verdicts):
    found = every([Judgement(verdict, "much") for verdict in verdicts]).verdict
    assert (found is Verdict.SUPPORTED) == ({*verdicts} == {Verdict.SUPPORTED})
    assert (found is Verdict.NOT_SUPPORTED) == (Verdict.SUPPORTED not in verdicts)


def test_one_seed_supports_nothing():
    assert within([0.0], supported=10.0, partly=20.0).verdict is Verdict.PARTLY
    assert favours([0.0], [10.0]).verdict is Verdict.NOT_SUPPORTED


@pytest.mark.parametrize("values", [[np.nan, 1.0], [np.nan]])
def test_what_is_not_a_number_is_not_supported(values):
    some = np.zeros(len(values))
    judged = [within(values, 10.0, 20.0), near(values, 1.0, 5.0, 9.0)]
    judged += [favours(values, some), favours(some, values, small_is_good=False, margin=9.0)]
    assert {one.verdict for one in judged} == {Verdict.NOT_SUPPORTED}


@given(numbers)
def test_a_rival_that_is_better_by_the_same_is_the_opposite_verdict(values):
    other = np.array(values) + 5.0
    assert favours(values, other).verdict is Verdict.SUPPORTED
    assert favours(other, values).verdict is Verdict.NOT_SUPPORTED
    assert favours(other, values).opposed
    assert not favours(values, other).opposed
    assert favours(values, other, small_is_good=False).verdict is Verdict.NOT_SUPPORTED


@given(numbers, st.floats(0.5, 50))
def test_what_is_worse_by_less_than_a_margin_is_as_good_and_by_more_is_not(values, margin):
    other = np.array(values)
    assert favours(other + 0.9 * margin, other, margin=margin).verdict is Verdict.SUPPORTED
    assert favours(other + 1.1 * margin, other, margin=margin).verdict is Verdict.NOT_SUPPORTED
    good = favours(other - 0.9 * margin, other, small_is_good=False, margin=margin)
    assert good.verdict is Verdict.SUPPORTED
    assert f"{margin:g}" in good.asked


def test_a_difference_within_its_interval_is_none():
    assert not favours([1.0, 8.0], [5.0, 5.0]).opposed
    assert favours([1.0, 8.0], [5.0, 5.0]).verdict is Verdict.NOT_SUPPORTED
    assert favours([1.0, 9.0], [5.0, 5.0], margin=1.0).verdict is Verdict.NOT_SUPPORTED


def test_seeds_that_are_not_paired_are_refused():
    with pytest.raises(RequestError, match="2 and 3 seeds"):
        favours([1.0, 2.0], [1.0, 2.0, 3.0])


def claimed(claim: str, measure: str, values: list[float], rivals: dict[str, list[float]], **more) -> Claim:
    return Claim(claim, measure, values, Judgement(Verdict.PARTLY, "at most 3"), "h", rivals, **more)


def test_the_table_is_json_and_holds_every_number_and_what_was_asked():
    claim = claimed("c", "m", [1.0, 3.0], {"force": [5.0, 5.0]}, null=[9.0, 9.0])
    (row,) = json.loads(json.dumps(as_json([claim], group="g")))
    assert row["value"] == 2.0
    assert row["interval"] == pytest.approx(float(mean_interval([1.0, 3.0]).half_width))
    assert row["baselines"]["force"] == {"value": 5.0, "interval": 0.0}
    assert row["null"]["value"] == 9.0
    assert (row["verdict"], row["asked"], row["seeds"], row["group"]) == ("partly", "at most 3", 2, "g")


def test_the_markdown_is_a_table_whatever_the_words_hold():
    first = claimed("a | b", "|d| (ms)", [1.0, 2.0], {"f": [1.0]})
    lines = as_markdown(as_json([first, claimed("c", "m", [1.0], {})])).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert lines[0].startswith("| claim |")
    assert "f 1" in lines[2]
    assert "at most 3" in lines[2]


@given(st.sets(st.sampled_from("abcd")), st.sets(st.sampled_from("abc")))
def test_only_the_groups_that_are_judged_again_are_renewed_and_the_order_is_the_table_s(before, again):
    def rows(groups, word):
        return [{"group": g, "from": word, "row": k} for g in sorted(groups, reverse=True) for k in (0, 1)]

    stored, found = rows(before, "before"), rows(again, "again")
    table = renewed(stored, found, "cab")
    assert [row["group"] for row in table] == [g for g in "cab" if g in before | again for _ in (0, 1)]
    assert all(row["from"] == ("again" if row["group"] in again else "before") for row in table)
    assert [row["row"] for row in table] == [0, 1] * (len(table) // 2)
