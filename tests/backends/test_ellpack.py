"""The compiled product of a sparse matrix and a vector adds the entries of a row one by one, in order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba.core.errors import TypingError

from neurogate.backends.numba_cpu.compiling import kernel
from neurogate.backends.numba_cpu.ellpack import add_product
from tests.backends.cases import assert_same_bits


@kernel
def add(out: Any, columns: Any, weights: Any, x: Any) -> None:
    add_product(out, columns, weights, x)


@given(
    st.integers(1, 45), st.integers(0, 12), st.integers(1, 70_000), st.sampled_from(["float32", "float64"])
)
def test_it_is_the_sum_in_order_of_any_number_of_rows(
    rows: int, degree: int, length: int, dtype: str
) -> None:
    rng = np.random.default_rng([rows, degree, length])
    out, weights, x = (rng.normal(size=shape).astype(dtype) for shape in (rows, (degree, rows), length))
    columns = rng.integers(0, length, (degree, rows)).astype(np.int32)
    expected = out.copy()
    for chosen, several in zip(columns, weights, strict=True):
        expected += several * x[chosen]
    add(out, columns, weights, x)
    assert_same_bits(out, expected)


def test_arrays_that_are_not_contiguous_are_refused() -> None:
    columns, weights = np.zeros((3, 2), np.int32), np.zeros((3, 2))
    with pytest.raises(TypingError, match="contiguous"):
        add(np.zeros(3), columns.T, weights.T, np.zeros(4))
