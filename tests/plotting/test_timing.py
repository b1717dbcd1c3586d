"""Bias and spread of predicted times, against latencies that several blocks and cues may share."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.plotting.timing import against_latency, biases, errors, logarithmic, spreads, timing_figure
from neurogate.tasks.spread import quartile_spread

DUE_MS = np.array([[300.0, 600.0], [600.0, 300.0]])
RNG = np.random.default_rng(0)
JITTER_MS = RNG.normal(0.0, 10.0, (3, 2, 2, 8))


def arrays(peaks_ms):
    return {"rule_names": np.array(["force"]), "latency_ms": DUE_MS, "force.single_peak_ms": peaks_ms}


def judged(peaks_ms, error_ms):
    """Return arrays with the errors (B, P, C) of judgements in two blocks of 200 trials."""
    trial = np.arange(50, 401, 50)
    return arrays(peaks_ms) | {
        "probe_trial": trial, "block_start": np.array([0, 200, 400]), "force.timing_error_ms": error_ms,
    }  # fmt: skip


def test_errors_of_opposite_sign_do_not_cancel_as_biases_do_and_those_of_the_last_trials_count():
    late_ms = np.array([[100.0, 30.0], [50.0, -100.0]])
    early = np.full((2, 2), 900.0)
    error_ms = np.concatenate([early, abs(late_ms[[0, 0]]), early, abs(late_ms[[1, 1]])])
    found = judged((DUE_MS + late_ms)[None, ..., None] + np.zeros(8), error_ms[None])
    assert biases(found)["force"].tolist() == [[0.0, 40.0]]
    assert errors(found)["force"].tolist() == [[100.0, 40.0]]
    left, middle, _ = timing_figure(found).axes
    assert left.containers[0].lines[0].get_ydata().tolist() == [100.0, 40.0]
    assert middle.containers[0].lines[0].get_ydata().tolist() == [0.0, 40.0]
    assert "|predicted time − latency|" in left.get_ylabel()
    assert middle.get_ylabel().startswith("bias")


def test_a_block_that_was_not_judged_has_no_error():
    found = judged(DUE_MS[None, ..., None] + JITTER_MS, np.full((3, 4, 2), 7.0))
    found["probe_trial"] = found["probe_trial"][:4]
    found["latency_ms"] = np.array([[300.0, 600.0], [900.0, 900.0]])
    np.testing.assert_array_equal(errors(found)["force"], [[7.0, 7.0, np.nan]] * 3)


@pytest.mark.parametrize(("other_ms", "scale"), [(30.0, "linear"), (300.0, "log")])
def test_errors_far_apart_are_drawn_on_a_logarithmic_axis(other_ms, scale):
    found = judged(DUE_MS[None, ..., None] + JITTER_MS, np.full((3, 8, 2), 7.0))
    found |= {f"other.{key}": found[f"force.{key}"] for key in ("single_peak_ms", "timing_error_ms")}
    found["other.timing_error_ms"] = np.full((3, 8, 2), other_ms)
    assert timing_figure(found, ["force", "other"]).axes[0].get_yscale() == scale


def test_an_arrowhead_stands_where_an_interval_goes_on_below_a_logarithmic_axis():
    bars = against_latency([300.0, 600.0], {"force": [[1.0, 20.9], [99.0, 21.1]]}, "error (ms)")
    axes = bars[0].lines[0].axes
    logarithmic(axes, bars)
    place_ms, bottom = axes.lines[-1].get_xydata().T
    assert (place_ms.tolist(), bottom.tolist()) == ([300.0], [axes.get_ylim()[0]])


def test_without_such_an_interval_a_logarithmic_axis_holds_nothing_else_that_the_layout_could_count():
    bars = against_latency([300.0, 600.0], {"force": [[20.9, 20.9], [21.1, 21.1]]}, "error (ms)")
    axes = bars[0].lines[0].axes
    logarithmic(axes, bars)
    assert [*axes.lines] == [bars[0].lines[0]]


def test_a_planted_bias_and_spread_are_found_whichever_block_has_the_latency():
    late_ms = np.where(DUE_MS == 300.0, -20.0, 5.0)
    planted = DUE_MS[None, ..., None] + late_ms[None, ..., None] + JITTER_MS
    shift = {latency: JITTER_MS[:, latency == DUE_MS].mean(axis=(1, 2)) for latency in (300.0, 600.0)}
    found = biases(arrays(planted))["force"]
    assert found.shape == (3, 2)
    np.testing.assert_allclose(found[:, 0], -20.0 + shift[300.0])
    np.testing.assert_allclose(found[:, 1], 5.0 + shift[600.0])
    expected = JITTER_MS.std(axis=-1, ddof=1)[:, DUE_MS == 600.0].mean(axis=1)
    np.testing.assert_allclose(spreads(arrays(planted))["force"][:, 1], expected)


def test_a_lapse_widens_the_standard_deviation_and_not_the_distance_of_the_quartiles():
    whole = arrays(DUE_MS[None, ..., None] + JITTER_MS)
    lapsed = arrays(
        np.concatenate([whole["force.single_peak_ms"][..., 1:], np.full((3, 2, 2, 1), 1500.0)], axis=-1)
    )
    assert (spreads(lapsed)["force"] > 5 * spreads(whole)["force"]).all()
    assert (spreads(lapsed, measure=quartile_spread)["force"] < 3 * spreads(whole)["force"]).all()


def test_probes_without_a_prediction_are_left_out():
    whole = DUE_MS[None, ..., None] + JITTER_MS
    holes = np.concatenate([whole, np.full_like(whole, np.nan)], axis=-1)
    for measure in (biases, spreads):
        np.testing.assert_allclose(measure(arrays(holes))["force"], measure(arrays(whole))["force"])


def test_what_is_never_predicted_is_no_number_and_is_drawn_without_a_warning():
    silent = arrays(np.full((3, 2, 2, 8), np.nan))
    assert np.isnan(biases(silent)["force"]).all()
    assert np.isnan(spreads(silent)["force"]).all()
    timing_figure(judged(silent["force.single_peak_ms"], np.full((3, 8, 2), 600.0))).canvas.draw()


def test_one_probe_has_no_spread():
    assert np.isnan(spreads(arrays(DUE_MS[None, ..., None] + np.zeros((2, 2, 2, 1))))["force"]).all()


def test_rules_are_drawn_in_the_order_that_is_asked_for():
    bars = against_latency([300.0], {"b": [[1.0]], "a": [[2.0]]}, "bias (ms)")
    assert [bar.get_label() for bar in bars] == ["b", "a"]
    assert [bar.lines[0].get_ydata()[0] for bar in bars] == [1.0, 2.0]


def test_a_run_without_single_probes_is_refused_in_a_sentence():
    with pytest.raises(RequestError, match=r"force\.single_peak_ms.*timing"):
        timing_figure({"rule_names": np.array(["force"])})
