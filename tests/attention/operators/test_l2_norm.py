"""Vectors of length 1."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.operators import l2_norm
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE


@pytest.mark.parametrize("clamp", [False, True])
@pytest.mark.parametrize("eps", [1e-6, 1.5])
@pytest.mark.parametrize("axis", [-1, 1])
def test_gradients_are_those_of_finite_differences(
    clamp: bool, eps: float, axis: int, rng: np.random.Generator
) -> None:
    x, dy = rng.standard_normal((2, 3, 4, 3)), rng.standard_normal((2, 3, 4, 3))
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
