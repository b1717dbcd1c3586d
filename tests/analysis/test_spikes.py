from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.spikes import (
    fano_factor,
    isi_cv,
    mean_rate,
    pairwise_correlation,
    psth,
    spike_counts,
)
from neurogate.errors import RequestError

N = 4
WINDOW_MS = (-20.0, 80.0)
events = st.lists(st.tuples(st.integers(-50, 110).map(lambda k: k / 1.0), st.integers(0, N - 1)), max_size=40)


def split(pairs):
    return np.array([t for t, _ in pairs]), np.array([i for _, i in pairs], dtype=int)


def poisson(rate_hz, seconds, n, seed=0):
    rng = np.random.default_rng(seed)
    count = rng.poisson(rate_hz * seconds, n)
    return rng.uniform(0, 1000 * seconds, count.sum()), np.repeat(np.arange(n), count)


@given(events)
def test_counts_agree_with_a_plain_loop(pairs):
    expected = np.zeros((N, 10), dtype=int)
    for t, i in pairs:
        if WINDOW_MS[0] <= t < WINDOW_MS[1]:
            expected[i, int((t - WINDOW_MS[0]) // 10)] += 1
    np.testing.assert_array_equal(spike_counts(*split(pairs), N, WINDOW_MS, 10.0), expected)


@given(events, st.randoms())
def test_statistics_ignore_the_order_of_events(pairs, random):
    mixed = random.sample(pairs, len(pairs))
    for statistic in (mean_rate, lambda t, i, n, w: fano_factor(t, i, n, w, 10.0)):
        np.testing.assert_array_equal(
            statistic(*split(pairs), N, WINDOW_MS), statistic(*split(mixed), N, WINDOW_MS)
        )
    np.testing.assert_allclose(isi_cv(*split(pairs), N), isi_cv(*split(mixed), N), rtol=1e-12)


@given(events)
def test_isi_cv_agrees_with_a_plain_loop(pairs):
    times, neurons = split(pairs)
    found = isi_cv(times, neurons, N)
    for i in range(N):
        intervals = np.diff(np.sort(times[neurons == i]))
        defined = intervals.size > 1 and intervals.mean() > 0
        expected = intervals.std() / intervals.mean() if defined else np.nan
        np.testing.assert_allclose(found[i], expected, rtol=1e-9, atol=1e-9)


@given(events)
def test_the_mean_of_the_psth_is_the_mean_rate(pairs):
    times, neurons = split(pairs)
    _, rate_hz = psth(times, WINDOW_MS, 10.0, sources=N)
    np.testing.assert_allclose(rate_hz.mean(), mean_rate(times, neurons, N, WINDOW_MS).mean(), atol=1e-9)


def test_a_clock_has_cv_and_fano_factor_zero():
    times = np.arange(5.0, 1000.0, 10.0)
    neurons = np.zeros(times.size, dtype=int)
    assert isi_cv(times, neurons, 1)[0] == 0
    assert fano_factor(times, neurons, 1, (0.0, 1000.0), 100.0)[0] == 0
    assert mean_rate(times, neurons, 1, (0.0, 1000.0))[0] == 100.0


def test_poisson_trains_have_cv_and_fano_factor_one():
    times, neurons = poisson(rate_hz=20.0, seconds=100.0, n=30)
    assert isi_cv(times, neurons, 30).mean() == pytest.approx(1.0, abs=0.02)
    assert fano_factor(times, neurons, 30, (0.0, 100_000.0), 500.0).mean() == pytest.approx(1.0, abs=0.06)
    assert mean_rate(times, neurons, 30, (0.0, 100_000.0)).mean() == pytest.approx(20.0, rel=0.03)


def test_silence_and_a_clock_correlate_with_nothing():
    times, neurons = [5.0, 15.0, 25.0, 7.0], [1, 1, 1, 2]
    rho = pairwise_correlation(times, neurons, 3, (0.0, 30.0), 10.0)
    assert np.isnan(rho[:2]).all()
    assert np.isnan(rho[:, :2]).all()
    assert rho[2, 2] == pytest.approx(1.0)


def test_silence_has_rate_zero_and_no_variability():
    none, nobody = np.array([]), np.array([], dtype=int)
    assert mean_rate(none, nobody, 2, WINDOW_MS).tolist() == [0.0, 0.0]
    assert np.isnan(isi_cv(none, nobody, 2)).all()
    assert np.isnan(fano_factor(none, nobody, 2, WINDOW_MS, 10.0)).all()


@given(events)
def test_pairwise_correlation_agrees_with_numpy(pairs):
    counts = spike_counts(*split(pairs), N, WINDOW_MS, 10.0)
    found = pairwise_correlation(*split(pairs), N, WINDOW_MS, 10.0)
    for i in range(N):
        for j in range(N):
            defined = counts[i].std() > 0 and counts[j].std() > 0
            expected = np.corrcoef(counts[i], counts[j])[0, 1] if defined else np.nan
            np.testing.assert_allclose(found[i, j], expected, atol=1e-12)


def test_neurons_that_copy_a_share_of_a_common_train_correlate_by_that_share():
    rng = np.random.default_rng(0)
    mother, _ = poisson(rate_hz=200.0, seconds=200.0, n=1)
    kept = [mother[rng.random(mother.size) < 0.3] for _ in range(8)]
    neurons = np.repeat(np.arange(8), [len(train) for train in kept])
    rho = pairwise_correlation(np.concatenate(kept), neurons, 8, (0.0, 200_000.0), 50.0)
    assert rho[np.triu_indices(8, 1)].mean() == pytest.approx(0.3, abs=0.02)


def test_independent_poisson_trains_are_uncorrelated():
    rho = pairwise_correlation(*poisson(rate_hz=20.0, seconds=100.0, n=30), 30, (0.0, 100_000.0), 50.0)
    off = rho[np.triu_indices(30, 1)]
    assert off.mean() == pytest.approx(0.0, abs=0.005)
    assert off.std() == pytest.approx(1 / np.sqrt(2000), rel=0.1)


def test_a_spike_at_the_start_counts_and_one_at_the_end_does_not():
    assert spike_counts([-20.0, 80.0], [0, 0], 1, WINDOW_MS, 100.0).tolist() == [[1]]


@pytest.mark.parametrize(("start", "bins"), [(0.0, 17), (-0.1, 3)])
def test_rounding_never_puts_a_spike_beyond_the_last_bin(start, bins):
    stop = start + bins * 0.1
    counts = spike_counts([np.nextafter(stop, -np.inf)], [0], 1, (start, stop), 0.1)
    assert counts.tolist() == [[0] * (bins - 1) + [1]]


def test_impossible_requests_are_refused():
    with pytest.raises(RequestError, match="not a whole number of bins of 30 ms"):
        spike_counts([], [], 1, (0.0, 100.0), 30.0)
    with pytest.raises(RequestError, match="not a whole number"):
        mean_rate([], [], 1, (100.0, 0.0))
    with pytest.raises(RequestError, match="Indices run from 0 to 2"):
        mean_rate([1.0], [3], 3, WINDOW_MS)
    with pytest.raises(RequestError, match="one neuron for each time"):
        isi_cv([1.0, 2.0], [0], 1)
    with pytest.raises(RequestError, match="at least two"):
        pairwise_correlation([1.0], [0], 1, WINDOW_MS, 100.0)
    with pytest.raises(RequestError, match="at least two"):
        fano_factor([1.0], [0], 1, WINDOW_MS, 100.0)
