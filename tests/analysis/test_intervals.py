from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neurogate.analysis.intervals import mean_interval


@given(
    arrays(float, (6, 3), elements=st.floats(-1e3, 1e3, allow_subnormal=False)), st.sampled_from([0.5, 0.95])
)
def test_interval_agrees_with_scipy(values, level):
    mean, half_width = mean_interval(values, level=level)
    error = scipy.stats.sem(values, axis=0)
    np.testing.assert_allclose(mean, values.mean(axis=0), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(
        half_width, scipy.stats.t(5).ppf((1 + level) / 2) * error, rtol=1e-9, atol=1e-9
    )


def test_the_interval_covers_the_truth_as_often_as_it_says():
    values = np.random.default_rng(0).standard_normal((5, 4000)) + 3.0
    mean, half_width = mean_interval(values)
    assert (np.abs(mean - 3.0) <= half_width).mean() == pytest.approx(0.95, abs=0.012)


def test_any_axis_may_hold_the_seeds():
    values = np.random.default_rng(0).random((2, 5, 3))
    for along, first in zip(mean_interval(values, axis=1), mean_interval(values.swapaxes(0, 1)), strict=True):
        np.testing.assert_allclose(along, first, rtol=1e-12)


def test_one_seed_has_a_mean_but_no_interval():
    mean, half_width = mean_interval([[4.0, 5.0]])
    assert mean.tolist() == [4.0, 5.0]
    assert np.isnan(half_width).all()


def test_no_seed_at_all_has_no_mean():
    mean, half = mean_interval(np.empty((3, 0)), axis=1)
    assert mean.shape == half.shape == (3,)
    assert np.isnan([mean, half]).all()
