"""Measures give known numbers on signals that are known."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.tasks.waveform_metrics import best_lag_rmse, dominant_frequency, rmse, sinusoid

TIME_S = np.arange(0.0, 5.0, 0.001)


def test_rmse_of_a_sine_against_nothing_is_its_amplitude_over_the_root_of_two() -> None:
    assert rmse(3 * np.sin(2 * np.pi * 5 * TIME_S), np.zeros(len(TIME_S))) == pytest.approx(3 / np.sqrt(2))


def test_nothing_has_no_rmse() -> None:
    assert np.isnan(rmse(np.zeros(0), np.zeros(0)))
    assert np.isnan(best_lag_rmse(np.zeros((10, 1)), np.zeros((10, 1)), 5))


@pytest.mark.parametrize("late", [-15, 0, 15])
def test_a_shift_within_reach_costs_nothing(late: int) -> None:
    target = np.sin(2 * np.pi * 5 * TIME_S)[:, None]
    readout = np.sin(2 * np.pi * 5 * (TIME_S - late / 1000))[:, None]
    assert best_lag_rmse(readout, target, 20) < 1e-9
    assert best_lag_rmse(readout, target, 5) > 0.1 or late == 0


@pytest.mark.parametrize("dt_ms", [0.04, 0.3, 0.7, 1.0, 1.5, 2.0])
def test_the_longest_shift_is_the_time_that_was_said_whatever_the_step(dt_ms: float) -> None:
    time_ms = np.arange(0.0, 3000.0, dt_ms)

    def left(late_ms: float) -> float:
        readout, target = (np.sin(2 * np.pi * 0.002 * (time_ms - x))[:, None] for x in (late_ms, 0.0))
        return best_lag_rmse(readout, target, 20, dt_ms)

    half_a_sample = np.pi * 0.002 * dt_ms / np.sqrt(2)
    beyond = np.pi * 0.002 * 4 * np.sqrt(2)
    for late_ms in (-20.0, 0.0, 20.0):
        assert left(late_ms) <= 1.01 * half_a_sample
    for late_ms in (-24.0, 24.0):
        assert left(late_ms) == pytest.approx(beyond, abs=half_a_sample + 0.01 * beyond)


def test_every_channel_is_shifted_by_the_same_lag() -> None:
    target = np.sin(2 * np.pi * 5 * TIME_S)[:, None] * [1.0, 1.0]
    readout = np.stack([np.roll(target[:, 0], 10), np.roll(target[:, 1], -10)], axis=1)
    assert best_lag_rmse(readout, target, 20) > 0.2


@pytest.mark.parametrize("frequency_hz", [1.7, 4.95, 5.0, 10.03])
def test_the_frequency_of_a_sinusoid_is_found(frequency_hz: float) -> None:
    values = 2 + np.sin(2 * np.pi * frequency_hz * TIME_S + 0.7)
    assert dominant_frequency(values, 1.0) == pytest.approx(frequency_hz, abs=0.005)


def test_a_sinusoid_in_noise_is_fitted() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, len(TIME_S))
    frequency_hz, amplitude, residual = sinusoid(0.9 * np.cos(2 * np.pi * 5 * TIME_S) - 1 + noise, 1.0)
    assert frequency_hz == pytest.approx(5.0, abs=0.01)
    assert amplitude == pytest.approx(0.9, abs=0.01)
    assert residual == pytest.approx(0.1, rel=0.05)
