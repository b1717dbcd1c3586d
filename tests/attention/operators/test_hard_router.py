"""A choice between two ways."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import hard_router
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=20)
@given(st.integers(0, 99), st.lists(st.integers(0, 5), max_size=3))
def test_gradients_are_those_of_finite_differences(seed: int, shape: list[int]) -> None:
    rng = np.random.default_rng(seed)
    first, apart = rng.standard_normal(shape), rng.uniform(0.1, 2.0, shape)
    second = first + np.where(rng.random(shape) < 0.5, apart, -apart)  # a step changes no choice
    arguments = {"logits": np.stack([first, second], axis=-1), "temperature": rng.standard_normal(1)}
    y, cache = hard_router.forward(**arguments)
    dy = rng.standard_normal(y.shape)
    found = dict(zip(arguments, hard_router.backward(dy, cache), strict=True))
    check(rng, lambda **a: hard_router.forward(**a)[0], arguments, found, dy)


def test_a_tie_goes_the_first_way_and_the_rest_weigh_more_than_half(rng: np.random.Generator) -> None:
    weight, cache = hard_router.forward(
        np.concatenate([np.zeros((1, 2)), rng.standard_normal((50, 2))]), np.zeros(1)
    )
    assert weight[0] == 0
    assert (weight[cache.active] > 0.5).all()
    assert not weight[~cache.active].any()


def test_three_logits_are_a_sentence() -> None:
    with pytest.raises(RequestError, match="two logits for each token"):
        hard_router.forward(np.ones((4, 3)), np.zeros(1))
