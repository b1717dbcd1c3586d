"""Chosen tokens, moved together and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import packing
from neurogate.errors import RequestError


@settings(max_examples=10)
@given(st.integers(0, 7), st.floats(0, 1), st.integers(0, 9))
def test_each_is_the_adjoint_of_the_other(length: int, odds: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    chosen = rng.random((3, length)) < odds
    x = rng.standard_normal((3, length, 2))
    where = packing.plan(chosen, x)
    together = packing.packed(x, where)
    h = rng.standard_normal(together.shape)
    assert np.isclose((together * h).sum(), (x * packing.unpacked(h, where)).sum(), atol=1e-12)
    assert np.array_equal(packing.unpacked(together, where), x * chosen[..., None])
    assert all(
        (row[:n] == line[c]).all() for row, n, line, c in zip(together, chosen.sum(1), x, chosen, strict=True)
    )


def test_no_token_is_a_row_of_zeros() -> None:
    where = packing.plan(np.zeros((2, 4), bool), np.ones(1))
    assert where.held.shape == (2, 1)
    assert not packing.packed(np.ones((2, 4, 3)), where).any()
    assert not packing.unpacked(np.ones((2, 1, 3)), where).any()


def test_a_choice_of_numbers_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="of true and false"):
        packing.plan(np.ones((2, 4)), np.ones(1))
