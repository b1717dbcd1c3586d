"""Rows of a table."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.operators import embedding
from neurogate.errors import RequestError
from tests.attention.gradients import check


def test_gradients_are_those_of_finite_differences(rng: np.random.Generator) -> None:
    tokens, weight = rng.integers(5, size=(2, 7)), rng.standard_normal((5, 3))
    y, cache = embedding.forward(tokens, weight)
    dy = rng.standard_normal(y.shape)
    found = {"weight": embedding.backward(dy, cache)}
    check(rng, lambda weight: embedding.forward(tokens, weight)[0], {"weight": weight}, found, dy)


@pytest.mark.parametrize("tokens", [np.array([0, 5]), np.array([-1]), np.array([1.0])])
def test_what_is_no_token_is_a_sentence(tokens: np.ndarray) -> None:
    with pytest.raises(RequestError, match="whole numbers from 0 to 4"):
        embedding.forward(tokens, np.ones((5, 3)))
