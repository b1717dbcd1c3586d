"""Vectors of length 1."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import l2_norm
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE


@settings(max_examples=30)
@given(
    st.integers(0, 99), st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 3), st.booleans(),
    st.sampled_from([1e-6, 1.5]),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, shape: list[int], axis: int, clamp: bool, eps: float
) -> None:
    rng, axis = np.random.default_rng(seed), axis % len(shape) - len(shape)
    x = rng.choice([-1.0, 1.0], shape) * rng.uniform(0.3, 2.0, shape)  # some shorter than 1.5, none near 0
    dy = rng.standard_normal(shape)
    _, cache = l2_norm.forward(x, eps=eps, clamp=clamp, axis=axis)
    found = {"x": l2_norm.backward(dy, cache)}
    check(rng, lambda x: l2_norm.forward(x, eps=eps, clamp=clamp, axis=axis)[0], {"x": x}, found, dy)


def test_the_length_is_1_and_what_is_longer_gives_the_same(rng: np.random.Generator) -> None:
    x = rng.standard_normal((5, 3))
    y, _ = l2_norm.forward(x, clamp=True)
    assert np.allclose((y * y).sum(axis=-1), 1, rtol=0, atol=10 * TOLERANCE["arithmetic", "float64"])
    assert np.array_equal(l2_norm.forward(4 * x, clamp=True)[0], y)


@pytest.mark.parametrize("clamp", [False, True])
def test_zeros_stay_zeros_and_float32_stays_float32(clamp: bool) -> None:
    y, cache = l2_norm.forward(np.zeros((2, 3), np.float32), clamp=clamp)
    assert not y.any()
    assert y.dtype == l2_norm.backward(y, cache).dtype == np.float32
