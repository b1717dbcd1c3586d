from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.reduced_rank import reduced_rank_map, second_moments
from neurogate.errors import RequestError

seeds = st.integers(0, 2**32 - 1)


def problem(seed, samples=30, n=4, m=3):
    rng = np.random.default_rng(seed)
    mix = rng.standard_normal((n, n))
    return rng.standard_normal((samples, n)) @ mix, rng.standard_normal((samples, m)), mix @ mix.T


@given(seeds)
def test_a_map_of_full_rank_is_ridge_regression(seed):
    x, y, noise = problem(seed)
    decoders, encoders = reduced_rank_map(second_moments(x, noise), x, y, components=3, ridge=0.2)
    penalty = 30 * noise + 0.2 * (x**2).sum() * np.eye(4)
    np.testing.assert_allclose(decoders.T @ encoders, np.linalg.solve(x.T @ x + penalty, x.T @ y), atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_no_map_of_the_same_rank_costs_less(seed):
    x, y, noise = problem(seed)
    penalty = 30 * noise + 0.2 * (x**2).sum() * np.eye(4)

    def cost(numbers):
        whole = np.outer(numbers[:4], numbers[4:])
        return ((y - x @ whole) ** 2).sum() + np.trace(whole.T @ penalty @ whole)

    found = reduced_rank_map(second_moments(x, noise), x, y, components=1, ridge=0.2)
    start = np.concatenate([rows[0] for rows in found])
    rng = np.random.default_rng(seed)
    others = [scipy.optimize.minimize(cost, rng.standard_normal(7)).fun for _ in range(3)]
    assert cost(start) <= min(others) * (1 + 1e-9)


@given(seeds, st.integers(1, 3))
def test_encoders_are_orthonormal_and_a_smaller_map_is_the_beginning_of_a_larger(seed, components):
    x, y, _ = problem(seed)
    decoders, encoders = reduced_rank_map(second_moments(x), x, y, components)
    np.testing.assert_allclose(encoders @ encoders.T, np.eye(components), atol=1e-12)
    assert (np.take_along_axis(encoders, np.abs(encoders).argmax(axis=1)[:, None], axis=1) > 0).all()
    for part, whole in zip((decoders, encoders), reduced_rank_map(second_moments(x), x, y, 3), strict=True):
        np.testing.assert_allclose(part, whole[:components], atol=1e-9)


def test_a_planted_map_of_low_rank_is_found_and_needs_no_more_dimensions():
    rng = np.random.default_rng(0)
    x, planted = rng.standard_normal((50, 6)), rng.standard_normal((6, 2)) @ rng.standard_normal((2, 5))
    decoders, encoders = reduced_rank_map(second_moments(x), x, x @ planted, components=4)
    assert len(decoders) == len(encoders) == 2
    np.testing.assert_allclose(decoders.T @ encoders, planted, atol=1e-12)


def test_with_fewer_samples_than_neurons_the_smallest_map_is_taken():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((5, 9)), rng.standard_normal((5, 2))
    decoders, encoders = reduced_rank_map(second_moments(x), x, y, components=2)
    np.testing.assert_allclose(decoders.T @ encoders, np.linalg.pinv(x) @ y, atol=1e-9)


def test_activity_without_variance_predicts_nothing_and_bad_noise_is_refused():
    still = np.zeros((5, 3))
    assert reduced_rank_map(second_moments(still), still, np.ones((5, 2)), 2)[0].shape == (0, 3)
    with pytest.raises(RequestError, match=r"noise has shape \(2, 2\)"):
        second_moments(still, np.eye(2))
