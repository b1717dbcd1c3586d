"""A recurrent unit whose past states are weighed by attention."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.layers.attention_gru import AttentionGru, State
from tests.attention.gradients import check, check_layer
from tests.tolerances import TOLERANCE


def made() -> AttentionGru:
    return AttentionGru(d_input=2, d_hidden=4, d_attention=3, outputs=2)


@pytest.mark.parametrize("length", [1, 6, 64, 65, 130])
def test_gradients_are_those_of_finite_differences(length: int, rng: np.random.Generator) -> None:
    check_layer(rng, made(), rng.standard_normal((2, length, 2)))


@pytest.mark.parametrize("length", [3, 70])
def test_the_gradient_reaches_a_given_state(length: int, rng: np.random.Generator) -> None:
    layer, x = made(), rng.standard_normal((2, length, 2))
    shapes = {"hidden": (2, 4), "context": (2, 4), "level": (2,)}
    state = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    y, cache = layer.forward(x, State(**state))
    dy = rng.standard_normal(y.shape)
    found = layer.backward(dy, cache)[1]["state"]._asdict()
    check(rng, lambda **a: layer.forward(x, State(**a))[0], state, found, dy)


@pytest.mark.parametrize("size", [1.0, 300.0])
def test_what_is_collected_in_pieces_is_the_softmax_of_all_scores_so_far(
    size: float, rng: np.random.Generator
) -> None:
    layer = made()
    layer.parameters["score.weight"] *= size
    _, cache = layer.forward(rng.standard_normal((2, 150, 2)))
    for t in (0, 63, 64, 149):
        share = np.exp(cache.scores[:, : t + 1] - cache.scores[:, : t + 1].max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        wanted = (share[..., None] * cache.hidden[:, : t + 1]).sum(axis=1)
        assert np.abs(cache.contexts[:, t] - wanted).max() <= TOLERANCE["two ways", "float64"]
        assert np.abs(cache.weights[:, t, 1 : t + 2] - share).max() <= TOLERANCE["two ways", "float64"]


def test_of_a_long_sequence_it_keeps_no_matrix(rng: np.random.Generator) -> None:
    layer = made()

    def kept(length: int) -> int:
        _, cache = layer.forward(rng.standard_normal((1, length, 2)))
        return sum(piece.nbytes for piece in cache.pieces)

    assert kept(1024) < 2.1 * kept(512)


def test_weights_sum_to_one_over_what_was(rng: np.random.Generator) -> None:
    _, cache = made().forward(rng.standard_normal((2, 6, 2)))
    assert np.allclose(cache.weights.sum(axis=-1), 1, atol=TOLERANCE["arithmetic", "float64"])
    assert not np.triu(cache.weights[:, :, 1:], 1).any()
    assert not cache.weights[:, :, 0].any()


def test_an_update_gate_of_one_keeps_the_state_and_predicts_the_bias(rng: np.random.Generator) -> None:
    layer = made()
    layer.parameters["gru.bias"] = np.concatenate([np.zeros(4), np.full(4, 1e3), np.zeros(4)])
    y, cache = layer.forward(rng.standard_normal((2, 6, 2)))
    assert not cache.hidden.any()
    assert np.array_equal(y, np.broadcast_to(layer.parameters["out.bias"], y.shape))


def test_scores_that_are_alike_average_the_states(rng: np.random.Generator) -> None:
    layer = made()
    layer.parameters["score.weight"] = np.zeros((1, 3))
    _, cache = layer.forward(rng.standard_normal((2, 6, 2)))
    wanted = np.cumsum(cache.hidden, axis=1) / np.arange(1, 7)[:, None]
    assert np.abs(cache.contexts - wanted).max() <= TOLERANCE["two ways", "float64"]
