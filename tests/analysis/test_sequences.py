from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.nulls import tail_fraction
from neurogate.analysis.sequences import peak_order, sequentiality, temporal_information
from neurogate.analysis.trials import circularly_shifted
from neurogate.errors import RequestError

seeds = st.integers(0, 2**32 - 1)
BINS = 40


def bumps(centres, width=2.0, background=0.5, peak=5.0):
    """Rates (T, N) of neurons that prefer one time each."""
    times = np.arange(BINS)[:, None]
    return background + peak * np.exp(-((times - np.asarray(centres)) ** 2) / (2 * width**2))


def poisson(rates, trials=20, seed=0):
    return np.random.default_rng(seed).poisson(rates, (trials, *rates.shape)).astype(float)


def null(statistic, activity, draws=40, seed=1):
    rng = np.random.default_rng(seed)
    return np.array([statistic(circularly_shifted(rng, activity)) for _ in range(draws)])


@pytest.mark.parametrize("half_width", [0, 1, 3])
def test_the_index_of_a_perfect_sequence_is_its_closed_form(half_width):
    """Peaks in every bin; at the ends the ridge is cut off, so neurons near them are left out."""
    inner = np.eye(BINS)[:, half_width : BINS - half_width]
    found = sequentiality(np.stack([inner, inner]), half_width, groups=2, floor=0.1)
    width, base = 2 * half_width + 1, 0.1 / BINS
    assert found.log_ridge == pytest.approx(np.log((1 / width + base) / base))
    assert found.entropy == pytest.approx(np.log(2))
    assert found.value == found.log_ridge + found.entropy
    assert found.neurons == inner.shape[1]


@pytest.mark.parametrize("groups", [4, 20, 40])
def test_neurons_that_peak_together_have_no_entropy_and_those_that_take_turns_the_most(groups):
    together = np.stack([bumps(np.full(BINS, 7))] * 2)
    in_turn = np.stack([bumps(np.arange(BINS))] * 2)
    assert sequentiality(together, groups=groups).entropy == 0
    assert sequentiality(in_turn, groups=groups).entropy == pytest.approx(np.log(groups))


def test_a_planted_sequence_exceeds_its_null():
    activity = poisson(bumps(np.linspace(0, BINS - 1, 60)))
    found, draws = sequentiality(activity), null(lambda x: sequentiality(x).value, activity)
    assert found.value > draws.max() + 1
    assert tail_fraction(draws, found.value) == 1 / 41


def test_only_without_cross_validation_noise_has_a_ridge():
    noise = poisson(np.full((BINS, 400), 2.0), trials=200)
    assert sequentiality(noise).log_ridge == pytest.approx(0.0, abs=0.005)
    highest = 2.16 * np.sqrt(2 / 200) / 2  # mean of the largest of 40 normal numbers, as a share of the rate
    ridge = highest / 5 + highest / 39 / 5
    assert sequentiality(noise, cross_validated=False).log_ridge == pytest.approx(ridge, rel=0.1)


def test_noise_exceeds_its_null_as_often_as_it_should():
    p = []
    for seed in range(40):
        noise = poisson(np.full((BINS, 10), 2.0), trials=6, seed=seed)
        draws = null(lambda x: sequentiality(x).value, noise, draws=39, seed=seed)
        p.append(tail_fraction(draws, sequentiality(noise).value))
    assert scipy.stats.kstest(p, "uniform").pvalue > 0.01


@given(seeds)
def test_the_index_ignores_the_gain_of_each_neuron_and_their_order(seed):
    rng = np.random.default_rng(seed)
    activity = rng.uniform(0, 1, (4, BINS, 5))
    changed = (activity * rng.uniform(0.1, 10, 5))[..., rng.permutation(5)]
    np.testing.assert_allclose(sequentiality(changed), sequentiality(activity), rtol=1e-9)


def test_silent_and_constant_neurons_count_for_nothing():
    activity = poisson(bumps(np.arange(0, BINS, 4)))
    more = np.concatenate([activity, np.zeros_like(activity), np.full_like(activity, 3.0)], axis=2)
    np.testing.assert_allclose(sequentiality(more), sequentiality(activity))
    np.testing.assert_array_equal(peak_order(more).order, peak_order(activity).order)


def test_where_nothing_changes_there_is_no_index_and_no_order():
    steady = np.full((4, BINS, 3), 2.0)
    assert np.isnan(sequentiality(steady)[:3]).all()
    assert sequentiality(steady).neurons == 0
    found = peak_order(steady)
    assert found.order.size == 0
    assert found.rates.shape == (0, BINS)
    assert np.isnan(found.reliability)
    assert np.isnan(temporal_information(0 * steady)).all()
    assert temporal_information(steady).tolist() == [0, 0, 0]


def test_a_planted_order_is_found_and_holds_in_the_other_trials():
    centres = np.random.default_rng(2).permutation(np.arange(0, BINS, 2))
    activity = poisson(bumps(centres, width=1.0, peak=30.0), trials=40)
    found = peak_order(activity)
    np.testing.assert_array_equal(found.order, np.argsort(centres))
    np.testing.assert_array_equal(found.rates.argmax(axis=1), np.sort(centres))
    assert found.reliability == pytest.approx(1.0)
    np.testing.assert_allclose(found.rates, activity[1::2].mean(axis=0).T[found.order])


def test_the_order_of_noise_does_not_hold():
    draws = [peak_order(poisson(np.full((BINS, 50), 2.0), seed=seed)).reliability for seed in range(60)]
    assert np.mean(draws) == pytest.approx(0.0, abs=0.05)
    assert np.std(draws) == pytest.approx(1 / np.sqrt(49), rel=0.25)


@given(seeds)
def test_reliability_is_the_rank_correlation_of_the_halves_peaks(seed):
    activity = np.random.default_rng(seed).standard_normal((5, 6, 8))
    peaks = [activity[start::2].mean(axis=0).argmax(axis=0) for start in (0, 1)]
    expected = scipy.stats.spearmanr(*peaks).statistic
    assert peak_order(activity).reliability == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("active", [1, 2, 8, 32])
def test_a_neuron_that_fires_in_a_share_of_the_bins_tells_that_share(active):
    rates = np.zeros((3, 32, 1))
    rates[:, :active] = 7.0
    assert temporal_information(rates)[0] == pytest.approx(np.log2(32 / active))


def test_information_of_noise_is_that_of_its_null_and_of_time_cells_more():
    noise, cells = poisson(np.full((BINS, 300), 0.5)), poisson(bumps(np.arange(BINS)))
    excess = temporal_information(noise) - null(temporal_information, noise).mean(axis=0)
    assert temporal_information(noise).mean() > 0.05
    assert excess.mean() == pytest.approx(0.0, abs=0.005)
    assert (temporal_information(cells) > null(temporal_information, cells).max(axis=0)).all()


def test_impossible_requests_are_refused():
    activity = np.ones((2, 5, 3))
    with pytest.raises(RequestError, match=r"half_width is 2 in trials of 5 time bins.* 0 to 1"):
        sequentiality(activity, half_width=2, groups=2)
    with pytest.raises(RequestError, match="groups is 20 in trials of 5 time bins"):
        sequentiality(activity, half_width=1)
    with pytest.raises(RequestError, match="floor is 0"):
        sequentiality(activity, half_width=1, groups=2, floor=0.0)
    for measure in (sequentiality, temporal_information):
        with pytest.raises(RequestError, match="activity is as low as -1"):
            measure(-activity)
    with pytest.raises(RequestError, match="at least 2 trials"):
        peak_order(activity[:1])
