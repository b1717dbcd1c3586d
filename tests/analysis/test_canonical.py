from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cross_decomposition import CCA

from neurogate.analysis.canonical import canonical_correlations, shuffled_correlations
from neurogate.errors import RequestError

seeds = st.integers(0, 2**32 - 1)


def planted(rng, correlations, samples=4000, n=6, m=5):
    """Two activities whose latent variables are correlated pairwise as given, seen through random neurons."""
    rho = np.array(correlations)
    first = rng.standard_normal((samples, rho.size))
    second = rho * first + np.sqrt(1 - rho**2) * rng.standard_normal((samples, rho.size))
    first = np.hstack([first, rng.standard_normal((samples, n - rho.size))])
    second = np.hstack([second, rng.standard_normal((samples, m - rho.size))])
    return first @ rng.standard_normal((n, n)) + 3.0, second @ rng.standard_normal((m, m)) - 8.0


def test_planted_correlations_are_found():
    found = canonical_correlations(*planted(np.random.default_rng(0), [0.95, 0.7, 0.4]))
    np.testing.assert_allclose(found.correlations[:3], [0.95, 0.7, 0.4], atol=0.03)
    assert found.correlations[3:].max() < 0.06


@pytest.mark.parametrize("seed", range(3))
def test_correlations_and_variates_agree_with_scikit_learn(seed):
    a, b = planted(np.random.default_rng(seed), [0.95, 0.7, 0.4], samples=300)
    found = canonical_correlations(a, b)
    oracle = CCA(n_components=3, scale=False, max_iter=20_000, tol=1e-14).fit(a, b)
    ours = [(x - mean) @ weights.T for x, mean, weights in zip((a, b), found[1:3], found[3:], strict=True)]
    for mine, theirs in zip(ours, oracle.transform(a, b), strict=True):
        together = [abs(np.corrcoef(mine[:, k], theirs[:, k])[0, 1]) for k in range(3)]
        np.testing.assert_allclose(together, 1.0, atol=1e-9)
    theirs = [np.corrcoef(u, v)[0, 1] for u, v in zip(*(x.T for x in oracle.transform(a, b)), strict=True)]
    np.testing.assert_allclose(found.correlations[:3], theirs, atol=1e-9)


@given(seeds, st.integers(1, 4), st.integers(1, 4))
def test_variates_have_unit_variance_and_correlate_with_their_partner_only(seed, n, m):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((3, 10, n)), rng.standard_normal((3, 10, m))
    found = canonical_correlations(a, b)
    u, v = (a - found.a_mean) @ found.a_weights.T, (b - found.b_mean) @ found.b_weights.T
    joint = np.cov(np.hstack([u.reshape(30, -1), v.reshape(30, -1)]).T)
    k = min(n, m)
    expected = np.block([[np.eye(k), np.diag(found.correlations)], [np.diag(found.correlations), np.eye(k)]])
    np.testing.assert_allclose(joint, expected, atol=1e-9)
    assert (np.diff(found.correlations) <= 1e-12).all()


@given(seeds, st.sampled_from([1e-150, 1e-3, 1.0, 1e150]))
def test_correlations_ignore_any_invertible_change_of_neurons_and_the_sides(seed, scale):
    rng = np.random.default_rng(seed)
    a, b = planted(rng, [0.9, 0.3], samples=40, n=4, m=3)
    expected = canonical_correlations(a, b).correlations
    rotation = np.linalg.qr(rng.standard_normal((4, 4)))[0] * np.geomspace(1, 20, 4)
    moved = canonical_correlations(scale * (a + 1.0) @ rotation, b[:, ::-1]).correlations
    np.testing.assert_allclose(moved, expected, atol=1e-9)
    np.testing.assert_allclose(canonical_correlations(b, a).correlations, expected, atol=1e-12)


def test_a_neuron_that_is_constant_or_given_twice_changes_nothing():
    a, b = planted(np.random.default_rng(0), [0.9, 0.3], samples=50, n=3, m=3)
    more = np.hstack([a, np.full((50, 1), 7.0), a[:, :1]])
    found = canonical_correlations(more, b)
    np.testing.assert_allclose(found.correlations, canonical_correlations(a, b).correlations, atol=1e-12)
    np.testing.assert_allclose(found.a_weights[:, 3], 0.0, atol=1e-12)
    assert canonical_correlations(np.ones((50, 2)), b).correlations.size == 0


def test_a_side_is_reduced_to_its_leading_components():
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((100, 2)) * [10.0, 0.1]
    b = shared + 0.001 * rng.standard_normal((100, 2))
    assert canonical_correlations(shared, b, dims=1).correlations.shape == (1,)
    assert canonical_correlations(shared, b, dims=1).correlations[0] > 0.999
    assert canonical_correlations(shared, b, dims=5).correlations.size == 2


def test_independent_activity_is_no_more_correlated_than_when_its_trials_are_shuffled():
    rng = np.random.default_rng(0)
    exceeded = []
    for _ in range(100):
        a, b = rng.standard_normal((25, 3)), rng.standard_normal((25, 2))
        null = shuffled_correlations(rng, a, b, draws=19)
        exceeded.append(canonical_correlations(a, b).correlations[0] > null[:, 0].max())
    assert np.mean(exceeded) == pytest.approx(1 / 20, abs=0.06)


def test_a_draw_is_the_correlation_of_trials_in_another_order():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((6, 5, 3)), rng.standard_normal((6, 5, 2))
    order = np.random.default_rng(4).permutation(6)
    expected = canonical_correlations(a, b[order]).correlations
    null = shuffled_correlations(np.random.default_rng(4), a, b, draws=1)
    np.testing.assert_allclose(null[0], expected, atol=1e-12)
    assert shuffled_correlations(rng, a, np.ones((6, 5, 2)), draws=4).shape == (4, 0)
    with pytest.raises(RequestError, match="at least 6 samples"):
        shuffled_correlations(rng, a[:1], b[:1], draws=1)


def test_a_time_course_that_all_trials_share_survives_the_shuffle():
    rng = np.random.default_rng(0)
    course = np.sin(np.linspace(0, 6, 30))[:, None] * np.ones(2)
    a, b = (course + 0.3 * rng.standard_normal((12, 30, 2)) for _ in range(2))
    assert shuffled_correlations(rng, a, b, draws=20)[:, 0].min() > 0.7
    pooled = shuffled_correlations(rng, a.reshape(-1, 2), b.reshape(-1, 2), draws=20)
    assert pooled[:, 0].max() < 0.3


def test_what_cannot_be_correlated_is_refused():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((10, 6)), rng.standard_normal((10, 4))
    with pytest.raises(RequestError, match=r"10 samples .* 6 and 4 .* at least 11 samples"):
        canonical_correlations(a, b)
    assert canonical_correlations(a, b[:, :3]).correlations.max() < 1
    assert canonical_correlations(a, b, dims=2).correlations.size == 2
    with pytest.raises(RequestError, match="all axes but the last"):
        canonical_correlations(a, b[1:])
    with pytest.raises(RequestError, match="dims is 0"):
        canonical_correlations(a, b, dims=0)
    with pytest.raises(RequestError, match="b holds NaN"):
        canonical_correlations(a, np.where(b > 1, np.nan, b))
