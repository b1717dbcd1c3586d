"""The distance of drifted features."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import feature_drift
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=12)
@given(seed=st.integers(0, 99), shape=st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_gradients(seed: int, shape: list[int]) -> None:
    rng = np.random.default_rng(seed)
    wanted, off = rng.standard_normal(shape), rng.choice([-1.0, 1.0], shape) * rng.uniform(0.1, 2.0, shape)
    arguments = {"features": wanted + off, "wanted": wanted}  # a distance of 0 has no slope
    _, cache = feature_drift.forward(**arguments)
    found = dict(zip(arguments, feature_drift.backward(3.0, cache), strict=True))
    check(rng, lambda **given: feature_drift.forward(**given)[0], arguments, found, np.float64(3.0))


def test_the_loss_is_a_distance_and_not_its_square(rng: np.random.Generator) -> None:
    a, b = rng.standard_normal((2, 5, 6))
    assert feature_drift.forward(b + 3 * (a - b), b)[0] == pytest.approx(3 * feature_drift.forward(a, b)[0])


def test_features_that_have_not_drifted_have_no_gradient() -> None:
    loss, cache = feature_drift.forward(np.ones((2, 3)), np.ones((2, 3)))
    assert loss == 0
    assert all((array == 0).all() for array in feature_drift.backward(1.0, cache))


def test_shapes_that_do_not_fit_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"features \(2,\), wanted \(3,\)"):
        feature_drift.forward(np.ones(2), np.ones(3))
