"""The biases of agents."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.blocks import agent_bias
from tests.attention.gradients import check


@settings(max_examples=5)
@given(st.integers(0, 9), st.booleans(), st.sampled_from([(1, 4), (3, 3), (5, 2)]))
def test_gradients_are_those_of_finite_differences(
    seed: int, class_token: bool, grid: tuple[int, int]
) -> None:
    rng = np.random.default_rng(seed)
    p = agent_bias.initial(rng, 2, 4, grid, table=3, class_token=class_token)
    bias, cache = agent_bias.forward(p, grid)
    dbias = rng.standard_normal(bias.shape)
    check(
        rng,
        lambda **changed: agent_bias.forward(changed, grid)[0],
        p,
        agent_bias.backward(dbias, cache),
        dbias,
    )


@pytest.mark.parametrize("first", [0, 1])
def test_each_place_has_its_own_number(first: int, rng: np.random.Generator) -> None:
    p = agent_bias.initial(rng, 1, 1, (3, 3), table=3, class_token=bool(first))
    bias, _ = agent_bias.forward(p, (3, 3))
    for row in range(3):
        for column in range(3):
            wanted = p["map"][0, 0, row, column] + p["rows"][0, 0, row] + p["columns"][0, 0, column]
            assert bias[0, 0, first + 3 * row + column] == pytest.approx(wanted)
    if first:
        assert bias[0, 0, 0] == p["class"][0, 0]
