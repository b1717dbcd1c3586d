"""The loss that sets how many keys are kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import eviction_loss
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=15)
@given(
    st.integers(0, 99), st.lists(st.integers(1, 5), min_size=1, max_size=3), st.floats(0.0, 1.0),
    st.floats(0.1, 3.0),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, shape: list[int], target: float, weight: float
) -> None:
    rng = np.random.default_rng(seed)
    p = rng.random(shape)
    found = {"probability": eviction_loss.backward(1.5, eviction_loss.forward(p, target, weight=weight)[1])}

    def loss(probability: np.ndarray) -> np.ndarray:
        return np.array(eviction_loss.forward(probability, target, weight=weight)[0])

    check(rng, loss, {"probability": p}, found, np.array(1.5))


def test_it_is_0_at_the_target_alone() -> None:
    assert eviction_loss.forward(np.array([0.25, 0.75]), 0.5)[0] == 0
    assert eviction_loss.forward(np.array([0.25, 0.5]), 0.5)[0] > 0


def test_the_number_type_stays() -> None:
    p = np.full(3, 0.7, "float32")
    loss, cache = eviction_loss.forward(p, 0.5)
    assert loss.dtype == eviction_loss.backward(1.0, cache).dtype == np.float32


def test_no_probability_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"probability \(0,\)"):
        eviction_loss.forward(np.ones(0))
