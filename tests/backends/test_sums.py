"""Sums: one stated order, followed by both backends."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from numba.core.errors import TypingError

from neurogate.backends.layout import LANES
from neurogate.backends.numba_cpu import sums
from neurogate.backends.numpy_reference.sums import lane_dot, lane_sum
from tests.backends.cases import assert_same_bits

compiled_dot = numba.njit(sums.lane_dot.py_func)
compiled_dots = numba.njit(sums.lane_dots.py_func)
DTYPES = ["float64", "float32"]
LENGTHS = range(101)


def rough(rng: np.random.Generator, shape: tuple[int, ...] | int, dtype: str) -> np.ndarray:
    """Return numbers of very different size, whose sum depends on the order."""
    return (rng.standard_normal(shape) * 10.0 ** rng.integers(-4, 5, shape)).astype(dtype)


def in_stated_order(terms: np.ndarray) -> np.generic:
    """Add element by element: 16 interleaved partial sums, then halves onto halves."""
    lanes = [terms.dtype.type(0)] * LANES
    for i, term in enumerate(terms):
        lanes[i % LANES] = lanes[i % LANES] + term
    while len(lanes) > 1:
        half = len(lanes) // 2
        lanes = [lanes[i] + lanes[half + i] for i in range(half)]
    return lanes[0]


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_sum_follows_the_stated_order(dtype: str, rng: np.random.Generator) -> None:
    others = 0
    for length in LENGTHS:
        x = rough(rng, length, dtype)
        assert_same_bits(np.asarray(lane_sum(x)), np.asarray(in_stated_order(x)))
        others += lane_sum(x) != lane_sum(rng.permutation(x))
    assert others > 20  # another order would have been noticed


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_dot_product_is_the_sum_of_the_products(dtype: str, rng: np.random.Generator) -> None:
    x, y = rough(rng, 77, dtype), rough(rng, 77, dtype)
    assert_same_bits(np.asarray(lane_dot(x, y)), np.asarray(in_stated_order(x * y)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_compiled_dot_products_have_the_bits_of_the_reference(dtype: str, rng: np.random.Generator) -> None:
    for length in LENGTHS:
        x, y = rough(rng, length, dtype), rough(rng, length, dtype)
        assert_same_bits(np.asarray(compiled_dot(x, y), dtype), np.asarray(lane_dot(x, y)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_four_dot_products_at_once_have_the_bits_of_each(dtype: str, rng: np.random.Generator) -> None:
    for length in LENGTHS:
        rows, y = rough(rng, (6, length), dtype), rough(rng, length, dtype)
        for first in range(3):
            together = np.array(compiled_dots(rows, first, y), dtype)
            assert_same_bits(together, lane_dot(rows[first : first + 4], y))


def test_compiled_dot_products_refuse_what_they_would_misread() -> None:
    with pytest.raises(TypingError, match="contiguous"):
        compiled_dot(np.ones(20)[::2], np.ones(10))


def test_rows_are_summed_each_by_itself(rng: np.random.Generator) -> None:
    x = rough(rng, (3, 4, 29), "float64")
    each = np.array([[lane_sum(row) for row in block] for block in x])
    assert_same_bits(lane_sum(x), each)


def test_trailing_zeros_change_nothing(rng: np.random.Generator) -> None:
    x = rough(rng, 41, "float64")
    assert lane_sum(np.concatenate([x, np.zeros(30)])) == lane_sum(x)
