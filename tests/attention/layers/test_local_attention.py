"""Attention to near neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.blocks import multi_head
from neurogate.attention.layers.local_attention import LocalAttention
from tests.attention.gradients import check_layer
from tests.attention.nearness import near
from tests.tolerances import TOLERANCE


@pytest.mark.parametrize(("before", "after", "length"), [(4, 4, 7), (0, 2, 5), (1, 0, 1)])
def test_gradients_are_those_of_finite_differences(
    before: int, after: int, length: int, rng: np.random.Generator
) -> None:
    layer = LocalAttention(d_model=4, heads=2, before=before, after=after)
    check_layer(rng, layer, rng.standard_normal((2, length, 4)))


@pytest.mark.parametrize(("before", "after"), [(4, 4), (0, 7), (7, 0), (0, 0), (2, 5), (90, 3)])
@pytest.mark.parametrize("length", [9, 131])
def test_it_is_attention_under_a_mask_of_all_pairs(
    before: int, after: int, length: int, rng: np.random.Generator
) -> None:
    layer, x = (
        LocalAttention(d_model=4, heads=2, before=before, after=after),
        rng.standard_normal((2, length, 4)),
    )
    lag = np.arange(length) - np.arange(length)[:, None]
    y, cache = layer.forward(x)
    mask = (lag >= -before) & (lag <= after)
    wanted, dense = multi_head.forward(x, x, x, layer.parameters, heads=2, mask=mask)
    assert near(y, wanted)
    dy = rng.standard_normal(x.shape)
    dx, gradients = layer.backward(dy, cache)
    *inputs, others = multi_head.backward(dy, dense)
    assert near(dx, sum(inputs))
    assert gradients.keys() == others.keys()
    assert all(near(gradients[name], others[name]) for name in others)


def test_it_looks_four_tokens_back_and_four_ahead() -> None:
    layer = LocalAttention(d_model=16)
    assert (layer.heads, layer.before, layer.after) == (16, 4, 4)


def test_weights_stay_within_reach_and_sum_to_one(rng: np.random.Generator) -> None:
    _, cache = LocalAttention(d_model=4, heads=2, before=1, after=2).forward(rng.standard_normal((1, 6, 4)))
    weights, lag = cache.attention.weights, np.arange(6) - np.arange(6)[:, None]
    assert (((weights > 0) == ((lag >= -1) & (lag <= 2))) | (weights == 0)).all()
    assert np.allclose(weights.sum(axis=-1), 1, atol=TOLERANCE["arithmetic", "float64"])


def test_a_window_of_nothing_leaves_each_token_alone(rng: np.random.Generator) -> None:
    layer, x = LocalAttention(d_model=4, heads=2, before=0, after=0), rng.standard_normal((1, 6, 4))
    alone = np.concatenate([layer.forward(x[:, t : t + 1])[0] for t in range(6)], axis=1)
    assert np.abs(layer.forward(x)[0] - alone).max() <= TOLERANCE["two ways", "float64"]
