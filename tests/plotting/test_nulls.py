"""Angles stand beside all their nulls: each seed's mean, and the spread of the draws."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.plotting.nulls import NULLS, beside_nulls, null_figure


def rows(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


def test_the_figure_has_a_row_for_each_rule_each_control_and_each_null(make_result):
    elsewhere = {"shuffled_labels": [88.0, 87.0, 89.0]}
    made = null_figure(make_result(3, n=60), ["force"], elsewhere, {"before training": [80.0, 81.0, 82.0]})
    made.canvas.draw()
    weights, angle, aligned = made.axes
    assert rows(weights) == ["FORCE", "shuffled labels", *NULLS.values()]
    nulls = ["random directions", "cues and times shuffled", "random, with its covariance"]
    assert rows(angle) == ["what and when", "before training", *nulls]
    assert rows(aligned) == ["when in what", "what in when", "when in what, null", "what in when, null"]


def test_the_angle_drawn_is_that_at_the_end_of_the_first_block(make_result):
    result = make_result(2, n=60)
    end = int(np.flatnonzero(result["probe_trial"] <= 320)[-1])
    made = null_figure(result, ["force"])
    drawn = [line.get_xdata() for line in made.axes[0].lines if len(line.get_xdata()) == 1]
    mean = result["force.angle_deg"][:, end].mean()
    assert any(np.isclose(x[0], mean) for x in drawn)


def test_a_null_is_drawn_with_its_seeds_and_nine_tenths_of_its_draws():
    draws = np.tile(np.linspace(60.0, 90.0, 101), (3, 1))
    means = beside_nulls({"learned": [88.0, 89.0, 88.5]}, {"random": draws}, "angle (°)")
    assert means[1].get_xdata()[0] == pytest.approx(75.0)
    bars = [c.get_segments()[0] for c in means[0].axes.collections if c.get_linewidth()[0] > 5]
    assert [bar[:, 0].tolist() for bar in bars] == [pytest.approx([61.5, 88.5])]


def test_a_null_without_numbers_is_said_to_have_none():
    means = beside_nulls({"learned": [88.0]}, {"random": np.full((1, 5), np.nan)}, "angle (°)")
    assert "no number" in [text.get_text() for text in means[0].axes.texts]


def test_alignment_far_below_its_null_is_drawn_on_a_logarithmic_axis(make_result):
    result = make_result(3, n=60)
    small = {f"activity.{key}": np.full(3, 0.001) for key in ("what_in_when", "when_in_what")}
    made = null_figure(result | small, ["force"])
    assert made.axes[2].get_xscale() == "log"
    assert made.axes[2].get_xlim()[0] > 0


def test_angles_of_activity_are_never_drawn_on_a_logarithmic_axis(make_result):
    small = {"activity.angle_deg_shuffled": np.full((3, 50), 2.0), "activity.angle_deg": np.full(3, 89.0)}
    assert null_figure(make_result(3, n=60) | small, ["force"]).axes[1].get_xscale() == "linear"


def test_runs_of_before_some_nulls_were_drawn_are_drawn_with_those_they_have(make_result):
    result = make_result(3, n=60)
    del result["activity.angle_deg_shuffled"], result["activity.angle_deg_isotropic"]
    made = null_figure(result, ["force"])
    assert rows(made.axes[1]) == ["what and when", "random, with its covariance"]


def test_missing_arrays_are_named(make_result):
    result = make_result(n=60)
    del result["null.leading_deg"]
    with pytest.raises(RequestError, match=r"null\.leading_deg"):
        null_figure(result)
