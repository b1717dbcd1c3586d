"""Columns: runs that agree are put together, runs without a number are counted, none is dropped."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.intervals import mean_interval
from neurogate.errors import RequestError
from neurogate.plotting.columns import Lost, column, groups, heading, lost, text

OUTCOMES = st.sampled_from(["done", "diverged", "failed", "missing"])
NUMBERS = st.one_of(st.none(), st.floats(-1e6, 1e6), st.just(float("nan")))
ROWS = st.lists(
    st.fixed_dictionaries({"gain": st.integers(1, 3), "outcome": OUTCOMES, "error": NUMBERS}), min_size=1
)


@given(ROWS)
def test_every_run_is_either_in_a_group_or_lost_with_a_reason(rows):
    kept = sum(group.runs for group in groups(rows, ["gain"], "error"))
    gone = sum(one.runs for one in lost(rows, ["gain"], "error"))
    assert kept + gone == len(rows)
    assert all(one.why for one in lost(rows, ["gain"], "error"))


def test_a_group_has_the_mean_and_the_interval_of_its_numbers():
    (group,) = groups([{"error": value} for value in (1.0, 2.0, 6.0)], [], "error")
    assert (group.mean, group.half_width) == tuple(map(float, mean_interval([1.0, 2.0, 6.0])))


def test_one_run_has_no_interval():
    (group,) = groups([{"error": 2.0}], [], "error")
    assert math.isnan(group.half_width)


def test_a_run_is_lost_once_whatever_number_of_rules_it_has():
    rows = [{"hash": "a", "rule": rule, "outcome": "diverged"} for rule in ("x", "y")]
    assert lost(rows, [], "error") == [Lost((), "diverged", 1)]


def test_a_run_that_is_done_and_has_no_value_says_so():
    assert lost([{"outcome": "done", "error": None}], [], "error") == [Lost((), "without a value", 1)]


def test_settings_that_are_lists_or_tables_are_compared_by_what_they_hold():
    rows = [{"tau": {"uniform": [1, 2.0]}, "error": e} for e in (1.0, 3.0)]
    rows[1]["tau"] = {"uniform": [1.0, 2]}
    (group,) = groups(rows, ["tau"], "error")
    assert group.runs == 2


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("reservoir.gian", "reservoir.gain"), ("timing_eror_ms", "timing_error_ms"), ("gain", "reservoir.gain")],
)
def test_an_unknown_column_is_named_with_the_nearest_one_and_all_of_them(wrong, right):
    rows = [{"reservoir.gain": 1.0, "timing_error_ms": 2.0}]
    with pytest.raises(RequestError, match=rf"no column {wrong}\. Did you mean {right}\?.*gain, timing"):
        column(rows, wrong)


def test_a_table_without_rows_has_no_columns():
    with pytest.raises(RequestError, match="The columns are none"):
        column([], "gain")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("timing_error_ms", "timing error (ms)"),
        ("mean_rate_hz", "mean rate (Hz)"),
        ("when_what_angle_deg", "when what angle (°)"),
        ("probability_mae", "probability MAE"),
        ("rules.force.ridge_when", "rules.force.ridge_when"),
        ("ms", "ms"),
    ],
)
def test_a_metric_is_said_with_its_unit_and_a_key_path_as_it_is_typed(name, said):
    assert heading(name) == said


def test_values_are_written_short():
    assert [text(v) for v in (0.1 + 0.2, 1000, True, "numba", [1.0, 2.0])] == [
        "0.3",
        "1000",
        "true",
        "numba",
        "1, 2",
    ]
