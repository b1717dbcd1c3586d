"""Gated attention for language models: its limits, its equivalences, and its cache of keys and values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.layers.gated_sdpa import GatedSDPA, State
from neurogate.attention.layers.gated_sdpa_checkpoints import from_published, split_rows
from neurogate.errors import RequestError
from tests.attention.gradients import check, check_layer
from tests.attention.nearness import near
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]
POSITIONS = ("G1", "G2", "G3", "G4", "G5")


def small(**more: Any) -> GatedSDPA:
    return GatedSDPA(**({"d_model": 6, "heads": 4, "kv_heads": 2, "head_width": 4, "sd": 0.5} | more))


def like(other: GatedSDPA, **more: Any) -> GatedSDPA:
    """Return a layer with the other's parameters, as far as it has them."""
    layer = small(**more)
    layer.parameters.update({k: a for k, a in other.parameters.items() if k in layer.parameters})
    return layer


def away_from_the_start(rng: np.random.Generator, layer: GatedSDPA) -> GatedSDPA:
    """Move all parameters off their start."""
    for name, array in layer.parameters.items():
        layer.parameters[name] = array + 0.5 * rng.standard_normal(array.shape)
    return layer


def written_out(layer: GatedSDPA, x: np.ndarray) -> np.ndarray:
    """Attend token by token, with the equations of the paper and of Qwen3-Next, for one sequence."""
    p, h, half = layer.parameters, layer.head_width, int(layer.rotary * layer.head_width) // 2
    offset = 1.0 if layer.unit_offset else 0.0

    def logits(t: int, heads: int) -> np.ndarray:
        return (p["gate.weight"] @ x[t] + p["gate.bias"]).reshape(heads, -1)

    def projected(name: str, t: int, heads: int, place: str) -> np.ndarray:
        u = (p[f"{name}.weight"] @ x[t] + p[f"{name}.bias"]).reshape(heads, h)
        if name != "v":
            root = np.sqrt((u**2).mean(axis=1, keepdims=True) + layer.eps)
            u = u / root * (offset + p[f"{name}_norm.weight"])
        if layer.position == place:
            u = u / (1 + np.exp(-logits(t, heads)))
        if name != "v":
            for i in range(half):
                angle = t * layer.rotary_base ** (-i / half)
                a, b = u[:, i].copy(), u[:, half + i].copy()
                u[:, i] = a * np.cos(angle) - b * np.sin(angle)
                u[:, half + i] = b * np.cos(angle) + a * np.sin(angle)
        return u

    k, v = (np.stack([projected(name, t, layer.kv_heads, place) for t in range(len(x))])
            for name, place in (("k", "G3"), ("v", "G2")))  # fmt: skip
    rows = []
    for t in range(len(x)):
        q, o = projected("q", t, layer.heads, "G4"), np.zeros((layer.heads, h))
        for head in range(layer.heads):
            group = head // (layer.heads // layer.kv_heads)
            odds = np.exp(k[: t + 1, group] @ q[head] / np.sqrt(h))
            o[head] = odds @ v[: t + 1, group] / odds.sum()
        if layer.position == "G1":
            o = o / (1 + np.exp(-logits(t, layer.heads)))
        y = p["o.weight"] @ o.reshape(-1) + p["o.bias"]
        rows.append(y / (1 + np.exp(-logits(t, 1)[0])) if layer.position == "G5" else y)
    return np.stack(rows)


@pytest.mark.parametrize(("position", "variant"), [
    *((position, {"unit_offset": True, "rotary": 0.5, "rotary_base": 50.0, "eps": 0.1})
      for position in POSITIONS),
    *((position, {"gate": gate}) for position in POSITIONS for gate in ("elementwise", "headwise")
      if (position, gate) != ("G5", "headwise")),
])  # fmt: skip
def test_a_pass_and_steps_are_the_equations_written_out(
    position: str, variant: dict[str, Any], rng: np.random.Generator
) -> None:
    layer = away_from_the_start(rng, small(position=position, head_width=8, bias=True, **variant))
    x = rng.standard_normal((2, 5, 6))
    wanted = np.stack([written_out(layer, each) for each in x])
    assert near(layer.forward(x)[0], wanted)
    _, cache = layer.forward(x[:, :3])
    state: Any = cache.state
    for t in (3, 4):
        y, state = layer.step(x[:, t], state)
        assert near(y, wanted[:, t])


def test_norms_of_either_form_start_as_1() -> None:
    for offset in (True, False):
        layer = small(unit_offset=offset)
        assert all((layer.parameters[f"{name}_norm.weight"] == 1 - offset).all() for name in "qk")


@settings(max_examples=8)
@given(
    st.integers(0, 9), st.sampled_from(POSITIONS), st.booleans(), st.booleans(),
    st.sampled_from([("sigmoid", "multiply"), ("silu", "add"), ("silu", "multiply")]), st.integers(1, 5),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, position: str, headwise: bool, flag: bool, how: tuple[str, str], length: int
) -> None:
    rng = np.random.default_rng(seed)
    layer = small(
        position=position, gate="headwise" if headwise and position != "G5" else "elementwise",
        shared=flag and position != "G5", bias=flag, qk_norm=not flag, unit_offset=headwise,
        rotary=0.5 if headwise else 1.0, activation=how[0], combine=how[1], causal=not flag,
    )  # fmt: skip
    mask = rng.random((2, 1, length, length)) < 0.7
    check_layer(rng, layer, rng.standard_normal((2, length, 6)), mask=mask)


@pytest.mark.parametrize("position", POSITIONS)
def test_an_open_gate_is_plain_attention_and_a_closed_one_of_values_is_0(
    position: str, rng: np.random.Generator
) -> None:
    layer = small(position=position, bias=True)
    x = rng.standard_normal((2, 5, 6))
    layer.parameters["gate.weight"] *= 0
    layer.parameters["gate.bias"] += 1e3
    plain, _ = like(layer, gate="none", bias=True).forward(x)
    assert np.array_equal(layer.forward(x)[0], plain)
    layer.parameters["gate.bias"] -= 2e3
    if position in ("G1", "G2", "G5"):
        closed = layer.parameters["o.bias"] * (position != "G5")
        assert np.array_equal(layer.forward(x)[0], np.broadcast_to(closed, x.shape))


def test_a_constant_gate_scales_plain_attention(rng: np.random.Generator) -> None:
    layer = small()
    x = rng.standard_normal((2, 5, 6))
    layer.parameters["gate.weight"] *= 0
    plain, _ = like(layer, gate="none").forward(x)
    assert np.allclose(layer.forward(x)[0], plain / 2, atol=NEAR)


@pytest.mark.parametrize(
    ("position", "elsewhere"), [("G1", False), ("G2", True), ("G3", True), ("G4", False)]
)
def test_a_gate_belongs_to_the_query_or_to_the_token_that_is_looked_at(
    position: str, elsewhere: bool, rng: np.random.Generator
) -> None:
    layer = small(position=position, qk_norm=False, bias=True)
    for name in ("q", "k", "v"):
        layer.parameters[f"{name}.weight"][:, 0] = 0  # the first feature is seen by the gate alone
    x = rng.standard_normal((1, 5, 6))
    moved = x.copy()
    moved[0, 2, 0] += 1
    changed = np.abs(layer.forward(moved)[0] - layer.forward(x)[0])[0].max(axis=-1) > 1e-9
    assert changed.tolist() == [False, False, True, elsewhere, elsewhere]


@pytest.mark.parametrize("position", ["G3", "G4"])
def test_a_gate_of_a_whole_head_rescales_logits_alone(position: str, rng: np.random.Generator) -> None:
    layer = small(position=position, gate="headwise", causal=False)
    x = rng.standard_normal((1, 5, 6))
    _, plain = like(layer, gate="none", causal=False).forward(x)
    _, cache = layer.forward(x)
    values = cache.inputs["k" if position == "G3" else "q"].gate.values
    scale = values.swapaxes(-1, -2).repeat(2, axis=1) if position == "G3" else values
    scores = plain.attention.likeness.q @ plain.attention.likeness.k.swapaxes(-1, -2) * scale
    wanted = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    assert np.allclose(cache.attention.weights, wanted, atol=NEAR)


def test_headwise_is_elementwise_with_equal_rows(rng: np.random.Generator) -> None:
    headwise = small(gate="headwise")
    elementwise = like(headwise, gate="elementwise")
    elementwise.parameters["gate.weight"] = headwise.parameters["gate.weight"].repeat(4, axis=0)
    x = rng.standard_normal((2, 5, 6))
    assert np.allclose(headwise.forward(x)[0], elementwise.forward(x)[0], atol=NEAR)


def test_a_shared_gate_is_that_of_each_head(rng: np.random.Generator) -> None:
    shared = small(shared=True)
    each = small()
    each.parameters.update(
        shared.parameters | {"gate.weight": np.tile(shared.parameters["gate.weight"], (4, 1))}
    )
    x = rng.standard_normal((2, 5, 6))
    assert np.allclose(shared.forward(x)[0], each.forward(x)[0], atol=NEAR)


def test_groups_of_heads_are_full_heads_with_repeated_keys(rng: np.random.Generator) -> None:
    grouped = small()
    full = small(kv_heads=4)
    full.parameters.update(grouped.parameters)
    for name in ("k.weight", "v.weight"):
        rows = grouped.parameters[name].reshape(2, 4, 6)
        full.parameters[name] = rows.repeat(2, axis=0).reshape(16, 6)
    x = rng.standard_normal((2, 5, 6))
    assert np.allclose(grouped.forward(x)[0], full.forward(x)[0], atol=NEAR)


@pytest.mark.parametrize("position", POSITIONS)
def test_gradients_of_a_state_are_those_of_finite_differences(
    position: str, rng: np.random.Generator
) -> None:
    layer = small(position=position, unit_offset=True, rotary=0.5)
    x = rng.standard_normal((2, 3, 6))
    keys, values = rng.standard_normal((2, 2, 2, 4, 4))
    y, cache = layer.forward(x, State(keys, values))
    dy = rng.standard_normal(y.shape)
    state = layer.backward(dy, cache)[1]["state"]
    check(rng, lambda **given: layer.forward(x, State(**given))[0], {"keys": keys, "values": values},
          {"keys": state.keys, "values": state.values}, dy)  # fmt: skip


def test_gradients_of_a_carried_state_are_those_of_one_pass(rng: np.random.Generator) -> None:
    layer = small(gate="headwise")
    x, dy = rng.standard_normal((2, 2, 6, 6))
    dy[:, :4] = 0
    whole, _ = layer.backward(dy, layer.forward(x)[1])
    _, first = layer.forward(x[:, :4])
    _, second = layer.forward(x[:, 4:], first.state)
    dx, gradients = layer.backward(dy[:, 4:], second)
    assert np.allclose(dx, whole[:, 4:], atol=NEAR)
    assert gradients["state"].keys.shape == first.state.keys.shape


def test_a_mask_that_hides_every_key_leaves_nothing(rng: np.random.Generator) -> None:
    layer = small()
    y, cache = layer.forward(rng.standard_normal((1, 3, 6)), mask=np.zeros((3, 3), bool))
    assert not y.any()
    assert not layer.backward(np.ones_like(y), cache)[0].any()


def test_rows_of_both_published_layouts_are_told_apart() -> None:
    names = np.array([f"{kind}{head}{row}" for head in range(4) for kind, rows in (("q", 3), ("g", 1))
                      for row in range(rows)])  # fmt: skip
    queries, gates = split_rows(names, 4, queries=12)
    assert list(queries) == [f"q{head}{row}" for head in range(4) for row in range(3)]
    assert list(gates) == [f"g{head}0" for head in range(4)]
    by_group = np.concatenate([queries[:6], gates[:2], queries[6:], gates[2:]])
    assert [list(part) for part in split_rows(by_group, 2, queries=12)] == [list(queries), list(gates)]


@pytest.mark.parametrize("gate", ["elementwise", "headwise", "none"])
@pytest.mark.parametrize("layout", ["group", "head"])
def test_a_published_checkpoint_becomes_our_parameters(layout: Any, gate: str) -> None:
    wanted = small(gate=gate, bias=True).parameters
    groups = 2 if layout == "group" else 4
    theirs = {
        name if "norm" in name else name.replace(".", "_proj."): array for name, array in wanted.items()
    }
    theirs = {name: array for name, array in theirs.items() if not name.startswith("gate")}
    for which in ("weight", "bias"):
        parts = [wanted[f"{part}.{which}"] for part in ("q", "gate") if f"{part}.{which}" in wanted]
        rows = [np.split(array, groups) for array in parts]
        theirs[f"q_proj.{which}"] = np.concatenate([part[group] for group in range(groups) for part in rows])
    found = from_published(theirs, heads=4, kv_heads=2, layout=layout)
    assert found.keys() == wanted.keys()
    assert all(np.array_equal(found[name], wanted[name]) for name in wanted)


def test_what_does_not_fit_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"head_width is 5 and rotary 1\.0, so that 5 features would turn"):
        make("gated_sdpa", d_model=4, heads=2, kv_heads=2, head_width=5)
    with pytest.raises(RequestError, match="kv_heads is 3; it must divide heads, 4"):
        make("gated_sdpa", d_model=4, heads=4, kv_heads=3)
    with pytest.raises(RequestError, match="position is G5"):
        make("gated_sdpa", d_model=4, position="G5", gate="headwise")
    with pytest.raises(RequestError, match=r"fused \(7, 2\): 2 groups cannot share its rows"):
        split_rows(np.ones((7, 2)), 2, queries=4)
    layer = small()
    with pytest.raises(RequestError, match=r"x \(3, 2, 6\), state.keys \(2, 2, 0, 4\)"):
        layer.forward(np.ones((3, 2, 6)), layer.start(2))
    with pytest.raises(RequestError, match=r"tensors lacks k_proj\.weight\. It has q_proj\.weight\."):
        from_published({"q_proj.weight": np.ones((4, 2))}, heads=2, kv_heads=1, layout="head")
    with pytest.raises(RequestError, match="causal is False: a token looks at later ones too"):
        small(causal=False).step(np.ones((2, 6)), None)
    with pytest.raises(RequestError, match="the masks must broadcast"):
        layer.forward(np.ones((1, 3, 6)), mask=np.ones((2, 2), bool))
