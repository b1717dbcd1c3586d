"""Attention weights: the gradient of a bias, however it is broadcast and wherever scores are scaled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import attention_weights, clipped_softmax
from tests.attention.gradients import check
from tests.attention.nearness import all_near

SHAPES = [(2, 3, 5, 4), (3, 5, 4), (3, 1, 4), (5, 4), (5, 1), (4,), (1, 1, 1, 1)]


def drawn(rng: np.random.Generator, shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    shapes = {"q": (2, 3, 5, 6), "k": (2, 3, 4, 6), "bias": shape}
    return {name: rng.standard_normal(each) for name, each in shapes.items()}


@settings(max_examples=40)
@given(
    seed=st.integers(0, 99), batch=st.lists(st.integers(1, 3), max_size=2), length=st.integers(1, 5),
    keys=st.integers(1, 5), width=st.integers(1, 3), dropped=st.integers(0, 3),
    once=st.lists(st.booleans(), min_size=4, max_size=4), masked=st.booleans(),
    scale=st.sampled_from([None, 0.3]), limits=st.sampled_from([(0.0, 1.0), (-0.1, 1.2)]),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, batch: list[int], length: int, keys: int, width: int, dropped: int, once: list[bool],
    masked: bool, scale: float | None, limits: tuple[float, float],
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    whole = (*batch, length, keys)
    bias = [1 if one else n for n, one in zip(whole, once, strict=False)][dropped:]
    shapes = {"q": (*batch, length, width), "k": (*batch, keys, width), "bias": bias}
    arrays = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    how = {"mask": rng.random(whole) < 0.7 if masked else None, "scale": scale, "limits": limits}
    weights, cache = attention_weights.forward(**arrays, **how)
    dweights = rng.standard_normal(weights.shape)
    found = dict(zip(arrays, attention_weights.backward(dweights, cache, learnt=True), strict=True))
    check(rng, lambda **changed: attention_weights.forward(**changed, **how)[0], arrays, found, dweights)


@pytest.mark.parametrize("shape", SHAPES)
def test_gradients_do_not_tell_where_scores_were_scaled(
    shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    q, k, bias = drawn(rng, shape).values()
    weights, here = attention_weights.forward(q, k, bias=bias)
    same, rows = clipped_softmax.forward(q @ k.swapaxes(-1, -2), scale=here.scale, bias=bias)
    there = attention_weights.Cache(q, k, rows, here.scale, bias.shape)  # as on a GPU
    dweights = rng.standard_normal(weights.shape)
    pairs = [attention_weights.backward(dweights, each, learnt=True) for each in (there, here)]
    assert all_near([same, *pairs[0]], [weights, *pairs[1]])


def test_a_bias_that_does_not_learn_or_is_not_there_has_no_gradient(rng: np.random.Generator) -> None:
    q, k, bias = drawn(rng, (5, 4)).values()
    for more, learnt in (({"bias": bias}, False), ({}, True)):
        weights, cache = attention_weights.forward(q, k, **more)
        assert attention_weights.backward(weights, cache, learnt=learnt)[2] is None
