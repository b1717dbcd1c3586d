from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.demixed import demix
from neurogate.analysis.demixed_validation import (
    _splits,
    choose_ridge,
    decoding_course,
    shuffled_trials,
)
from neurogate.analysis.marginals import condition_means, marginals, noise_covariance
from neurogate.analysis.surrogates import above_null, null_of
from neurogate.errors import RequestError

seeds = st.integers(0, 2**32 - 1)
AXES = ("what", "probability", "time")
BINS, ONSET = 12, 5


def planted(noise=1.0, trials=8, n=15, seed=0):
    """What is there from bin 5 on, time is there always, probability never."""
    rng = np.random.default_rng(seed)
    what = np.outer(np.arange(BINS) >= ONSET, rng.standard_normal(n))
    time = np.outer(np.sin(np.arange(BINS)), rng.standard_normal(n))
    signal = np.stack([time - what, time, time + what])[:, None]
    return signal + noise * rng.standard_normal((trials, 3, 2, BINS, n))


def with_missing(trials, seed=0):
    trials = trials.copy()
    trials[3:][np.random.default_rng(seed).random((len(trials) - 3, 3, 2)) < 0.5] = np.nan
    return trials


@given(seeds)
def test_held_out_trials_leave_the_means_and_the_noise_of_the_others(seed):
    trials = with_missing(planted(trials=6, n=3, seed=seed), seed)
    (split,) = _splits(np.random.default_rng(seed), trials, AXES, repeats=1)
    held = (trials == split.test).all(axis=(-2, -1))
    assert (held.sum(axis=0) == 1).all()
    rest = np.where(held[..., None, None], np.nan, trials)
    np.testing.assert_allclose(split.train, condition_means(rest), atol=1e-12)
    np.testing.assert_allclose(split.noise, noise_covariance(rest), atol=1e-12)


def test_every_trial_that_is_there_is_held_out_equally_often():
    trials = np.arange(4.0).reshape(4, 1, 1, 1).repeat(2, axis=1)
    trials[1, 0] = np.nan
    held = np.array(
        [s.test.ravel() for s in _splits(np.random.default_rng(0), trials, ("what", "time"), 3000)]
    )
    assert np.bincount(held[:, 0].astype(int), minlength=4) / 3000 == pytest.approx(
        [1 / 3, 0, 1 / 3, 1 / 3], abs=0.03
    )
    assert np.bincount(held[:, 1].astype(int), minlength=4) / 3000 == pytest.approx([0.25] * 4, abs=0.03)


def test_the_error_is_that_of_components_fitted_to_the_other_trials():
    trials = with_missing(planted())
    ridges = [0.0, 0.02, 1.0]
    found = choose_ridge(np.random.default_rng(7), trials, AXES, ridges, components=2, repeats=3)
    for errors, split in zip(found.errors, _splits(np.random.default_rng(7), trials, AXES, 3), strict=True):
        parts, whole = marginals(split.train, AXES), split.train - split.train.mean(axis=(0, 1, 2))
        for error, ridge in zip(errors, ridges, strict=True):
            fit = demix(split.train, parts, 2, ridge, split.noise)
            missed = [
                ((part - fit.read(k, split.test) @ fit.encoders[k]) ** 2).sum() for k, part in parts.items()
            ]
            assert error == pytest.approx(sum(missed) / (whole**2).sum())
    assert found.ridge == ridges[found.errors.mean(axis=0).argmin()]


def test_without_noise_no_ridge_is_wanted_and_the_signal_is_rebuilt():
    found = choose_ridge(np.random.default_rng(0), planted(noise=0.0), AXES)
    assert found.ridge == 0.0
    np.testing.assert_allclose(found.errors[:, 0], 0.0, atol=1e-9)
    assert found.errors.shape == (10, len(found.ridges))


def test_with_two_trials_and_many_neurons_a_ridge_is_wanted():
    """One trial is left of each condition, so its noise is not known and only the ridge protects."""
    trials = planted(noise=3.0, trials=2, n=60)
    found = choose_ridge(np.random.default_rng(0), trials, AXES, [0.0, 0.1], components=1, repeats=4)
    assert found.ridge == 0.1
    assert (found.errors[:, 1] < found.errors[:, 0]).all()


def test_conditions_are_told_apart_from_when_they_differ_and_only_in_what_differs():
    trials, rng = planted(noise=0.8), np.random.default_rng(0)
    course = decoding_course(rng, trials, AXES, "what")
    np.testing.assert_allclose(course[:ONSET].mean(), 1 / 3, atol=0.1)
    assert course[ONSET:].min() > 0.85
    nothing = decoding_course(rng, trials, AXES, "probability")
    assert nothing.mean() == pytest.approx(0.5, abs=0.1)


def test_shuffled_trials_make_the_null_that_only_the_true_signal_exceeds():
    trials, rng = with_missing(planted(noise=1.2)), np.random.default_rng(0)

    def course(r, data):
        return decoding_course(r, data, AXES, "what", repeats=5)

    null = null_of(lambda r: course(r, shuffled_trials(r, trials)), rng, 40)
    assert null.mean() == pytest.approx(1 / 3, abs=0.03)
    seen = above_null(course(rng, trials), null, shortest=3)
    assert not seen[:ONSET].any()
    assert seen[ONSET:].all()


def test_interactions_are_told_apart_where_no_feature_alone_is():
    rng = np.random.default_rng(0)
    xor = np.array([[1.0, -1.0], [-1.0, 1.0]])[:, :, None, None] * np.ones((2, 2, 3, 4))
    trials = xor + 0.1 * rng.standard_normal((6, 2, 2, 3, 4))
    both = decoding_course(rng, trials, AXES, "what x probability")
    assert both.mean() == pytest.approx(0.5, abs=0.12)  # two of the four conditions look the same
    assert decoding_course(rng, trials, AXES, "what").mean() == pytest.approx(0.5, abs=0.2)


@given(seeds)
def test_shuffling_keeps_every_trial_whole_and_what_is_missing_in_place(seed):
    trials = with_missing(planted(trials=5, n=2, seed=seed), seed)
    mixed = shuffled_trials(np.random.default_rng(seed), trials)
    np.testing.assert_array_equal(np.isnan(mixed), np.isnan(trials))
    there = ~np.isnan(trials[..., 0, 0])
    before, after = (sorted(map(tuple, x[there].reshape(there.sum(), -1))) for x in (trials, mixed))
    assert before == after


@given(seeds)
def test_courses_ignore_rotation_scale_and_offset(seed):
    rng = np.random.default_rng(seed)
    trials = planted(noise=1.0, trials=4, n=4, seed=seed)
    turn = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    one = decoding_course(np.random.default_rng(1), trials, AXES, "what", ridge=0.01, repeats=2)
    other = decoding_course(
        np.random.default_rng(1), 3.0 * trials @ turn + 5.0, AXES, "what", ridge=0.01, repeats=2
    )
    np.testing.assert_allclose(one, other, atol=1e-12)


def test_what_cannot_be_validated_is_refused_or_nan():
    trials, rng = planted(), np.random.default_rng(0)
    with pytest.raises(RequestError, match="'time' is no marginal"):
        decoding_course(rng, trials, AXES, "time")
    with pytest.raises(RequestError, match="'where' is no marginal of"):
        decoding_course(rng, trials, AXES, "where")
    with pytest.raises(RequestError, match="one condition only"):
        decoding_course(rng, trials[:, :1], AXES, "what")
    with pytest.raises(RequestError, match=r"last, that of the bins, 'time'"):
        choose_ridge(rng, trials, ("time", "what", "probability"))
    with pytest.raises(RequestError, match="repeats is 0"):
        choose_ridge(rng, trials, AXES, repeats=0)
    with pytest.raises(RequestError, match="1 trial"):
        choose_ridge(rng, trials[:1], AXES)
    with pytest.raises(RequestError, match=r"ridges is \[-1.0\]"):
        choose_ridge(rng, trials, AXES, [-1.0])
    still = choose_ridge(rng, np.ones((3, 2, 4, 5)), ("what", "time"))
    assert np.isnan(still.errors).all()
    assert np.isnan(decoding_course(rng, np.ones((3, 2, 4, 5)), ("what", "time"), "what")).all()
