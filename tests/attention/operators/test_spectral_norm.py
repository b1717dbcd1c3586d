"""Weights divided by their largest singular value."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.operators import spectral_norm
from neurogate.errors import RequestError
from tests.attention.gradients import check

SHAPES = pytest.mark.parametrize("shape", [(3, 5), (5, 3), (2, 3, 2, 2), (4, 1)])


@SHAPES
def test_gradients_are_those_of_finite_differences(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    weight, dy = rng.standard_normal((2, *shape))
    _, cache = spectral_norm.forward(weight)
    found = {"weight": spectral_norm.backward(dy, cache)}
    check(rng, lambda weight: spectral_norm.forward(weight)[0], {"weight": weight}, found, dy)


@SHAPES
def test_the_largest_singular_value_is_1(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    weight = rng.standard_normal(shape)
    y, cache = spectral_norm.forward(weight)
    largest = np.linalg.svd(weight.reshape(len(weight), -1), compute_uv=False)[0]
    assert np.linalg.svd(y.reshape(len(y), -1), compute_uv=False)[0] == pytest.approx(1)
    assert float(cache.largest) == pytest.approx(largest)


def test_a_weight_of_zeros_stays_one_and_float32_stays_float32() -> None:
    y, cache = spectral_norm.forward(np.zeros((2, 3), np.float32))
    assert not y.any()
    assert y.dtype == spectral_norm.backward(y, cache).dtype == np.float32


def test_a_vector_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"weight \(3,\): weight must have a row"):
        spectral_norm.forward(np.ones(3))
