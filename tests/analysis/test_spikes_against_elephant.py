"""Spike statistics agree with those of Elephant (Denker et al. 2018, doi:10.12751/incf.ni2018.0019)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from neurogate.analysis.spikes import fano_factor, isi_cv, mean_rate, pairwise_correlation, psth

neo = pytest.importorskip("neo", reason="Neo is not installed (the extra neurogate[test]).")
pq = pytest.importorskip("quantities", reason="quantities is not installed (the extra neurogate[test]).")
statistics = pytest.importorskip(
    "elephant.statistics", reason="Elephant is not installed (the extra neurogate[test])."
)

N, WINDOW_MS, BIN_MS = 12, (-250.0, 2750.0), 50.0
BINS = 60


@pytest.fixture(scope="module")
def events():
    """Gamma trains of different rate and order on a shared slow drift, and one silent neuron."""
    rng = np.random.default_rng(7)
    times, neurons = [], []
    for i in range(N - 1):
        intervals = rng.gamma(1 + i / 3, 1.0, 400)
        train = -250 + np.cumsum(intervals / intervals.mean() * (15 + 4 * i))
        train = train[(train < 2750) & (rng.random(400) < 0.6 + 0.4 * np.sin(train / 300))]
        times.append(train)
        neurons.append(np.full(train.size, i))
    return np.concatenate(times), np.concatenate(neurons)


@pytest.fixture(scope="module")
def trains(events):
    times, neurons = events
    start, stop = (bound * pq.ms for bound in WINDOW_MS)
    return [neo.SpikeTrain(times[neurons == i] * pq.ms, t_start=start, t_stop=stop) for i in range(N)]


def test_rates(events, trains):
    expected = [float(statistics.mean_firing_rate(train).rescale("Hz")) for train in trains]
    np.testing.assert_allclose(mean_rate(*events, N, WINDOW_MS), expected, rtol=1e-12)


def test_variation_of_intervals(events, trains):
    expected = [float(statistics.cv(statistics.isi(train).magnitude)) for train in trains[:-1]]
    np.testing.assert_allclose(isi_cv(*events, N)[:-1], expected, rtol=1e-12)


def test_fano_factors_up_to_the_divisor_of_the_variance(events, trains):
    """Elephant divides the variance by the number of counts, here it is that less one."""
    edges = (WINDOW_MS[0] + BIN_MS * np.arange(BINS + 1)) * pq.ms
    pieces = [[train.time_slice(a, b) for a, b in itertools.pairwise(edges)] for train in trains[:-1]]
    expected = np.array([statistics.fanofactor(piece) for piece in pieces]) * BINS / (BINS - 1)
    np.testing.assert_allclose(fano_factor(*events, N, WINDOW_MS, BIN_MS)[:-1], expected, rtol=1e-12)


def test_pairwise_correlations(events, trains):
    from elephant.conversion import BinnedSpikeTrain
    from elephant.spike_train_correlation import correlation_coefficient

    expected = correlation_coefficient(BinnedSpikeTrain(trains[:-1], bin_size=BIN_MS * pq.ms))
    found = pairwise_correlation(*events, N, WINDOW_MS, BIN_MS)
    np.testing.assert_allclose(found[:-1, :-1], expected, atol=1e-12)
    assert np.isnan(found[-1]).all()


def test_peristimulus_time_histograms(events, trains):
    histogram = statistics.time_histogram(trains, BIN_MS * pq.ms, output="rate")
    centre_ms, rate_hz = psth(events[0], WINDOW_MS, BIN_MS, sources=N)
    np.testing.assert_allclose(rate_hz, histogram.rescale("Hz").magnitude.ravel(), rtol=1e-12)
    np.testing.assert_allclose(centre_ms, histogram.times.rescale("ms").magnitude + BIN_MS / 2)
