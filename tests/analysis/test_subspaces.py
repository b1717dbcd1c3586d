from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from neurogate.analysis.subspaces import (
    angle_between,
    dimensions_for,
    participation_ratio,
    principal_angles,
    principal_components,
)
from neurogate.errors import RequestError

seeds = st.integers(0, 2**32 - 1)
dimensions = st.integers(1, 4)
TIGHT_DEG = 1e-6


def two_subspaces(seed, p, q, n=9):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((p, n)), rng.standard_normal((q, n)), rng


@given(seeds, dimensions, dimensions)
def test_angles_agree_with_scipy(seed, p, q):
    a, b, _ = two_subspaces(seed, p, q)
    expected = np.rad2deg(scipy.linalg.subspace_angles(a.T, b.T))[::-1]
    np.testing.assert_allclose(principal_angles(a, b), expected, atol=TIGHT_DEG)


@given(seeds, dimensions, dimensions)
def test_angles_are_symmetric(seed, p, q):
    a, b, _ = two_subspaces(seed, p, q)
    np.testing.assert_allclose(principal_angles(a, b), principal_angles(b, a), atol=TIGHT_DEG)


@given(seeds, dimensions, dimensions)
def test_angles_ignore_a_rotation_of_the_whole_space(seed, p, q):
    a, b, rng = two_subspaces(seed, p, q)
    rotation, _ = np.linalg.qr(rng.standard_normal((9, 9)))
    np.testing.assert_allclose(
        principal_angles(a @ rotation, b @ rotation), principal_angles(a, b), atol=TIGHT_DEG
    )


@given(seeds, dimensions, dimensions)
def test_angles_ignore_the_choice_of_basis_and_rows_that_add_nothing(seed, p, q):
    a, b, rng = two_subspaces(seed, p, q)
    mix = np.linalg.qr(rng.standard_normal((p, p)))[0] * np.geomspace(1, 30, p)
    redundant = np.vstack([mix @ a, a.sum(axis=0), np.zeros(9)])
    np.testing.assert_allclose(principal_angles(redundant, b), principal_angles(a, b), atol=TIGHT_DEG)


@given(seeds, dimensions)
def test_a_subspace_makes_no_angle_with_itself_or_what_contains_it(seed, p):
    a, b, _ = two_subspaces(seed, p, 2)
    np.testing.assert_allclose(principal_angles(a, np.vstack([b, a])), np.zeros(p), atol=TIGHT_DEG)


def test_orthogonal_subspaces_are_at_right_angles():
    np.testing.assert_array_equal(principal_angles(np.eye(6)[:2], np.eye(6)[3:]), [90.0, 90.0])


@pytest.mark.parametrize("angle_deg", [1e-12, 1e-7, 1e-3, 44.9, 45.1, 89.999])
def test_angles_of_every_size_are_accurate(angle_deg):
    theta = np.deg2rad(angle_deg)
    tilted = [[np.cos(theta), np.sin(theta), 0.0]]
    np.testing.assert_allclose(principal_angles([[1.0, 0.0, 0.0]], tilted), [angle_deg], rtol=1e-11)


@pytest.mark.parametrize("length", [1e-200, 1.0, 1e200])
def test_the_length_of_a_row_says_nothing_about_its_direction(length):
    rows = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, length]])
    assert principal_angles(rows, [[0.0, 1.0, 0.0]])[0] == pytest.approx(45.0)
    assert principal_angles(rows, [[0.0, 0.0, 1.0]])[0] == pytest.approx(0.0)


def test_angles_are_ascending_and_as_many_as_the_smaller_rank():
    angles = principal_angles(np.eye(4)[:2], [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 2]])
    np.testing.assert_allclose(angles, [45.0, 90.0])
    assert principal_angles(np.zeros((2, 4)), np.eye(4)).size == 0


@given(seeds, st.integers(1, 4))
def test_angle_between_is_the_angle_to_the_projection(seed, k):
    u, w, _ = two_subspaces(seed, 1, k)
    projected = np.linalg.lstsq(w.T, u[0], rcond=None)[0] @ w
    cosine = np.linalg.norm(projected) / np.linalg.norm(u)
    assert np.cos(np.deg2rad(angle_between(u[0], w))) == pytest.approx(cosine, abs=1e-12)


def test_the_angle_to_nothing_is_nan():
    assert np.isnan(angle_between([1.0, 0.0], [[0.0, 0.0]]))
    assert np.isnan(angle_between([0.0, 0.0], [[1.0, 0.0]]))


def test_shapes_that_disagree_and_values_that_are_not_finite_are_refused():
    with pytest.raises(RequestError, match="same number of columns"):
        principal_angles(np.eye(3), np.eye(4))
    with pytest.raises(RequestError, match="NaN or infinity"):
        angle_between([1.0, np.nan], [[1.0, 0.0]])


@given(seeds, st.integers(2, 8), st.integers(1, 8))
def test_participation_ratio_is_that_of_the_covariance_eigenvalues(seed, s, n):
    samples = np.random.default_rng(seed).standard_normal((s, n)) * np.arange(1, n + 1)
    values = np.linalg.eigvalsh(np.atleast_2d(np.cov(samples.T)))
    expected = values.sum() ** 2 / (values**2).sum()
    assert participation_ratio(samples) == pytest.approx(expected, rel=1e-9)
    assert 1 - 1e-9 <= participation_ratio(samples) <= min(s - 1, n) + 1e-9


def test_participation_ratio_is_one_on_a_line_n_in_a_round_cloud_and_ignores_scale_and_offset():
    line = np.outer([0.0, 1.0, 5.0, -2.0], [1.0, 2.0, 3.0])
    assert participation_ratio(1e200 * line) == pytest.approx(1.0)
    cross = np.vstack([np.eye(3), -np.eye(3)])
    assert participation_ratio(1e-200 * cross) == pytest.approx(3.0)
    assert participation_ratio(cross + 7.0) == pytest.approx(3.0)
    assert np.isnan(participation_ratio(np.ones((4, 3))))


@given(seeds, st.integers(2, 8), st.integers(1, 8))
def test_components_are_orthonormal_sorted_and_rebuild_the_samples(seed, s, n):
    samples = np.random.default_rng(seed).standard_normal((s, n)) + 3.0
    mean, components, variances = principal_components(samples)
    np.testing.assert_allclose(components @ components.T, np.eye(min(s, n)), atol=1e-12)
    assert (np.diff(variances) <= 1e-12).all()
    scores = (samples - mean) @ components.T
    np.testing.assert_allclose(scores @ components + mean, samples, atol=1e-12)
    np.testing.assert_allclose(scores.var(axis=0, ddof=1), variances, atol=1e-12)


@given(seeds, st.integers(2, 12), st.integers(1, 8))
def test_components_agree_with_scikit_learn(seed, s, n):
    samples = np.random.default_rng(seed).standard_normal((s, n)) * np.arange(1, n + 1)
    found, oracle = principal_components(samples), PCA(svd_solver="full").fit(samples)
    np.testing.assert_allclose(found.mean, oracle.mean_, atol=1e-12)
    np.testing.assert_allclose(found.variances, oracle.explained_variance_, atol=1e-9)
    np.testing.assert_allclose(
        principal_angles(found.components[:1], oracle.components_[:1]), [0.0], atol=TIGHT_DEG
    )


def test_a_constant_neuron_takes_no_part():
    samples = np.random.default_rng(0).standard_normal((9, 3))
    samples[:, 1] = 0.1
    np.testing.assert_allclose(principal_components(samples).components[:2, 1], 0.0, atol=1e-15)
    assert participation_ratio(samples) == pytest.approx(participation_ratio(samples[:, ::2]))
    assert np.isnan(participation_ratio(np.full((3, 2), 0.1)))


def test_trials_and_bins_are_pooled():
    samples = np.random.default_rng(0).standard_normal((3, 5, 4))
    assert participation_ratio(samples) == participation_ratio(samples.reshape(15, 4))
    with pytest.raises(RequestError, match="NaN or infinity in 1 sample"):
        principal_components([[1.0, np.nan], [0.0, 1.0]])


@given(seeds)
def test_the_sign_of_a_component_does_not_depend_on_the_sign_of_the_samples(seed):
    samples = np.random.default_rng(seed).standard_normal((20, 4)) * [8.0, 4.0, 2.0, 1.0]
    np.testing.assert_allclose(
        principal_components(samples).components, principal_components(-samples).components, atol=1e-9
    )


@pytest.mark.parametrize(
    ("fraction", "expected"), [(0.1, 1), (0.6, 1), (0.61, 2), (0.9, 2), (0.95, 3), (1.0, 3)]
)
def test_dimensions_hold_the_fraction_asked_for(fraction, expected):
    assert dimensions_for([6.0, 3.0, 1.0, 0.0], fraction) == expected
    assert dimensions_for([0.0, 0.0], fraction) == 0


def test_a_fraction_that_rounding_just_misses_is_reached():
    assert [dimensions_for([0.7] * 5, k / 5) for k in range(1, 6)] == [1, 2, 3, 4, 5]


def test_one_sample_has_no_variance_to_analyse():
    with pytest.raises(RequestError, match="at least two rows"):
        principal_components([[1.0, 2.0]])
    with pytest.raises(RequestError, match="at least two rows"):
        participation_ratio([1.0, 2.0])
