"""Trials until a rule has adapted: counted from its block, never met, and drawn for every block."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.plotting.adaptation import adaptation_figure, trials_needed

TRIALS = np.arange(10, 81, 10)
STORED = {
    "rule_names": np.array(["quick", "never"]),
    "block_names": np.array(["A", "B"]),
    "block_start": np.array([0, 40, 80]),
    "probe_trial": TRIALS,
}


def errors(*of_trials):
    return np.array(of_trials, float)[None, :, None]


def stored():
    quick = errors(90, 20, 20, 20, 90, 90, 90, 20), errors(0.5, 0.5, 0.05, 0.05, 0.05, 0.5, 0.05, 0.05)
    never = errors(*[90] * 8), errors(*[0.5] * 8)
    both = {"quick": quick, "never": never}
    return STORED | {
        f"{rule}.{name}": values[i]
        for rule, values in both.items()
        for i, name in enumerate(("timing_error_ms", "probability_error"))
    }


def test_trials_are_counted_from_the_beginning_of_the_block():
    assert trials_needed(stored(), "quick", "timing_error_ms", 0).tolist() == [20.0]


def test_a_criterion_that_is_not_held_three_times_is_not_met():
    assert trials_needed(stored(), "quick", "timing_error_ms", 1).tolist() == [np.inf]
    assert trials_needed(stored(), "never", "probability_error", 0).tolist() == [np.inf]


def test_the_figure_has_a_panel_for_each_measure_and_block_with_the_rules_as_rows():
    made = adaptation_figure(stored())
    made.canvas.draw()
    assert len(made.axes) == 4
    assert [label.get_text() for label in made.axes[0].get_yticklabels()] == ["quick", "never"]
    assert [axes.get_title() for axes in made.axes[:2]] == ["block A", "block B"]


def test_what_was_never_met_lies_at_the_end_of_its_block():
    axes = adaptation_figure(stored(), ["never"]).axes[1]
    marked = [line.get_xdata().tolist() for line in axes.lines if line.get_marker() == ">"]
    assert marked == [[40.0]]


def test_a_missing_array_is_named():
    with pytest.raises(RequestError, match="probe_trial"):
        adaptation_figure({"rule_names": np.array(["quick"])})
