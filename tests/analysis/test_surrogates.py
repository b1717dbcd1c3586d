from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.surrogates import above_null, null_of, random_subspaces, shuffled
from neurogate.errors import RequestError

seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.integers(1, 6))
def test_a_draw_does_not_depend_on_how_many_follow(seed, draws):
    def null(n):
        return null_of(lambda rng: rng.standard_normal(2), np.random.default_rng(seed), n)

    np.testing.assert_array_equal(null(draws), null(draws + 3)[:draws])


def test_draws_differ_and_keep_the_shape_of_the_statistic():
    null = null_of(lambda rng: rng.random((2, 3)), np.random.default_rng(0), 50)
    assert null.shape == (50, 2, 3)
    assert len(np.unique(null)) == 300


@given(seeds, st.lists(st.sampled_from("abc"), min_size=1, max_size=20))
def test_labels_stay_in_their_group_and_none_is_lost(seed, groups):
    labels = np.arange(len(groups))
    mixed = shuffled(np.random.default_rng(seed), labels, within=groups)
    for group in set(groups):
        place = np.array(groups) == group
        assert sorted(mixed[place]) == labels[place].tolist()


def test_every_order_of_labels_is_equally_likely():
    rng = np.random.default_rng(0)
    orders = [tuple(shuffled(rng, [0, 1, 2]).tolist()) for _ in range(6000)]
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 6
    assert ((counts - 1000) ** 2 / 1000).sum() < 20.5  # chi-squared, 5 degrees of freedom, p = 0.001


@given(seeds, st.integers(1, 4))
def test_random_subspaces_are_orthonormal_and_lie_in_the_samples(seed, dims):
    rng = np.random.default_rng(seed)
    samples = rng.standard_normal((3, 10, 4)) @ rng.standard_normal((4, 9)) + 5.0
    found = random_subspaces(rng, samples, dims, draws=3)
    np.testing.assert_allclose(found @ found.transpose(0, 2, 1), np.tile(np.eye(dims), (3, 1, 1)), atol=1e-9)
    deviations = (samples - samples.mean(axis=(0, 1))).reshape(-1, 9)
    outside = np.eye(9) - np.linalg.pinv(deviations) @ deviations
    np.testing.assert_allclose(found @ outside, 0, atol=1e-9)


def test_random_directions_follow_the_covariance_of_the_samples():
    """A direction drawn from N(0, diag(s, 1)) has |x / y| below sqrt(s) in half of all draws."""
    rng = np.random.default_rng(1)
    samples = np.add([[4.0, 0.0], [-4.0, 0.0], [0.0, 1.0], [0.0, -1.0]], [7.0, -2.0])
    directions = random_subspaces(rng, samples, dims=1, draws=4000)[:, 0]
    assert np.median(np.abs(directions[:, 0] / directions[:, 1])) == pytest.approx(4.0, rel=0.06)


def test_more_directions_than_the_samples_have_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(RequestError, match=r"vary in 2 direction.*dims from 1 to 2"):
        random_subspaces(rng, np.eye(3), 3, 1)
    with pytest.raises(RequestError, match="All samples are equal"):
        random_subspaces(rng, np.ones((4, 3)), 1, 1)


def test_only_runs_that_are_long_enough_are_above_the_null():
    course = [2.0, 0.0, 2.0, 2.0, 0.0, 2.0, 2.0, 2.0]
    null = np.ones((5, 8))
    assert above_null(course, null, shortest=1).tolist() == [True, False, True, True, False, True, True, True]
    assert above_null(course, null, shortest=2).tolist() == [
        False,
        False,
        True,
        True,
        False,
        True,
        True,
        True,
    ]
    assert above_null(course, null, shortest=3).tolist() == [False] * 5 + [True] * 3
    assert not above_null(course, null, shortest=4).any()


def test_equal_is_not_above_and_undefined_never_is():
    assert above_null([1.0, np.nan, 1.1], [[1.0, 0.0, 1.0]]).tolist() == [False, False, True]


def test_the_level_is_a_quantile_of_the_null():
    null = np.arange(101.0)[:, None]
    assert above_null([95.5], null, level=0.95).all()
    assert not above_null([94.5], null, level=0.95).any()


def test_an_impossible_null_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(RequestError, match="0 draws"):
        null_of(lambda rng: rng.random(), rng, 0)
    with pytest.raises(RequestError, match="2 labels"):
        shuffled(rng, [1, 2], within=[1])
    with pytest.raises(RequestError, match=r"null \(draws, T\)"):
        above_null([1.0, 2.0], [[1.0]])
    with pytest.raises(RequestError, match="shortest of at least 1"):
        above_null([1.0], [[1.0]], shortest=0)
