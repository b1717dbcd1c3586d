"""Initial-state tuning: what is learnt, what is not, and what a state stands for."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.layers.tuned_state import TunedState
from tests.attention.gradients import check_layer
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]
SMALL = {"d_model": 8, "heads": 2, "rank": 3}


@pytest.mark.parametrize("kernel", [0, 3])
@pytest.mark.parametrize("full", [False, True])
def test_gradients_are_those_of_finite_differences(full: bool, kernel: int, rng: np.random.Generator) -> None:
    layer = TunedState(**SMALL, state_rank=3, scale=0.5, full=full, kernel=kernel)
    check_layer(rng, layer, rng.standard_normal((2, 5, 8)), reset=rng.random((2, 5)) < 0.3)


def test_a_state_of_0_is_no_state(rng: np.random.Generator) -> None:
    layer, x = TunedState(**SMALL), rng.standard_normal((2, 5, 8))
    layer.parameters["nu"] *= 0
    assert np.array_equal(layer.forward(x)[0], layer.frozen.forward(x)[0])


def test_the_state_after_a_prompt_stands_for_the_prompt(rng: np.random.Generator) -> None:
    layer, x, prompt = (
        TunedState(**SMALL, full=True),
        rng.standard_normal((1, 5, 8)),
        rng.standard_normal((1, 7, 8)),
    )
    layer.parameters["state"] = layer.frozen.forward(prompt)[1].state[0]
    together, _ = layer.frozen.forward(np.concatenate([prompt, x], axis=1))
    assert np.allclose(layer.forward(x)[0], together[:, 7:], rtol=NEAR, atol=NEAR)


def test_only_the_state_is_learnt_and_the_rest_stays() -> None:
    layer = TunedState(**SMALL, state_rank=3)
    assert layer.count == 3 * 2 * (4 + 8)
    assert layer.parameters.keys() == {"kappa", "nu"}
    y, cache = layer.forward(np.ones((2, 5, 8)))
    assert layer.backward(y, cache)[1].keys() == {"kappa", "nu"}


def test_a_state_that_is_given_takes_the_place_of_the_learnt_one(rng: np.random.Generator) -> None:
    layer, x, state = TunedState(**SMALL), rng.standard_normal((2, 5, 8)), rng.standard_normal((2, 2, 4, 8))
    y, cache = layer.forward(x, state)
    assert np.array_equal(y, layer.frozen.forward(x, state)[0])
    _, gradients = layer.backward(y, cache)
    assert not gradients["kappa"].any()
    assert gradients["state"].shape == state.shape


def test_a_state_of_full_rank_is_as_wide_as_the_memory() -> None:
    assert TunedState(**SMALL, full=True).count == 2 * 4 * 8
