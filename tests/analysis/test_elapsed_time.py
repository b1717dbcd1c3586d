from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.elapsed_time import error_growth, read_time
from neurogate.analysis.trials import circularly_shifted
from neurogate.errors import RequestError

seeds = st.integers(0, 2**32 - 1)
TIME_MS = np.arange(25.0, 1000.0, 50.0)
INNER = slice(3, -3)
"""Away from the ends of the window, beyond which no estimate goes."""


def tuned(clock_ms, noise=0.05, seed=0, width_ms=120.0):
    """Activity (S, T, 40) of time cells that go by a clock (S, T)."""
    centres = np.linspace(-300, 1500, 40)
    rates = np.exp(-((np.asarray(clock_ms)[..., None] - centres) ** 2) / (2 * width_ms**2))
    return rates + noise * np.random.default_rng(seed).standard_normal(rates.shape)


def clocks(trials, seed=0):
    return np.random.default_rng(seed), np.broadcast_to(TIME_MS, (trials, TIME_MS.size))


@pytest.mark.parametrize("decoder", ["bayes", "linear"])
def test_time_cells_tell_the_time(decoder):
    found = read_time(tuned(clocks(50)[1]), TIME_MS, decoder)
    assert found.estimate_ms.shape == (50, TIME_MS.size)
    assert found.rmse_ms < 25
    np.testing.assert_allclose(found.bias_ms[INNER], 0, atol=10)


def test_errors_of_a_noisy_readout_are_those_that_fisher_information_allows():
    """One ramp of one unit a bin in Gaussian noise of two: a spread of two bins, at all times."""
    ramp = np.arange(200.0)[:, None] + 2 * np.random.default_rng(0).standard_normal((60, 200, 1))
    found = read_time(ramp, 5 * np.arange(200), shrinkage=1e-6)
    assert found.sd_ms[20:-20].mean() == pytest.approx(10, rel=0.03)
    growth = error_growth(5 * np.arange(20, 180), found.sd_ms[20:-20])
    assert growth.exponent == pytest.approx(0, abs=0.05)
    assert growth.weber < 0.005


def test_a_clock_of_variable_speed_is_scalar():
    rng, time = clocks(300)
    found = read_time(tuned(time * (1 + 0.1 * rng.standard_normal((300, 1))), noise=0.01), TIME_MS)
    growth = error_growth(TIME_MS[INNER], found.sd_ms[INNER])
    assert growth.exponent == pytest.approx(1, abs=0.15)
    assert growth.weber == pytest.approx(0.1, abs=0.015)


def test_a_clock_that_drifts_has_errors_that_grow_with_the_root_of_time():
    rng, time = clocks(300)
    drift = np.cumsum(15 * rng.standard_normal(time.shape), axis=1)
    found = read_time(tuned(time + drift, noise=0.01), TIME_MS)
    growth = error_growth(TIME_MS[INNER], found.sd_ms[INNER])
    assert growth.exponent == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("decoder", ["bayes", "linear"])
@pytest.mark.parametrize("lost", ["shifted", "noise", "constant"])
def test_where_there_is_no_clock_the_error_is_the_spread_of_the_times(decoder, lost):
    rng, time = clocks(100)
    activity = {
        "shifted": circularly_shifted(rng, tuned(time), together=True),
        "noise": rng.standard_normal((100, TIME_MS.size, 5)),
        "constant": np.full((100, TIME_MS.size, 5), 0.1),
    }[lost]
    assert read_time(activity, TIME_MS, decoder).rmse_ms == pytest.approx(TIME_MS.std(), rel=0.12)


@pytest.mark.parametrize("decoder", ["bayes", "linear"])
def test_a_clock_of_each_cues_own_is_not_read_after_another_cue(decoder):
    cue, time = np.tile([0, 1, 2], 20), clocks(60)[1]
    own = tuned(time).reshape(60, TIME_MS.size, 1, 40) * np.eye(3)[cue][:, None, :, None]
    apart = read_time(own.reshape(60, TIME_MS.size, -1), TIME_MS, decoder, groups=cue)
    assert apart.rmse_ms > 0.8 * TIME_MS.std()
    assert read_time(own.reshape(60, TIME_MS.size, -1), TIME_MS, decoder).rmse_ms < 0.2 * TIME_MS.std()
    names = np.array(["bell", "light", "air"])[cue]
    assert read_time(tuned(time), TIME_MS, decoder, groups=names).rmse_ms < 25


def test_posterior_means_and_ridge_regressions_are_those_of_sklearn():
    reason = "scikit-learn is not installed (the extra neurogate[test])."
    lda = pytest.importorskip("sklearn.discriminant_analysis", reason=reason).LinearDiscriminantAnalysis
    ridge = pytest.importorskip("sklearn.linear_model", reason=reason).Ridge
    activity, bins = tuned(clocks(10)[1], noise=0.3)[:, ::2], TIME_MS[::2]
    train, test = activity[1::2].reshape(-1, 40), activity[::2].reshape(-1, 40)
    labels = np.tile(np.arange(bins.size), 5)
    model = lda(solver="lsqr", shrinkage=0.2).fit(train, labels)
    found = read_time(activity, bins, folds=2, shrinkage=0.2).estimate_ms[::2].ravel()
    np.testing.assert_allclose(found, model.predict_proba(test) @ bins, rtol=1e-8)
    alpha = 0.2 / 0.8 * np.square(train - train.mean(axis=0)).mean() * len(train)
    expected = ridge(alpha=alpha).fit(train, bins[labels]).predict(test)
    found = read_time(activity, bins, "linear", folds=2, shrinkage=0.2).estimate_ms[::2].ravel()
    np.testing.assert_allclose(found, expected, rtol=1e-8)


@given(seeds, st.sampled_from(["bayes", "linear"]))
def test_readings_ignore_the_rotation_offset_and_size_of_activity(seed, decoder):
    rng = np.random.default_rng(seed)
    activity = rng.standard_normal((4, 5, 3)) + np.arange(5)[:, None]
    changed = 0.01 * activity @ np.linalg.qr(rng.standard_normal((3, 3)))[0] + 5.0
    one, other = (read_time(x, np.arange(5), decoder, folds=2).estimate_ms for x in (activity, changed))
    np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-7)


def test_errors_are_what_they_are_called():
    found = read_time(tuned(clocks(12)[1], noise=0.3), TIME_MS, folds=3)
    error = found.estimate_ms - TIME_MS
    np.testing.assert_allclose(found.bias_ms, error.mean(axis=0))
    np.testing.assert_allclose(found.sd_ms, error.std(axis=0, ddof=1))
    assert found.rmse_ms == pytest.approx(np.sqrt(np.mean(error**2)))


@given(st.floats(0.01, 0.5), st.floats(0, 50), st.floats(-0.5, 2))
def test_the_laws_of_growth_are_recovered(weber, floor_ms, exponent):
    times = np.array([0.0, 300.0, 600.0, 900.0, 1200.0])
    found = error_growth(times, np.sqrt((weber * times) ** 2 + floor_ms**2))
    assert found.weber == pytest.approx(weber, rel=1e-6)
    assert found.floor_ms == pytest.approx(floor_ms, abs=1e-3)
    power = error_growth(times[1:], 7 * times[1:] ** exponent)
    assert power.exponent == pytest.approx(exponent, abs=1e-9)


def test_a_spread_that_falls_has_no_weber_fraction_and_one_time_no_law():
    assert error_growth([300, 600, 900], [90, 60, 30]).weber == 0
    assert np.isnan(error_growth([300, 300, 600, 0], [10, 20, 0, 5])).all()
    assert np.isnan(error_growth([300, 600], [10, np.nan])).all()


def test_impossible_requests_are_refused():
    activity = tuned(clocks(4)[1])
    with pytest.raises(RequestError, match="folds is 5 for 4 trials"):
        read_time(activity, TIME_MS)
    with pytest.raises(RequestError, match=r"time_ms has shape \(19,\) for 20 time bins"):
        read_time(activity, TIME_MS[1:])
    with pytest.raises(RequestError, match="at least two different ones"):
        read_time(activity, 0 * TIME_MS)
    with pytest.raises(RequestError, match=r"decoder is 'magic'\. Choose one of bayes, linear"):
        read_time(activity, TIME_MS, "magic")
    with pytest.raises(RequestError, match=r"1 different value\(s\) for 4 trials"):
        read_time(activity, TIME_MS, groups=[1, 1, 1, 1])
    with pytest.raises(RequestError, match="one spread for each time"):
        error_growth([1, 2], [1])
