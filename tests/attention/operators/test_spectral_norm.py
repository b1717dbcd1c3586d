"""Weights divided by their largest singular value."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import spectral_norm
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=25)
@given(st.integers(0, 99), st.lists(st.integers(1, 5), min_size=2, max_size=4).filter(lambda n: max(n) > 1))
def test_the_largest_singular_value_is_1_and_gradients_are_those_of_finite_differences(
    seed: int, shape: list[int]
) -> None:
    rng = np.random.default_rng(seed)
    weight, dy = rng.standard_normal((2, *shape))
    y, cache = spectral_norm.forward(weight)
    before, after = (np.linalg.svd(w.reshape(len(w), -1), compute_uv=False)[0] for w in (weight, y))
    assert after == pytest.approx(1)
    assert float(cache.largest) == pytest.approx(before)
    found = {"weight": spectral_norm.backward(dy, cache)}
    check(rng, lambda weight: spectral_norm.forward(weight)[0], {"weight": weight}, found, dy)


def test_a_weight_of_zeros_stays_one_and_float32_stays_float32() -> None:
    y, cache = spectral_norm.forward(np.zeros((2, 3), np.float32))
    assert not y.any()
    assert y.dtype == spectral_norm.backward(y, cache).dtype == np.float32


def test_a_vector_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"weight \(3,\): weight must have a row"):
        spectral_norm.forward(np.ones(3))
