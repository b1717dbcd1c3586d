"""Multi-head attention and perceptrons whose numbers are lost: where dropout stands."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.blocks import encoder, mlp, multi_head
from neurogate.attention.layer import part
from neurogate.attention.operators import layer_norm
from tests.tolerances import TOLERANCE

RATE = 0.25


@pytest.fixture
def drawn(rng: np.random.Generator) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return an input, the parameters of an encoder layer, and what its dropouts keep."""
    x, p = rng.standard_normal((2, 5, 4)), encoder.initial(rng, 4, 6)
    return x, p, encoder.masks(rng, x.shape, 6, heads=2, rate=RATE)


def attended(x: np.ndarray, p: dict[str, np.ndarray], kept: dict[str, np.ndarray]) -> np.ndarray:
    """Attend head by head, and lose weights and outputs, as written out."""
    heads = []
    for h in range(2):
        rows = slice(2 * h, 2 * h + 2)
        q, k, v = (x @ p[f"{name}.weight"][rows].T + p[f"{name}.bias"][rows] for name in "qkv")
        share = np.exp(q @ k.swapaxes(1, 2) / np.sqrt(2))
        share /= share.sum(axis=-1, keepdims=True)
        heads.append((share * kept["weights"][:, h] / (1 - RATE)) @ v)
    return (np.concatenate(heads, axis=-1) @ p["o.weight"].T + p["o.bias"]) * kept["out"] / (1 - RATE)


def test_attention_loses_weights_after_their_softmax_and_outputs_after_their_map(drawn) -> None:
    x, p, kept = drawn
    own, kept = part(p, "attention"), part(kept, "attention")
    y, cache = multi_head.forward(x, x, x, own, heads=2, kept=kept, rate=RATE)
    assert np.abs(y - attended(x, own, kept)).max() <= TOLERANCE["two ways", "float64"]
    np.testing.assert_allclose(cache.attention.weights.sum(axis=-1), 1.0, rtol=1e-14)


def test_an_encoder_layer_loses_what_is_added_to_its_stream(drawn) -> None:
    x, p, kept = drawn
    y, _ = encoder.forward(x, p, heads=2, kept=kept, rate=RATE)
    n, _ = layer_norm.forward(x, **part(p, "norm1"))
    x = x + attended(n, part(p, "attention"), part(kept, "attention"))
    n, _ = layer_norm.forward(x, **part(p, "norm2"))
    hidden = np.maximum(n @ p["mlp.hidden.weight"].T + p["mlp.hidden.bias"], 0)
    hidden *= kept["mlp.hidden"] / (1 - RATE)
    out = hidden @ p["mlp.out.weight"].T + p["mlp.out.bias"]
    wanted = x + out * kept["mlp.out"] / (1 - RATE)
    assert np.abs(y - wanted).max() <= TOLERANCE["two ways", "float64"]


def test_a_perceptron_that_keeps_nothing_hidden_is_its_last_bias(rng: np.random.Generator) -> None:
    p = mlp.initial(rng, 3, 6, 2)
    y, _ = mlp.forward(rng.standard_normal((5, 3)), p, kept={"hidden": np.zeros((5, 6), bool)}, rate=RATE)
    assert np.array_equal(y, np.broadcast_to(p["out.bias"], y.shape))
