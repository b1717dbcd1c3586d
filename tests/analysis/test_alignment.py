from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.alignment import (
    alignment_index,
    alignment_null,
    angle_course,
    captured_variance,
    overlap,
)
from neurogate.analysis.subspaces import principal_angles, principal_components
from neurogate.errors import RequestError

seeds = st.integers(0, 2**32 - 1)


def tilted(angle_deg, n=12):
    """Two planes in n dimensions whose principal angles are both `angle_deg`, in a random orientation."""
    theta = np.deg2rad(angle_deg)
    a = np.eye(n)[:2]
    b = np.cos(theta) * np.eye(n)[:2] + np.sin(theta) * np.eye(n)[2:4]
    rotation, _ = np.linalg.qr(np.random.default_rng(3).standard_normal((n, n)))
    return a @ rotation, b @ rotation


def two_activities(seed, n=7):
    rng = np.random.default_rng(seed)
    mixed = [rng.standard_normal((30, n)) @ rng.standard_normal((n, n)) for _ in range(2)]
    return (*mixed, rng)


@pytest.mark.parametrize("angle_deg", [0.0, 20.0, 45.0, 73.0, 90.0])
def test_planes_at_a_known_angle_share_the_squared_cosine(angle_deg):
    a, b = tilted(angle_deg)
    expected = np.cos(np.deg2rad(angle_deg)) ** 2
    coefficients = np.random.default_rng(0).standard_normal((40, 2)) + 5.0
    assert overlap(a, b) == pytest.approx(expected, abs=1e-12)
    assert captured_variance(coefficients @ a, b) == pytest.approx(expected, abs=1e-12)
    assert alignment_index(coefficients @ a, coefficients @ b, dims=2) == pytest.approx(expected, abs=1e-12)


@given(seeds, st.integers(1, 7))
def test_an_activity_is_aligned_with_itself_and_its_components_capture_their_variance(seed, dims):
    a, _, _ = two_activities(seed)
    found = principal_components(a)
    share = found.variances[:dims].sum() / found.variances.sum()
    assert alignment_index(a, a, dims) == pytest.approx(1.0)
    assert captured_variance(a, found.components[:dims]) == pytest.approx(share)


@given(seeds, st.integers(1, 6))
def test_the_index_is_the_captured_variance_as_a_part_of_the_most_that_can_be(seed, dims):
    a, b, _ = two_activities(seed)
    most = captured_variance(a, principal_components(a).components[:dims])
    there = captured_variance(a, principal_components(b).components[:dims])
    assert alignment_index(a, b, dims) == pytest.approx(there / most)
    assert 0 <= alignment_index(a, b, dims) <= 1 + 1e-12


@given(seeds, st.sampled_from([1e-200, 1e-3, 1.0, 1e200]))
def test_measures_ignore_rotation_order_of_neurons_scale_and_offset(seed, scale):
    a, b, rng = two_activities(seed)
    rotation, _ = np.linalg.qr(rng.standard_normal((7, 7)))
    for move in (rotation, np.eye(7)[rng.permutation(7)]):
        assert overlap(scale * a[:3] @ move, b[:2] @ move) == pytest.approx(overlap(a[:3], b[:2]))
        moved = (scale * (a + 3.0) @ move, scale * (b - 1.0) @ move)
        assert alignment_index(*moved, dims=3) == pytest.approx(alignment_index(a, b, dims=3))
        assert captured_variance(moved[0], b[:2] @ move) == pytest.approx(captured_variance(a, b[:2]))


@given(seeds, st.integers(1, 4), st.integers(1, 4))
def test_overlap_is_symmetric_and_that_of_the_projections(seed, p, q):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((p, 9)), rng.standard_normal((q, 9))
    projections = [np.linalg.pinv(rows) @ rows for rows in (a, b)]
    expected = np.trace(projections[0] @ projections[1]) / min(p, q)
    assert overlap(a, b) == pytest.approx(expected)
    assert overlap(b, a) == pytest.approx(expected)


def test_random_subspaces_overlap_by_the_larger_dimension_over_the_neurons():
    rng = np.random.default_rng(0)
    drawn = [overlap(rng.standard_normal((2, 20)), rng.standard_normal((5, 20))) for _ in range(2000)]
    assert np.mean(drawn) == pytest.approx(5 / 20, abs=0.006)


def test_in_a_round_cloud_any_directions_hold_as_much_as_the_leading_ones():
    cloud = np.vstack([np.eye(10), -np.eye(10)])
    null = alignment_null(np.random.default_rng(0), cloud, cloud, dims=4, draws=50)
    np.testing.assert_allclose(null, 1.0, rtol=1e-12)


def test_the_null_is_the_index_of_subspaces_drawn_with_the_joint_covariance():
    a, b, rng = two_activities(4)
    joint = np.cov(a.T) + np.cov(b.T)
    power = np.linalg.eigvalsh(np.cov(a.T))[-3:].sum()
    bases = [np.linalg.qr(rng.multivariate_normal(np.zeros(7), joint, 3).T)[0] for _ in range(2000)]
    expected = [np.trace(basis.T @ np.cov(a.T) @ basis) / power for basis in bases]
    null = alignment_null(rng, a, b, dims=3, draws=2000)
    assert scipy.stats.ks_2samp(null, expected).pvalue > 1e-3


def test_the_null_of_shared_low_dimensional_activity_is_high_and_disjoint_activity_lies_below_it():
    rng = np.random.default_rng(0)
    a, b = np.zeros((2, 60, 40))
    a[:, :3], b[:, 3:6] = rng.standard_normal((2, 60, 3))
    null = alignment_null(rng, a, b, dims=3, draws=300)
    assert alignment_index(a, b, dims=3) == pytest.approx(0.0, abs=1e-12)
    assert null.min() > 0.02
    assert null.mean() == pytest.approx(0.5, abs=0.05)


def test_the_null_follows_the_stronger_activity():
    rng = np.random.default_rng(0)
    a, b = np.zeros((2, 60, 8))
    a[:, :3], b[:, 3:6] = rng.standard_normal((2, 60, 3))
    assert alignment_null(rng, a, 1e-200 * b, dims=3, draws=5) == pytest.approx(1.0)
    assert alignment_null(rng, 1e-200 * a, b, dims=3, draws=5) == pytest.approx(0.0)


def test_undefined_indices_and_their_nulls_are_nan():
    rng = np.random.default_rng(0)
    a, still, line = rng.standard_normal((9, 4)), np.ones((9, 4)), np.outer(np.arange(9.0), np.ones(4))
    assert np.isnan(captured_variance(still, np.eye(4)[:1]))
    assert np.isnan(alignment_index(a, still, 1))
    assert np.isnan(alignment_index(still, a, 1))
    assert np.isnan(alignment_index(a, line, 2))
    assert np.isnan(alignment_null(rng, a, line, 2, draws=3)).all()
    assert np.isnan(overlap(np.zeros((1, 4)), np.eye(4)))


def test_a_constant_neuron_changes_nothing():
    a, b, _ = two_activities(0)
    with_constant = [np.hstack([x, np.full((30, 1), 4.0)]) for x in (a, b)]
    assert alignment_index(*with_constant, dims=3) == pytest.approx(alignment_index(a, b, dims=3))


def test_too_few_trials_for_the_dimensions_and_other_neurons_are_refused():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((4, 10)), rng.standard_normal((20, 10))
    with pytest.raises(RequestError, match=r"5 components .* 4 and 20 samples .* dims from 1 to 3"):
        alignment_index(a, b, 5)
    with pytest.raises(RequestError, match="at most 3"):
        alignment_index(b, a, 0)
    with pytest.raises(RequestError, match=r"10 columns, the other 9"):
        alignment_index(a, b[:, :9], 1)
    with pytest.raises(RequestError, match=r"10 columns, the other 9"):
        captured_variance(a, b[:, :9])
    with pytest.raises(RequestError, match="one row per direction"):
        captured_variance(a, b[0])
    with pytest.raises(RequestError, match="b holds NaN"):
        alignment_index(a, np.full((4, 10), np.nan), 1)


def test_a_subspace_that_turns_is_followed_back_to_where_it_began():
    steps_deg = np.array([0.0, 10.0, 35.0, 60.0])
    weights = np.stack([tilted(angle)[1] for angle in steps_deg])
    np.testing.assert_allclose(angle_course(weights, weights[0]), np.tile(steps_deg[:, None], 2), atol=1e-9)
    np.testing.assert_allclose(angle_course(weights, weights[-1])[:, 0], 60.0 - steps_deg, atol=1e-9)
    np.testing.assert_allclose(
        angle_course(weights[1:], weights[:-1]), np.tile(np.diff(steps_deg)[:, None], 2), atol=1e-9
    )


def test_each_time_has_the_angles_that_it_has_alone():
    rng = np.random.default_rng(0)
    when, what = rng.standard_normal((5, 1, 9)), rng.standard_normal((5, 3, 9))
    expected = [principal_angles(a, b) for a, b in zip(when, what, strict=True)]
    np.testing.assert_array_equal(angle_course(when, what), expected)


def test_angles_that_do_not_exist_yet_are_nan_and_bad_stacks_are_refused():
    weights = np.zeros((3, 2, 4))
    weights[1, 0, 0] = weights[2, 0, 0] = weights[2, 1, 1] = 1.0
    course = angle_course(weights, weights[-1])
    np.testing.assert_array_equal(np.isnan(course), [[True, True], [False, True], [False, False]])
    with pytest.raises(RequestError, match="as many times"):
        angle_course(weights, weights[:2])
    with pytest.raises(RequestError, match=r"a \(T, p, N\)"):
        angle_course(weights[0], weights[0])
    with pytest.raises(RequestError, match="same number of columns"):
        angle_course(weights, np.eye(5))
