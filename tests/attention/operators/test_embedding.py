"""Rows of a table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import embedding
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=25)
@given(
    st.integers(0, 99), st.lists(st.integers(0, 5), max_size=3), st.integers(1, 5), st.integers(1, 4)
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, shape: list[int], rows: int, width: int
) -> None:
    rng = np.random.default_rng(seed)
    tokens, weight = rng.integers(rows, size=shape), rng.standard_normal((rows, width))
    y, cache = embedding.forward(tokens, weight)
    dy = rng.standard_normal(y.shape)
    found = {"weight": embedding.backward(dy, cache)}
    check(rng, lambda weight: embedding.forward(tokens, weight)[0], {"weight": weight}, found, dy)


@pytest.mark.parametrize("tokens", [np.array([0, 5]), np.array([-1]), np.array([1.0])])
def test_what_is_no_token_is_a_sentence(tokens: np.ndarray) -> None:
    with pytest.raises(RequestError, match="whole numbers from 0 to 4"):
        embedding.forward(tokens, np.ones((5, 3)))
