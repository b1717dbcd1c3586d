"""Learned probability and when times what against the true probability, rule by rule."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.analysis.intervals import mean_interval
from neurogate.errors import RequestError
from neurogate.plotting.calibration import against_probability, at_block_ends, calibration_figure

TRUTH = np.array([0.0, 0.2, 0.2, 0.9])
SEEDS = np.array([[0.1, 0.2, 0.4, 0.8], [0.0, 0.1, 0.3, 0.9], [0.2, 0.3, 0.2, 1.0]])


def test_values_of_one_true_probability_are_one_point_with_the_interval_over_seeds():
    bars = against_probability(TRUTH, SEEDS)
    line, _, (spans,) = bars.lines
    assert line.get_xdata() == pytest.approx([0.0, 0.2, 0.9])
    mean, half_width = mean_interval(np.stack([SEEDS[:, 0], SEEDS[:, 1:3].mean(axis=1), SEEDS[:, 3]], -1))
    assert line.get_ydata() == pytest.approx(mean)
    heights = [segment[:, 1] for segment in spans.get_segments()]
    np.testing.assert_allclose(heights, np.stack([mean - half_width, mean + half_width], -1))


def test_probabilities_of_one_bin_stand_at_their_mean():
    bars = against_probability([0.21, 0.24, 0.26], [[0.0, 0.2, 1.0]])
    assert bars.lines[0].get_xdata() == pytest.approx([0.225, 0.26])
    assert bars.lines[0].get_ydata() == pytest.approx([0.1, 1.0])


def test_what_is_drawn_was_read_at_the_last_judgement_of_each_block(result):
    truth, learned, amplitude = at_block_ends(result, "force")
    last = np.searchsorted(result["probe_trial"], [320, 560, 800])
    np.testing.assert_array_equal(truth, result["true_probability"].ravel())
    np.testing.assert_array_equal(learned[0], result["force.probability"][0, last].ravel())
    product = result["force.amplitude"][0, last][..., None] * result["force.probability"][0, last]
    np.testing.assert_array_equal(amplitude[0], product.ravel())


def test_each_rule_has_a_column_and_what_is_left_of_a_row_is_empty(result):
    many = [f"rule_{i}" for i in range(7)]
    for rule in many:
        result |= {f"{rule}.{key}": result[f"force.{key}"] for key in ("probability", "amplitude")}
    made = calibration_figure(result, many)
    made.canvas.draw()
    seen = [axes.get_title() for axes in made.axes if axes.get_visible() and axes.get_title()]
    assert seen == [f"rule {i}" for i in range(7)]
    assert sum(axes.get_visible() for axes in made.axes) == 2 * 7


def test_the_line_of_identity_is_drawn_where_probabilities_are_learned(result):
    above, *_ = calibration_figure(result).axes
    assert any(getattr(line, "get_slope", lambda: None)() == 1.0 for line in above.lines)


def test_a_missing_array_is_named(result):
    del result["force.amplitude"]
    with pytest.raises(RequestError, match=r"force\.amplitude.*calibration"):
        calibration_figure(result)


def test_what_does_not_vary_has_no_r_and_says_so(result):
    result["force.probability"] = np.zeros_like(result["force.probability"])
    made = calibration_figure(result, ["force"])
    made.canvas.draw()
    told = [text.get_text() for axes in made.axes for text in axes.texts]
    assert all(text.endswith("no r: it does not vary") for text in told)
