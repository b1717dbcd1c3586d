"""Attention to near neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.layers.local_attention import LocalAttention
from tests.attention.gradients import check_layer
from tests.tolerances import TOLERANCE


@pytest.mark.parametrize(("before", "after", "length"), [(4, 4, 7), (0, 2, 5), (1, 0, 1)])
def test_gradients_are_those_of_finite_differences(
    before: int, after: int, length: int, rng: np.random.Generator
) -> None:
    layer = LocalAttention(d_model=4, heads=2, before=before, after=after)
    check_layer(rng, layer, rng.standard_normal((2, length, 4)))


def test_weights_stay_within_reach_and_sum_to_one(rng: np.random.Generator) -> None:
    _, cache = LocalAttention(d_model=4, heads=2, before=1, after=2).forward(rng.standard_normal((1, 6, 4)))
    weights, lag = cache.attention.weights, np.arange(6) - np.arange(6)[:, None]
    assert (((weights > 0) == ((lag >= -1) & (lag <= 2))) | (weights == 0)).all()
    assert np.allclose(weights.sum(axis=-1), 1, atol=TOLERANCE["arithmetic", "float64"])


def test_a_window_of_nothing_leaves_each_token_alone(rng: np.random.Generator) -> None:
    layer, x = LocalAttention(d_model=4, heads=2, before=0, after=0), rng.standard_normal((1, 6, 4))
    alone = np.concatenate([layer.forward(x[:, t : t + 1])[0] for t in range(6)], axis=1)
    assert np.abs(layer.forward(x)[0] - alone).max() <= TOLERANCE["two ways", "float64"]
