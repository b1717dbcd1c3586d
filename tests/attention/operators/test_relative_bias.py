"""A bias for each distance."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.operators import relative_bias
from neurogate.errors import RequestError
from tests.attention.gradients import check


def test_gradients_are_those_of_finite_differences(rng: np.random.Generator) -> None:
    table, places = rng.standard_normal(7), rng.integers(12, size=(2, 6))
    y, cache = relative_bias.forward(table, places[:, :4], places)
    dy = rng.standard_normal(y.shape)
    found = {"table": relative_bias.backward(dy, cache)}
    check(
        rng, lambda table: relative_bias.forward(table, places[:, :4], places)[0], {"table": table}, found, dy
    )


def test_far_distances_share_the_ends() -> None:
    bias, _ = relative_bias.forward(np.array([1.0, 2.0, 3.0]), np.array([5]), np.arange(11))
    assert bias[0].tolist() == [1.0] * 5 + [2.0] + [3.0] * 5


def test_a_table_without_a_middle_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="a row of an odd length"):
        relative_bias.forward(np.ones(4), np.arange(2), np.arange(2))
