from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.nulls import (
    _smallest,
    covariance_angles,
    isotropic_angles,
    leading_angles,
    summary,
    tail_fraction,
    trace_sum_angles,
)
from neurogate.analysis.subspaces import principal_angles
from neurogate.errors import RequestError


@pytest.mark.parametrize(("n", "k"), [(6, 1), (6, 2), (75, 2)])
def test_isotropic_angles_follow_their_beta_law(n, k):
    angles = isotropic_angles(np.random.default_rng(3), n, 1, k, draws=2000)
    law = scipy.stats.beta(k / 2, (n - k) / 2)
    assert scipy.stats.kstest(np.cos(np.deg2rad(angles)) ** 2, law.cdf).pvalue > 1e-3


def test_isotropic_angles_in_a_high_dimension_are_near_90_degrees():
    """The value for 1000 neurons and two outcomes that the reference configuration reports."""
    angles = isotropic_angles(np.random.default_rng(0), 1000, 1, 2, draws=1000)
    assert angles.mean() == pytest.approx(87.7, abs=0.15)
    assert np.percentile(angles, 5) == pytest.approx(85.6, abs=0.4)


def test_subspaces_that_fill_the_space_must_meet():
    np.testing.assert_allclose(isotropic_angles(np.random.default_rng(0), 4, 2, 3, draws=20), 0, atol=1e-5)


def test_sums_of_white_traces_make_the_isotropic_null():
    rng = np.random.default_rng(5)
    white = rng.standard_normal((4000, 8))
    angles = trace_sum_angles(rng, white, white, dims=2, draws=2000)
    law = scipy.stats.beta(1, 3)
    assert scipy.stats.kstest(np.cos(np.deg2rad(angles)) ** 2, law.cdf).pvalue > 1e-3


def test_sums_of_traces_have_the_covariance_of_the_traces():
    """In two dimensions with variances s and 1, tan(angle to axis 1) has a known median, 1 / sqrt(s)."""
    rng = np.random.default_rng(1)
    traces = rng.standard_normal((3000, 2)) * [4.0, 1.0] + [100.0, -50.0]
    axis = np.array([[1.0, 0.0], [-1.0, 0.0]])
    tangent = np.tan(np.deg2rad(trace_sum_angles(rng, traces, axis, dims=1, draws=4000)))
    spread = np.linalg.cholesky(np.cov(traces.T))
    sample = spread @ np.random.default_rng(2).standard_normal((2, 4000))
    assert scipy.stats.ks_2samp(tangent, np.abs(sample[1] / sample[0])).pvalue > 1e-3
    assert np.median(tangent) == pytest.approx(0.25, abs=0.02)


def test_shared_low_dimensional_activity_makes_smaller_angles_than_isotropy():
    rng = np.random.default_rng(0)
    traces = rng.standard_normal((60, 5)) @ rng.standard_normal((5, 200))
    shared = trace_sum_angles(rng, traces, traces, dims=2, draws=100)
    assert shared.mean() < isotropic_angles(rng, 200, 1, 2, draws=100).mean() - 15


def test_disjoint_traces_make_right_angles():
    rng = np.random.default_rng(0)
    when, what = np.zeros((20, 6)), np.zeros((30, 6))
    when[:, :3], what[:, 3:] = rng.standard_normal((20, 3)), rng.standard_normal((30, 3))
    np.testing.assert_allclose(trace_sum_angles(rng, when, what, dims=2, draws=10), 90.0, atol=1e-9)


def test_angles_in_the_leading_components_follow_the_beta_law_of_their_number():
    rng = np.random.default_rng(4)
    activity = np.vstack([np.eye(30), -np.eye(30)]) * ([3.0] * 8 + [0.5] * 22)
    angles = leading_angles(rng, activity, 1, 2, draws=2000)
    assert scipy.stats.kstest(np.cos(np.deg2rad(angles)) ** 2, scipy.stats.beta(1, 3).cdf).pvalue > 1e-3
    whole = leading_angles(rng, activity, 1, 2, draws=2000, fraction=1.0)
    assert scipy.stats.kstest(np.cos(np.deg2rad(whole)) ** 2, scipy.stats.beta(1, 14).cdf).pvalue > 1e-3


def test_angles_with_the_covariance_of_activity_are_those_of_gaussian_directions():
    rng = np.random.default_rng(4)
    activity = rng.standard_normal((50, 7)) @ rng.standard_normal((7, 7)) + 9.0
    drawn = rng.multivariate_normal(np.zeros(7), np.cov(activity.T), (2000, 5))
    expected = [principal_angles(each[:2], each[2:])[0] for each in drawn]
    angles = covariance_angles(rng, activity, 2, 3, draws=2000)
    assert scipy.stats.ks_2samp(angles, expected).pvalue > 1e-3


def test_the_covariance_of_white_activity_is_isotropic():
    rng = np.random.default_rng(6)
    angles = covariance_angles(rng, np.vstack([np.eye(9), -np.eye(9)]), 1, 2, draws=2000)
    assert scipy.stats.kstest(np.cos(np.deg2rad(angles)) ** 2, scipy.stats.beta(1, 3.5).cdf).pvalue > 1e-3


def test_the_same_generator_gives_the_same_null():
    traces = np.random.default_rng(0).standard_normal((30, 12))
    one, two = (trace_sum_angles(np.random.default_rng(7), traces, traces, 2, 5) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_impossible_requests_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(RequestError, match="in a space of 3"):
        isotropic_angles(rng, 3, 1, 4, draws=2)
    with pytest.raises(RequestError, match=r"at least 3 rows that vary"):
        trace_sum_angles(rng, np.eye(4), np.eye(4)[:2], dims=2, draws=2)
    with pytest.raises(RequestError, match="rows that vary"):
        trace_sum_angles(rng, np.ones((5, 4)), np.eye(4), dims=2, draws=2)
    for null in (leading_angles, covariance_angles):
        with pytest.raises(RequestError, match="rows that vary"):
            null(rng, np.ones((5, 4)), 1, 2, draws=2)
        with pytest.raises(RequestError, match=r"do not span 3 direction"):
            null(rng, np.eye(4)[:3], 1, 3, draws=2)
        with pytest.raises(RequestError, match="hold NaN or infinity"):
            null(rng, [[np.nan, 1.0], [0.0, 1.0], [1.0, 0.0]], 1, 1, draws=2)
    with pytest.raises(RequestError, match="0 dimensions"):
        covariance_angles(rng, np.eye(4), 1, 0, draws=2)
    with pytest.raises(RequestError, match="in a space of 1"):
        leading_angles(rng, np.diag([9.0, 0.1, 0.1, 0.1]), 1, 2, draws=2)
    with pytest.raises(RequestError, match="without the constant input"):
        trace_sum_angles(rng, np.eye(4), np.eye(5), dims=2, draws=2)


@given(st.lists(st.floats(-90, 90), min_size=1, max_size=30))
def test_summary_is_ordered_and_within_the_draws(draws):
    found = summary(draws)
    assert min(draws) <= found["p5"] <= found["p95"] <= max(draws)
    assert found["mean"] == pytest.approx(np.mean(draws))


@given(st.lists(st.integers(0, 5), max_size=20), st.integers(-1, 6))
def test_tail_fraction_counts_the_observation_and_falls_with_the_value(null, value):
    assert tail_fraction(null, value) == (1 + sum(x >= value for x in null)) / (1 + len(null))
    assert 0 < tail_fraction(null, value + 1) <= tail_fraction(null, value) <= 1


def test_the_tail_of_an_undefined_value_is_undefined():
    assert np.isnan(tail_fraction([80.0, 90.0], float("nan")))


@pytest.mark.parametrize("rank", [1, 3])
def test_many_angles_at_once_are_those_taken_one_by_one(rank):
    rng = np.random.default_rng(5)
    traces = rng.normal(size=(40, rank)) @ rng.normal(size=(rank, 30))
    sums = [rng.normal(size=(50, dims, 40)) @ traces for dims in (1, 2)]
    each = [principal_angles(a, b)[0] for a, b in zip(*sums, strict=True)]
    np.testing.assert_allclose(_smallest(*sums), each, rtol=1e-9, atol=1e-9)
