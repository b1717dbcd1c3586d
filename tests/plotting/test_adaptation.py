"""Trials until a rule has adapted: counted from its block, never met, and drawn for every block."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.analysis.intervals import mean_interval
from neurogate.errors import RequestError
from neurogate.plotting.adaptation import CRITERIA, adaptation_curve, adaptation_figure, trials_needed

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


def test_the_figure_has_a_panel_of_errors_and_one_of_trials_for_each_measure_and_block():
    made = adaptation_figure(stored())
    made.canvas.draw()
    assert len(made.axes) == 2 * 2 * 2
    assert [label.get_text() for label in made.axes[1].get_yticklabels()] == ["quick", "never"]
    assert [part.get_suptitle() for part in made.subfigs] == ["block A", "block B"]


def test_rivals_are_shared_out_over_panels_that_all_hold_the_headline_rule():
    many = [f"rival_{i}" for i in range(7)]
    arrays = stored() | {f"{rule}.{error}": stored()[f"never.{error}"] for rule in many for error in CRITERIA}
    made = adaptation_figure(arrays, ["quick", *many], [1])
    first, second, _ = made.axes[:3]
    names = [[text.get_text() for text in axes.get_legend().get_texts()] for axes in (first, second)]
    shared = [range(4), range(4, 7)]
    assert names == [["quick", *(f"rival {i}" for i in some)] for some in shared]
    for axes in (first, second):
        looks = {str(line._unscaled_dash_pattern) for line in axes.get_legend().get_lines()}
        assert len(looks) == len(axes.get_legend().get_lines())
    assert first.get_ylim() == second.get_ylim()


def test_errors_are_drawn_from_before_the_switch_on_and_a_block_is_chosen_by_its_number():
    (curve, *_) = adaptation_figure(stored(), ["quick"], [1]).axes
    line = curve.lines[0]
    assert line.get_xdata().tolist() == [-30, -20, -10, 0, 10, 20, 30, 40]
    assert line.get_ydata().tolist() == [90, 20, 20, 20, 90, 90, 90, 20]
    with pytest.raises(RequestError, match="Block 2 was not judged"):
        adaptation_figure(stored(), ["quick"], [2])


def test_legends_and_axis_labels_of_neighbours_do_not_meet_and_move_no_panel():
    gaps = []
    for names in ("abcdefghij", [f"force_two_memories_{i}" for i in range(10)]):
        more = {f"{rule}.{error}": stored()[f"never.{error}"] for rule in names for error in CRITERIA}
        made = adaptation_figure(stored() | more, ["quick", *names], [1])
        made.canvas.draw()
        left, right = made.axes[:2]
        gaps.append(right.get_window_extent().x0 - left.get_window_extent().x1)
        assert left.get_legend().get_window_extent().x1 < right.get_legend().get_window_extent().x0
        below = [axes.xaxis.label.get_window_extent() for axes in made.axes[3:5]]
        assert below[0].x1 + 10 < below[1].x0
    assert gaps[0] == pytest.approx(gaps[1], abs=1.0)


def test_the_band_of_a_curve_is_the_interval_over_seeds():
    seeds = np.array([[9.0, 1.0], [7.0, 3.0], [8.0, 5.0]])
    (line,) = adaptation_curve([0, 10], {"force": seeds}, "error", criterion=5.0)
    mean, half_width = mean_interval(seeds)
    np.testing.assert_allclose(line.get_ydata(), mean)
    low, high = (line.axes.collections[0].get_paths()[0].get_extents().intervaly[i] for i in (0, 1))
    assert (low, high) == pytest.approx((min(mean - half_width), max(mean + half_width)))


@pytest.mark.parametrize(
    ("latencies", "odds", "words"),
    [
        ([[300, 600], [600, 300]], [[[0.9, 0]], [[0.9, 0]]], "block B: latencies switch"),
        ([[300, 600]] * 2, [[[0.9, 0]], [[0.2, 0.3]]], "block B: probabilities switch"),
        ([[300, 600]] * 2, [[[0.9, 0]], [[0, 0.9]]], "block B: identities switch"),
        ([[300, 600], [600, 300]], [[[0.9, 0]], [[0, 0.8]]], "block B: latencies and probabilities switch"),
    ],
)
def test_the_title_says_what_switched(latencies, odds, words):
    told = stored() | {"latency_ms": np.array(latencies), "true_probability": np.array(odds)}
    assert adaptation_figure(told, ["quick"], [1]).subfigs[0].get_suptitle() == words


def test_what_was_never_met_lies_at_the_end_of_its_block():
    axes = adaptation_figure(stored(), ["never"], [1]).axes[1]
    marked = [line.get_xdata().tolist() for line in axes.lines if line.get_marker() == ">"]
    assert marked == [[40.0]]


def test_trials_far_apart_are_drawn_on_a_logarithmic_axis_that_ends_at_the_end_of_the_block():
    arrays = stored() | {"block_start": np.array([0, 400]), "probe_trial": np.arange(10, 401, 10)}
    for rule, bad in (("quick", 0), ("never", 40)):
        for error, (criterion, _) in CRITERIA.items():
            arrays[f"{rule}.{error}"] = np.where(np.arange(40) < bad, 2 * criterion, 0.0)[None, :, None]
    axes = adaptation_figure(arrays).axes[1]
    axes.figure.canvas.draw()
    assert axes.get_xscale() == "log"
    assert axes.get_xlim()[0] > 0
    low, high = axes.get_xlim()
    assert np.log(high / 400) / np.log(high / low) == pytest.approx(0.05, abs=0.005)  # room for its marker


def test_a_missing_array_is_named():
    with pytest.raises(RequestError, match="probe_trial"):
        adaptation_figure({"rule_names": np.array(["quick"])})
