from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neurogate.analysis.predictions import (
    correlation,
    mean_absolute_error,
    peak_time,
    read_probability,
    timing_error,
    trials_to_criterion,
)
from neurogate.errors import RequestError

TIME_MS = np.arange(-200.0, 1700.0, 5.0)
WINDOW_MS = (100.0, 1500.0)
moderate = st.floats(-1e3, 1e3, allow_subnormal=False).map(lambda x: round(x, 6))


def bump(latency_ms, height=0.5):
    return height * np.exp(-((TIME_MS - np.asarray(latency_ms)[..., None]) ** 2) / (2 * 40.0**2))


@given(st.integers(20, 300).map(lambda k: 5.0 * k), st.floats(0.08, 5.0))
def test_a_bump_is_found_at_its_own_time_whatever_its_height(latency_ms, height):
    peak = peak_time(bump(latency_ms, height), TIME_MS, WINDOW_MS, 0.08)
    assert (peak.peak_ms, peak.amplitude, peak.found) == (latency_ms, height, True)


def test_peaks_outside_the_window_are_ignored_and_its_bounds_belong_to_it():
    when = np.zeros(TIME_MS.size)
    when[TIME_MS == 95.0] = when[TIME_MS == 1505.0] = 9.0
    when[TIME_MS == 1500.0] = 1.0
    assert peak_time(when, TIME_MS, WINDOW_MS, 0.08).peak_ms == 1500.0
    when[TIME_MS == 100.0] = 2.0
    assert peak_time(when, TIME_MS, WINDOW_MS, 0.08).peak_ms == 100.0


def test_bounds_survive_bin_times_that_are_sums_of_decimal_steps():
    time_ms = np.cumsum(np.full(9, 0.1))
    assert time_ms[2] > 0.3
    assert time_ms[7] < 0.8
    for bound in (2, 7):
        when = np.arange(9) == bound
        assert peak_time(when, time_ms, (0.1, 0.3), 0.5).found == (bound == 2)
        assert peak_time(when, time_ms, (0.8, 0.9), 0.5).found == (bound == 7)


def test_an_amplitude_below_the_floor_or_nan_counts_as_not_found():
    when = np.stack([bump(300.0, 0.0799), bump(300.0, 0.0801), np.full(TIME_MS.size, np.nan)])
    assert peak_time(when, TIME_MS, WINDOW_MS, 0.08).found.tolist() == [False, True, False]


def test_peak_time_keeps_every_leading_axis():
    latency_ms = np.array([[300.0, 600.0, 900.0], [1200.0, 600.0, 150.0]])
    np.testing.assert_array_equal(peak_time(bump(latency_ms), TIME_MS, WINDOW_MS, 0.08).peak_ms, latency_ms)


def test_a_window_without_bins_and_a_wrong_length_are_refused():
    with pytest.raises(RequestError, match="from 2000 to 3000 ms"):
        peak_time(bump(300.0), TIME_MS, (2000.0, 3000.0), 0.08)
    with pytest.raises(RequestError, match="one time for each bin"):
        peak_time(bump(300.0), TIME_MS[1:], WINDOW_MS, 0.08)


def test_timing_error_is_absolute_and_a_miss_costs_the_same_wherever_its_peak_is():
    error = timing_error(
        [[290.0, 650.0], [1.0, 600.0]], [[True, True], [False, False]], [300.0, 600.0], 444.0
    )
    assert error.tolist() == [[10.0, 50.0], [444.0, 444.0]]


def test_probability_is_the_mean_over_the_window_whose_bounds_belong_to_it():
    what = np.stack([TIME_MS, TIME_MS**2])
    probability = read_probability(what, TIME_MS, 300.0, 40.0)
    times = np.arange(260.0, 341.0, 5.0)
    np.testing.assert_allclose(probability, [300.0, (times**2).mean()])


@given(st.lists(st.floats(-0.2, 1.2), min_size=2, max_size=3), st.floats(100.0, 1500.0))
def test_a_constant_readout_is_read_exactly_at_any_peak(values, peak_ms):
    what = np.repeat(np.array(values)[:, None], TIME_MS.size, axis=1)
    np.testing.assert_allclose(read_probability(what, TIME_MS, peak_ms), values, rtol=1e-14, atol=1e-300)


def test_probability_follows_each_peak_along_leading_axes_and_ignores_nan_elsewhere():
    what = np.random.default_rng(0).random((2, 3, 4, TIME_MS.size))
    peak_ms = np.array([[300.0, 600.0, 900.0], [1200.0, 400.0, 200.0]])
    together = read_probability(what, TIME_MS, peak_ms)
    assert together.shape == (2, 3, 4)
    alone = what[1, 0].copy()
    alone[:, np.abs(TIME_MS - 1200.0) > 40.0] = np.nan
    np.testing.assert_array_equal(read_probability(alone, TIME_MS, 1200.0), together[1, 0])


def test_a_peak_without_bins_gives_nan_probability():
    assert np.isnan(read_probability(np.ones((2, TIME_MS.size)), TIME_MS, [9000.0])).all()


@given(arrays(float, (3, 4), elements=moderate), arrays(float, (3, 4), elements=moderate))
def test_mean_absolute_error_is_symmetric_and_averages_the_axes_asked_for(x, y):
    assert mean_absolute_error(x, y) == mean_absolute_error(y, x)
    np.testing.assert_allclose(
        mean_absolute_error(x, y, axis=1).mean(), mean_absolute_error(x, y), rtol=1e-12
    )
    assert mean_absolute_error(x, x) == 0.0


@given(arrays(float, 12, elements=moderate), arrays(float, 12, elements=moderate))
def test_correlation_agrees_with_scipy_and_is_symmetric(x, y):
    if min(np.ptp(x), np.ptp(y)) > 1e-3:
        assert correlation(x, y) == pytest.approx(scipy.stats.pearsonr(x, y).statistic, abs=1e-9)
        assert correlation(y, x) == correlation(x, y)


@given(arrays(float, 6, elements=st.floats(-10, 10), unique=True), st.floats(0.1, 10), st.floats(-10, 10))
def test_correlation_ignores_gain_and_offset_but_not_sign(x, gain, offset):
    if np.ptp(x) > 1e-2:
        assert correlation(x, gain * x + offset) == pytest.approx(1.0, abs=1e-9)
        assert correlation(x, -gain * x + offset) == pytest.approx(-1.0, abs=1e-9)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_correlation_neither_overflows_nor_underflows(scale):
    x = np.array([1.0, 2.0, 4.0])
    assert correlation(scale * x, x[::-1]) == pytest.approx(correlation(x, x[::-1]))


@pytest.mark.parametrize("flat", [[0.1, 0.1, 0.1], [0.0, 1.0, np.nan], [0.0, 1.0, np.inf]])
def test_correlation_with_a_constant_or_a_value_that_is_not_finite_is_nan(flat):
    assert np.isnan(correlation(flat, [1.0, 2.0, 3.0]))
    assert np.isnan(correlation([], []))


def test_correlation_of_unequal_shapes_is_refused():
    with pytest.raises(RequestError, match=r"\(2,\) and y \(3,\)"):
        correlation([1.0, 2.0], [1.0, 2.0, 3.0])


def first_run_below(trial, error, threshold, successive):
    for i in range(len(error) - successive + 1):
        if all(e < threshold for e in error[i : i + successive]):
            return trial[i]
    return np.inf


@given(st.lists(st.integers(0, 3), max_size=12), st.integers(1, 4))
def test_trials_to_criterion_agrees_with_a_plain_search(error, successive):
    trial = 10.0 * np.arange(len(error))
    assert trials_to_criterion(trial, error, 2, successive) == first_run_below(trial, error, 2, successive)


def test_trials_to_criterion_is_strict_counts_nan_as_failure_and_keeps_leading_axes():
    error = np.array([[[5.0, 5.0, 5.0]], [[1.0, np.nan, 1.0]], [[1.0, 1.0, 1.0]]])
    assert trials_to_criterion([0, 10, 20], error, 5.0).tolist() == [[np.inf], [np.inf], [0.0]]


def test_trials_to_criterion_refuses_other_lengths_and_zero_probes():
    with pytest.raises(RequestError, match="one trial for each value"):
        trials_to_criterion([0, 10], [1.0, 1.0, 1.0], 5.0)
    with pytest.raises(RequestError, match="successive of at least 1"):
        trials_to_criterion([0, 10], [1.0, 1.0], 5.0, successive=0)
