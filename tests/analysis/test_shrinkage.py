from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.analysis.shrinkage import solve_shrunk
from neurogate.errors import RequestError


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.floats(0.01, 1.0))
def test_fewer_and_more_neurons_than_samples_agree_with_the_equation(seed, n, shrinkage):
    rng = np.random.default_rng(seed)
    x, right = rng.standard_normal((2, 6, n)) * rng.uniform(0.5, 2, n), rng.standard_normal((2, 3, n))
    found = solve_shrunk(x, right, shrinkage)
    for k in range(2):
        c = x[k].T @ x[k] / 6
        sigma = (1 - shrinkage) * c + shrinkage * np.trace(c) / n * np.eye(n)
        np.testing.assert_allclose(found[k] @ sigma, right[k], rtol=1e-8, atol=1e-8)


def test_samples_that_do_not_vary_leave_a_round_covariance():
    for n in (2, 5):
        np.testing.assert_allclose(solve_shrunk(np.zeros((3, n)), np.ones((1, n)), 0.5), 2.0)


@pytest.mark.parametrize("shrinkage", [0.0, -0.1, 1.1, np.nan])
def test_a_shrinkage_out_of_range_is_refused(shrinkage):
    with pytest.raises(RequestError, match="above 0 and at most 1"):
        solve_shrunk(np.eye(2), np.eye(2), shrinkage)
