from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.maximum_entropy import maximum_entropy
from neurogate.analysis.rotations import rotations
from neurogate.analysis.surrogates import null_of
from neurogate.errors import RequestError, RunError

seeds = st.integers(0, 2**32 - 1)


def smooth(seed, shape=(4, 12, 6)):
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.standard_normal(shape), axis=-2)
    return walk @ (rng.standard_normal((shape[-1],) * 2) * np.arange(1, shape[-1] + 1) ** -1.0) + 20.0


def moments(rest, axis):
    rows = np.moveaxis(rest, axis, 0).reshape(rest.shape[axis], -1)
    return rows @ rows.T


@given(seeds, st.sampled_from([(4, 12, 6), (2, 3, 5, 4), (7, 5)]), st.sampled_from([1e-200, 1.0, 1e200]))
def test_the_covariance_over_each_axis_is_that_of_the_activity(seed, shape, scale):
    activity = smooth(seed, shape)
    found = maximum_entropy(scale * activity)
    rest = activity - found.mean / scale
    for axis, vectors in enumerate(found.axes):
        others = tuple(set(range(rest.ndim)) - {axis})
        held = vectors * ((found.spread / scale) ** 2).sum(axis=others) @ vectors.T
        expected = moments(rest, axis)
        np.testing.assert_allclose(held, expected, atol=1e-5 * np.trace(expected))


@given(seeds)
def test_the_inverse_of_the_eigenvalues_is_a_sum_over_axes_which_makes_the_entropy_greatest(seed):
    inverse = maximum_entropy(smooth(seed)).spread ** -2.0
    mixed = inverse - inverse[:1] - inverse[:, :1] + inverse[:1, :1]
    np.testing.assert_allclose(mixed, 0.0, atol=1e-9 * inverse.max())


def test_no_other_eigenvalues_with_the_same_sums_have_more_entropy():
    found = maximum_entropy(smooth(0, (4, 5)))
    values = found.spread**2
    sums = [values.sum(axis=1), values.sum(axis=0)]

    def short(flat):
        given = flat.reshape(values.shape)
        return np.concatenate([given.sum(axis=1) - sums[0], (given.sum(axis=0) - sums[1])[:-1]])

    best = scipy.optimize.minimize(
        lambda flat: -np.log(flat).sum(),
        np.outer(*sums).ravel() / values.sum(),
        jac=lambda flat: -1 / flat,
        bounds=[(1e-9 * values.max(), None)] * values.size,
        constraints={"type": "eq", "fun": short},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 2000},
    )
    assert np.log(values).sum() >= -best.fun - 1e-6
    np.testing.assert_allclose(best.x.reshape(values.shape), values, rtol=1e-2)


def test_draws_have_the_means_and_covariances_of_the_activity():
    activity, rng = smooth(1), np.random.default_rng(0)
    found = maximum_entropy(activity)
    drawn = np.array([found.draw(rng) for _ in range(2000)])
    error = drawn.std(axis=0) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - found.mean) < 5 * error).all()
    for axis in range(3):
        kept = tuple(a for a in range(3) if a != axis)
        for each in drawn[:5]:
            np.testing.assert_allclose(each.mean(axis=kept), activity.mean(axis=kept), atol=1e-9)
        expected = moments(activity - found.mean, axis)
        held = np.mean([moments(each - found.mean, axis) for each in drawn], axis=0)
        np.testing.assert_allclose(held, expected, atol=0.05 * np.trace(expected))


def test_means_are_what_the_axes_contribute_by_themselves():
    activity = smooth(2)
    found = maximum_entropy(activity)
    rest = activity - found.mean
    for axis in range(3):
        np.testing.assert_allclose(rest.mean(axis=axis), 0.0, atol=1e-9)
    grand = activity.mean()
    effects = [activity.mean(axis=kept, keepdims=True) - grand for kept in ((1, 2), (0, 2), (0, 1))]
    pairs = [activity.mean(axis=k, keepdims=True) for k in range(3)]
    expected = sum(pairs) - sum(effects) - 2 * grand
    np.testing.assert_allclose(found.mean, expected, atol=1e-9)


def test_activity_of_the_axes_by_themselves_is_its_own_only_surrogate():
    activity = np.add.outer(np.add.outer([1.0, 5.0], [0.1, 0.2, 0.7]), [3.0, 1.0])
    found = maximum_entropy(activity)
    np.testing.assert_allclose(found.draw(np.random.default_rng(0)), activity, atol=1e-12)


def test_planted_rotations_exceed_their_surrogates_and_a_surrogate_does_not():
    rng = np.random.default_rng(0)
    time, phase = np.arange(40) * 0.01, rng.uniform(0, 2 * np.pi, (2, 12, 1))
    turned = [2 * np.pi * f * time + p for f, p in zip((2.0, 3.0), phase, strict=True)]
    state = np.stack([wave(angle) for angle in turned for wave in (np.cos, np.sin)], axis=-1)
    turning = state @ rng.standard_normal((4, 10)) + 0.05 * rng.standard_normal((12, 40, 10))

    def rotation(activity):
        return rotations(activity, bin_ms=10.0, dims=4).r2_rotation

    found = maximum_entropy(turning)
    assert rotation(turning) > null_of(lambda r: rotation(found.draw(r)), rng, 60).max()
    innocent = found.draw(rng)
    again = maximum_entropy(innocent)
    null = null_of(lambda r: rotation(again.draw(r)), rng, 60)
    assert null.min() < rotation(innocent) < null.max()


def test_what_is_not_matched_is_said(monkeypatch):
    monkeypatch.setattr("neurogate.analysis.maximum_entropy._LONGEST", 1)
    with pytest.raises(RunError, match="leading principal components"):
        maximum_entropy(smooth(0))


def test_what_has_no_covariance_is_refused():
    for bad in (np.ones(3), np.ones((0, 3)), [[1.0, np.nan], [0.0, 1.0]]):
        with pytest.raises(RequestError, match="conditions x time x neurons"):
            maximum_entropy(bad)
