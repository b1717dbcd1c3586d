"""Lightning attention and the block of TransNormer: options, gates, and positions that go on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.layers.lightning_attention import LightningAttention
from neurogate.attention.layers.transnormer import TransNormer
from neurogate.attention.operators import lightning
from neurogate.errors import RequestError
from tests.attention import plain
from tests.attention.gradients import check_layer
from tests.attention.nearness import near
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]


@settings(max_examples=6)
@given(
    st.integers(1, 6), st.sampled_from(["layer", "rms"]), st.booleans(), st.sampled_from(lightning.SCHEDULES),
    st.booleans(), st.integers(0, 9),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    length: int, norm: Any, positions: bool, schedule: Any, block: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    how = {"d_model": 6, "heads": 3, "norm": norm, "positions": positions, "schedule": schedule, "eps": 0.1}
    layer = TransNormer(**how, hidden=5) if block else LightningAttention(**how, layer=1, depth=3, block=4)
    check_layer(rng, layer, rng.standard_normal((2, length, 6)))


def normed(x: np.ndarray, p: plain.Parameters, name: str) -> np.ndarray:
    if f"{name}.weight" not in p:
        return plain.rms(x, 1e-6)
    x = x - x.mean(axis=-1, keepdims=True)
    return plain.rms(x, 1e-6) * p[f"{name}.weight"] + p[f"{name}.bias"]


def lightning_by_hand(p: plain.Parameters, x: np.ndarray, slopes: list[float]) -> np.ndarray:
    q, k, v = (plain.silu(x @ p[f"{name}.weight"].T).reshape(len(x), len(slopes), -1) for name in "qkv")
    o = np.zeros_like(v)
    for head, slope in enumerate(slopes):
        for t in range(len(x)):
            for s in range(t + 1):
                turn = np.cos((t - s) * p["theta"][head]) if "theta" in p else 1.0
                score = (q[t, head] * k[s, head] * turn).sum()
                o[t, head] += np.exp(-slope * (t - s)) * score * v[s, head]
    gate = plain.sigmoid(x @ p["gate_in.weight"].T @ p["gate.weight"].T)
    return (normed(o.reshape(len(x), -1), p, "norm") * gate) @ p["o.weight"].T


@pytest.mark.parametrize("norm", ["rms", "layer"])
@pytest.mark.parametrize("positions", [False, True])
def test_the_block_is_its_equation(norm: Any, positions: bool, rng: np.random.Generator) -> None:
    layer = TransNormer(d_model=6, heads=2, hidden=5, layer=1, depth=3, norm=norm, positions=positions)
    p = {name: a + 0.3 * rng.standard_normal(a.shape) for name, a in layer.parameters.items()}
    layer.parameters.update(p)
    x = rng.standard_normal((2, 6, 6))
    x[1] *= 1e-3  # where the norms feel their epsilons
    y, _ = layer.forward(x)
    mixer, mlp = plain.part(p, "mixer"), plain.part(p, "mlp")
    slopes = [2**-4 * (1 - 1 / 2 + 1e-5), 2**-8 * (1 - 1 / 2 + 1e-5)]
    for i in range(2):
        stream = x[i] + lightning_by_hand(mixer, normed(x[i], p, "norm1"), slopes)
        n = normed(stream, p, "norm2")
        stream = stream + (n @ mlp["gate.weight"].T * (n @ mlp["hidden.weight"].T)) @ mlp["out.weight"].T
        assert near(y[i], stream)


@pytest.mark.parametrize("positions", [False, True])
def test_positions_go_on_where_a_piece_ends(positions: bool, rng: np.random.Generator) -> None:
    layer = TransNormer(d_model=6, heads=3, hidden=5, positions=positions)
    x, dy = rng.standard_normal((2, 9, 6)), rng.standard_normal((2, 9, 6))
    whole, cache = layer.forward(x)
    _, before = layer.forward(x[:, :4])
    rest, after = layer.forward(x[:, 4:], before.state)
    assert np.allclose(rest, whole[:, 4:], rtol=NEAR, atol=NEAR)
    assert after.state.position == cache.state.position == 9
    dlast, late = layer.backward(dy[:, 4:], after)
    assert np.allclose(dlast, layer.backward(dy, cache)[0][:, 4:], rtol=NEAR, atol=NEAR)
    assert late["state"].memory.shape == before.state.memory.shape


def test_the_gate_lies_between_half_of_what_was_normed_and_all_of_it(rng: np.random.Generator) -> None:
    layer, x = LightningAttention(d_model=6, heads=3), rng.random((2, 5, 6))
    layer.parameters["o.weight"] = np.eye(6)
    layer.parameters["gate.weight"] *= 0
    half, _ = layer.forward(x)
    layer.parameters["gate_in.weight"] = np.ones((2, 6))
    layer.parameters["gate.weight"] = np.full((6, 2), 1e3)
    whole, _ = layer.forward(x)
    assert np.allclose(2 * half, whole, rtol=NEAR, atol=NEAR)
    layer.parameters["gate.weight"] *= -1
    assert not layer.forward(x)[0].any()


def test_heads_that_never_forget_weigh_all_steps_alike(rng: np.random.Generator) -> None:
    layer, x = LightningAttention(d_model=6, heads=3, schedule="none"), rng.standard_normal((2, 5, 6))
    _, cache = layer.forward(x)
    _, same = layer.forward(x[:, [1, 0, 2, 3, 4]])
    assert np.allclose(cache.read[:, 4], same.read[:, 4], rtol=NEAR, atol=NEAR)


def test_what_does_not_fit_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"heads is 4; it must divide d_model, 6"):
        make("lightning", d_model=6, heads=4)
    with pytest.raises(RequestError, match=r"layer is 2; it must be below depth, 2"):
        make("transnormer", d_model=6, heads=3, layer=2, depth=2)
