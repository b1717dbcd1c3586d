"""How readouts of frozen omission probes are judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurogate.tasks.probes import Probes, judge

TIME_MS = np.arange(5.0, 1655.0, 5.0)
LATENCY_MS = np.array([300.0, 600.0, 900.0])
PROBABILITY = np.array([[0.9, 0.0], [0.1, 0.8], [0.5, 0.3]])


def bumps(peak_ms: np.ndarray, height: float = 1.0) -> np.ndarray:
    return height * np.exp(-0.5 * ((TIME_MS - peak_ms[..., None]) / 40) ** 2)


def flat(probability: np.ndarray) -> np.ndarray:
    return np.repeat(probability[..., None], TIME_MS.size, axis=-1)


def test_perfect_readouts_have_no_error() -> None:
    judged = judge(Probes(), bumps(LATENCY_MS), flat(PROBABILITY), TIME_MS, LATENCY_MS, PROBABILITY)
    assert judged["peak_ms"].tolist() == LATENCY_MS.tolist()
    assert not judged["timing_error_ms"].any()
    np.testing.assert_allclose(judged["probability"], PROBABILITY, atol=1e-15)
    np.testing.assert_allclose(judged["probability_error"], 0, atol=1e-15)


def test_errors_are_distances_from_the_truth() -> None:
    shift, excess = np.array([-20.0, 0.0, 35.0]), np.array([[0.1, 0.0], [0.0, -0.2], [0.1, 0.1]])
    when, what = bumps(LATENCY_MS + shift), flat(PROBABILITY + excess)
    judged = judge(Probes(), when, what, TIME_MS, LATENCY_MS, PROBABILITY)
    np.testing.assert_allclose(judged["timing_error_ms"], np.abs(shift))
    np.testing.assert_allclose(judged["probability_error"], np.abs(excess).mean(axis=-1), atol=1e-15)


def test_the_bias_has_the_sign_of_the_error_and_none_without_a_prediction() -> None:
    shift = np.array([-20.0, 35.0, 0.0])
    when = bumps(LATENCY_MS + shift, 0.7)
    when[2] *= 0.01
    judged = judge(Probes(), when, flat(PROBABILITY), TIME_MS, LATENCY_MS, PROBABILITY)
    np.testing.assert_array_equal(judged["timing_bias_ms"], [-20.0, 35.0, np.nan])
    np.testing.assert_allclose(judged["amplitude"], [0.7, 0.7, 0.007], rtol=1e-12)


def test_a_readout_below_the_floor_predicts_nothing() -> None:
    when = np.stack([bumps(LATENCY_MS, 0.079), bumps(LATENCY_MS, 0.081)])
    judged = judge(Probes(), when, np.stack([flat(PROBABILITY)] * 2), TIME_MS, LATENCY_MS, PROBABILITY)
    assert judged["timing_error_ms"].tolist() == [[600.0] * 3, [0.0] * 3]


def test_peaks_outside_the_window_do_not_count() -> None:
    when = bumps(np.array([50.0, 600.0, 1600.0]), 2.0) + bumps(LATENCY_MS)
    judged = judge(Probes(), when, flat(PROBABILITY), TIME_MS, LATENCY_MS, PROBABILITY)
    assert judged["peak_ms"][1] == 600
    assert ((judged["peak_ms"] >= 100) & (judged["peak_ms"] <= 1500)).all()


def test_the_probability_is_the_mean_around_the_predicted_time_and_not_the_true_one() -> None:
    what = flat(PROBABILITY) + 0.001 * TIME_MS
    when = bumps(LATENCY_MS + 100)
    judged = judge(Probes(half_width_ms=40.0), when, what, TIME_MS, LATENCY_MS, PROBABILITY)
    expected = PROBABILITY + 0.001 * (LATENCY_MS + 100)[:, None]
    np.testing.assert_allclose(judged["probability"], expected, rtol=1e-12)


def test_leading_axes_are_judged_one_by_one(rng: np.random.Generator) -> None:
    when, what = rng.standard_normal((2, 4, 3, TIME_MS.size)), rng.random((2, 4, 3, 2, TIME_MS.size))
    latency = np.stack([LATENCY_MS, LATENCY_MS[::-1]] * 2)
    together = judge(Probes(), when, what, TIME_MS, latency, PROBABILITY)
    for b in range(2):
        for p in range(4):
            alone = judge(Probes(), when[b, p], what[b, p], TIME_MS, latency[p], PROBABILITY)
            for key, value in alone.items():
                np.testing.assert_array_equal(together[key][b, p], value)


@pytest.mark.parametrize(
    "settings",
    [
        {"window_ms": (500.0, 500.0)},
        {"window_ms": (-1.0, 500.0)},
        {"per_cue": 0},
        {"every": 0},
        {"floor": float("nan")},
        {"half_width_ms": 0.0},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        Probes(**settings)
