"""The attention that Zoology compares with."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.blocks import multi_head
from neurogate.attention.layers.zoology_attention import ZoologyAttention
from neurogate.attention.operators import masks
from tests.attention.gradients import check_layer
from tests.tolerances import TOLERANCE


@pytest.mark.parametrize(("heads", "window", "length"), [(1, None, 5), (2, None, 1), (1, 2, 7), (1, 9, 4)])
def test_gradients_are_those_of_finite_differences(
    heads: int, window: int | None, length: int, rng: np.random.Generator
) -> None:
    layer = ZoologyAttention(d_model=4, heads=heads, window=window)
    check_layer(rng, layer, rng.standard_normal((2, length, 4)))


def test_it_is_masked_attention(rng: np.random.Generator) -> None:
    layer, x = ZoologyAttention(d_model=4, heads=2), rng.standard_normal((2, 6, 4))
    wanted, _ = multi_head.forward(x, x, x, layer.parameters, heads=2, mask=masks.causal(6, 6))
    assert np.abs(layer.forward(x)[0] - wanted).max() <= TOLERANCE["two ways", "float64"]


def test_a_window_keeps_one_key_more(rng: np.random.Generator) -> None:
    _, cache = ZoologyAttention(d_model=4, window=2).forward(rng.standard_normal((1, 6, 4)))
    assert ((cache.weights[0, 0] > 0).sum(axis=-1) == [1, 2, 3, 3, 3, 3]).all()


def test_rows_sum_to_one(rng: np.random.Generator) -> None:
    _, cache = ZoologyAttention(d_model=4, heads=2).forward(rng.standard_normal((2, 6, 4)))
    assert np.allclose(cache.weights.sum(axis=-1), 1, atol=TOLERANCE["arithmetic", "float64"])


def test_scores_beyond_the_large_number_see_the_future() -> None:
    layer = ZoologyAttention(d_model=1)
    layer.parameters.update({f"{name}.weight": np.ones((1, 1)) for name in "qkvo"})
    layer.parameters.update({f"{name}.bias": np.zeros(1) for name in "qkvo"})
    _, cache = layer.forward(np.array([[[1.0], [2e4]]]))
    assert cache.weights[0, 0, 0].tolist() == [0.0, 1.0]
