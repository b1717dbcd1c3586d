"""A bias for each distance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import relative_bias
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=20)
@given(
    st.integers(0, 99), st.integers(1, 5), st.lists(st.integers(1, 3), max_size=2), st.integers(0, 5),
    st.integers(1, 5),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, most: int, batch: list[int], length: int, keys: int
) -> None:
    rng = np.random.default_rng(seed)
    places = [rng.integers(12, size=(*batch, n)) for n in (length, keys)]
    table = rng.standard_normal(2 * most - 1)
    y, cache = relative_bias.forward(table, *places)
    dy = rng.standard_normal(y.shape)
    found = {"table": relative_bias.backward(dy, cache)}
    check(rng, lambda table: relative_bias.forward(table, *places)[0], {"table": table}, found, dy)


def test_far_distances_share_the_ends() -> None:
    bias, _ = relative_bias.forward(np.array([1.0, 2.0, 3.0]), np.array([5]), np.arange(11))
    assert bias[0].tolist() == [1.0] * 5 + [2.0] + [3.0] * 5


def test_a_table_without_a_middle_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="a row of an odd length"):
        relative_bias.forward(np.ones(4), np.arange(2), np.arange(2))
