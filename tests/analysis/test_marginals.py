from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.marginals import (
    condition_means,
    marginal_variances,
    marginals,
    noise_covariance,
    present_trials,
)
from neurogate.errors import RequestError

seeds = st.integers(0, 2**32 - 1)
sizes = st.tuples(*[st.integers(1, 4)] * 4)
AXES = ("what", "probability", "time")


def unequal(seed, shape=(5, 2, 3, 4, 6)):
    """Trials of which some are missing, but at least two of each condition are there."""
    rng = np.random.default_rng(seed)
    trials = rng.standard_normal(shape)
    trials[2:][rng.random((shape[0] - 2, *shape[1:3])) < 0.4] = np.nan
    return trials


@given(seeds, sizes)
def test_marginals_sum_to_the_activity_without_its_mean(seed, shape):
    means = np.random.default_rng(seed).standard_normal(shape) + 9.0
    total = sum(marginals(means, AXES).values())
    np.testing.assert_allclose(total, means - means.mean(axis=(0, 1, 2)), atol=1e-12)


@given(seeds, sizes)
def test_marginals_share_no_covariance(seed, shape):
    parts = marginals(np.random.default_rng(seed).standard_normal(shape), AXES)
    for one, other in itertools.combinations(parts.values(), 2):
        moments = np.tensordot(one, other, axes=((0, 1, 2), (0, 1, 2)))
        np.testing.assert_allclose(moments, 0, atol=1e-11)


@given(seeds)
def test_a_marginal_is_that_of_what_remains_and_of_itself(seed):
    parts = marginals(np.random.default_rng(seed).standard_normal((2, 3, 4, 2)), AXES)
    for name, part in parts.items():
        for again, rest in marginals(part, AXES).items():
            np.testing.assert_allclose(rest, part if again == name else 0.0, atol=1e-12)


def test_without_time_each_set_of_features_stands_alone():
    means = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    parts = marginals(means, ("what", "probability", "bin"))
    names = "what", "probability", "bin", "what x probability", "what x bin", "probability x bin"
    assert tuple(parts) == (*names, "what x probability x bin")
    joined = marginals(means, AXES)
    assert tuple(joined) == ("what", "probability", "time", "what x probability")
    np.testing.assert_allclose(joined["what"], parts["what"] + parts["what x bin"], atol=1e-12)
    np.testing.assert_allclose(joined["time"], parts["bin"], atol=1e-12)


@given(seeds, st.sampled_from([1e-200, 1.0, 1e200]))
def test_shares_of_variance_sum_to_one_and_ignore_scale_rotation_and_offset(seed, scale):
    rng = np.random.default_rng(seed)
    means = rng.standard_normal((2, 3, 4, 5))
    shares = marginal_variances(means, AXES)
    assert sum(shares.values()) == pytest.approx(1.0)
    moved = scale * (means @ np.linalg.qr(rng.standard_normal((5, 5)))[0] + 3.0)
    assert marginal_variances(moved, AXES) == pytest.approx(shares)


def test_an_activity_that_depends_on_one_feature_has_one_marginal():
    means = np.broadcast_to(np.array([1.0, 5.0, 2.0])[:, None, None], (2, 3, 4, 1))
    shares = marginal_variances(means, AXES)
    assert shares == pytest.approx({"what": 0, "probability": 1, "time": 0, "what x probability": 0})


def test_activity_that_is_the_same_everywhere_has_no_shares():
    assert np.isnan(list(marginal_variances(np.full((3, 3, 3, 2), 0.1), AXES).values())).all()


@given(seeds)
def test_means_and_noise_are_those_of_the_trials_that_are_there(seed):
    trials = unequal(seed)
    means, scatter, freedom = condition_means(trials), 0.0, 0
    for what, probability in np.ndindex(2, 3):
        kept = trials[~np.isnan(trials[:, what, probability, 0, 0]), what, probability]
        np.testing.assert_allclose(means[what, probability], kept.mean(axis=0), atol=1e-12)
        for t in range(4):
            scatter = scatter + np.cov(kept[:, t].T) * (len(kept) - 1)
            freedom += len(kept) - 1
    np.testing.assert_allclose(noise_covariance(trials), scatter / freedom, atol=1e-12)


def test_missing_trials_are_known_and_trials_that_are_broken_are_refused():
    trials = unequal(0)
    np.testing.assert_array_equal(present_trials(trials), ~np.isnan(trials[..., 0, 0]))
    broken = trials.copy()
    broken[0, 0, 0, 1, 2] = np.nan
    with pytest.raises(RequestError, match="NaN in some bins and neurons only"):
        condition_means(broken)
    broken[0, 0, 0, 1, 2] = np.inf
    with pytest.raises(RequestError, match="A trial holds infinity"):
        condition_means(broken)


def test_too_few_trials_or_names_are_refused():
    trials = unequal(0)
    trials[1:, 1, 2] = np.nan
    with pytest.raises(RequestError, match=r"A condition has 1 trial\(s\), and at least 2"):
        noise_covariance(trials)
    trials[0, 1, 2] = np.nan
    with pytest.raises(RequestError, match=r"A condition has 0 trial\(s\), and at least 1"):
        condition_means(trials)
    with pytest.raises(RequestError, match=r"conditions..., T, N"):
        condition_means([[1.0, 2.0]])
    with pytest.raises(RequestError, match="every combination of conditions"):
        marginals([[0.0, np.nan]], ["what"])
    for axes in (["what"], ["what", "what"], "ab"):
        with pytest.raises(RequestError, match="one name, each another"):
            marginals(np.zeros((2, 2, 3)), axes)
