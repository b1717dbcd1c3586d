"""Eviction of keys: limits, what is forgotten, and decoding from what was kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.blocks import multi_head
from neurogate.attention.layers.eviction_gate import EvictionGate
from neurogate.attention.operators import masks
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer
from tests.attention.nearness import near
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]


def small(**more: Any) -> EvictionGate:
    settings = {"d_model": 12, "heads": 3, "gate_width": 4, "gate_heads": 2, "sd": 0.5, "opening": 0.0}
    return EvictionGate(**(settings | more))


@settings(max_examples=5)
@given(st.integers(0, 9), st.integers(1, 5), st.integers(1, 2))
def test_gradients_of_the_soft_gate_are_those_of_finite_differences(
    seed: int, length: int, batch: int
) -> None:
    rng = np.random.default_rng(seed)
    check_layer(rng, small(hard=False), rng.standard_normal((batch, length, 12)))


def test_a_gate_that_is_wide_open_is_causal_attention(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 6, 12))
    layer = small(opening=1e3)
    wanted, _ = multi_head.forward(x, x, x, layer.parameters, heads=3, mask=masks.causal(6, 6))
    assert np.allclose(layer.forward(x)[0], wanted, atol=NEAR)


def test_if_all_is_evicted_each_token_has_its_own_value(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 6, 12))
    layer = small(opening=-1e3)
    own = x @ layer.parameters["v.weight"].T @ layer.parameters["o.weight"].T
    assert np.allclose(layer.forward(x)[0], own, atol=NEAR)


def test_what_was_evicted_changes_nothing_later(rng: np.random.Generator) -> None:
    x = rng.standard_normal((1, 6, 12))
    moved = x.copy()
    moved[0, 2] += 1
    layer = small()
    for everyone_keeps in (True, False):
        keep = np.ones((1, 3, 6), bool)
        keep[:, :, 2] = everyone_keeps
        after, before = (layer.forward(each, keep)[0] for each in (moved, x))
        changed = np.abs(after - before)[0].max(axis=-1) > 1e-9
        assert changed.tolist() == [False, False, True] + [everyone_keeps] * 3


def test_the_slope_of_a_flag_goes_straight_through_to_its_probability(rng: np.random.Generator) -> None:
    x, dy = rng.standard_normal((2, 1, 6, 12))
    layer = small()
    _, cache = layer.forward(x)
    _, gradients = layer.backward(dy, cache)
    e = np.exp(cache.attention.scores - cache.attention.log_total) * np.tri(6, k=-1)
    dw = multi_head.split(dy @ layer.parameters["o.weight"], 3) @ cache.attention.v.swapaxes(-1, -2)
    w = cache.attention.weights
    dp = (e * (dw - (dw * w).sum(axis=-1, keepdims=True))).sum(axis=-2)
    slope = cache.probability * (1 - cache.probability)
    assert np.allclose(gradients["gate.bias"], (dp * slope).sum(axis=(0, 2)), atol=NEAR)


def test_heads_evict_for_themselves(rng: np.random.Generator) -> None:
    x = rng.standard_normal((1, 6, 12))
    layer = small()
    layer.parameters["o.weight"] = np.eye(12)
    keep = rng.random((1, 3, 6)) < 0.5
    other = keep.copy()
    other[:, 1] = ~keep[:, 1]
    changed = (layer.forward(x, other)[0] != layer.forward(x, keep)[0]).reshape(6, 3, 4).any(axis=(0, 2))
    assert changed.tolist() == [False, True, False]


def test_decoding_from_what_was_kept_is_one_masked_pass(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 9, 12))
    layer = small()
    _, cache = layer.forward(x[:, :6])
    keep = np.concatenate([cache.keep > 0.5, np.ones((2, 3, 3), bool)], axis=-1)
    assert not keep.all()
    whole, _ = layer.forward(x, keep)
    state = layer.evicted(cache)
    assert state.keys.shape[2] == keep[:, :, :6].sum(axis=-1).max() < 6
    for t in range(6, 9):
        y, state = layer.step(x[:, t], state)
        assert np.allclose(y, whole[:, t], atol=NEAR)


def test_decoding_from_soft_flags_is_the_soft_pass(rng: np.random.Generator) -> None:
    layer, x = small(hard=False), rng.standard_normal((2, 9, 12))
    _, cache = layer.forward(x[:, :6])
    q, k, v = (
        (x @ layer.parameters[f"{name}.weight"].T).reshape(2, 9, 3, 4).swapaxes(1, 2) for name in "qkv"
    )
    m = np.ones((2, 3, 9))
    m[:, :, :6] = cache.probability
    assert m.min() < 0.4
    state = layer.evicted(cache)
    for t in range(6, 9):
        odds = np.exp((q[:, :, t, None] * k[:, :, : t + 1]).sum(axis=-1) / 2) * m[:, :, : t + 1]
        o = (odds[..., None] * v[:, :, : t + 1]).sum(axis=2) / odds.sum(axis=2)[..., None]
        y, state = layer.step(x[:, t], state)
        assert near(y, o.reshape(2, 12) @ layer.parameters["o.weight"].T)


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 0.8, 1.0])
def test_a_key_is_kept_above_the_threshold_and_evicted_at_it(
    threshold: float, rng: np.random.Generator
) -> None:
    layer, x = small(threshold=threshold), rng.standard_normal((2, 6, 12))
    layer.parameters["gate.weight"] *= 5
    _, cache = layer.forward(x)
    assert cache.probability.min() < 0.3 < 0.8 < cache.probability.max()
    assert np.array_equal(cache.keep, cache.probability > threshold)
    state = layer.evicted(cache)
    assert np.array_equal(state.there.sum(axis=-1), (cache.probability > threshold).sum(axis=-1))
    layer.parameters["gate.weight"] *= 0
    _, even = layer.forward(x)
    assert (even.probability == 0.5).all()
    assert (even.keep == (threshold < 0.5)).all()


def test_flags_from_elsewhere_stand_whatever_the_threshold(rng: np.random.Generator) -> None:
    keep = rng.random((1, 3, 6)) < 0.5
    _, cache = small(threshold=1.0).forward(rng.standard_normal((1, 6, 12)), keep)
    assert np.array_equal(small(threshold=1.0).evicted(cache).there.sum(axis=-1), keep.sum(axis=-1))


def test_what_stays_is_in_the_order_of_the_prompt(rng: np.random.Generator) -> None:
    layer, x, keep = small(), rng.standard_normal((2, 7, 12)), rng.random((2, 3, 7)) < 0.6
    state = layer.evicted(layer.forward(x, keep)[1])
    for name, found in (("k", state.keys), ("v", state.values)):
        every = multi_head.split(x @ layer.parameters[f"{name}.weight"].T, 3)
        for place in np.ndindex(2, 3):
            count = keep[place].sum()
            assert np.allclose(found[place][:count], every[place][keep[place]], rtol=0, atol=NEAR)
            assert (state.there[place] > 0).tolist() == [i < count for i in range(state.there.shape[-1])]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_decoding_from_the_start_is_a_pass_that_keeps_all(dtype: str, rng: np.random.Generator) -> None:
    layer, x = small(), rng.standard_normal((2, 4, 12)).astype(dtype)
    whole, _ = layer.forward(x, np.ones((2, 3, 4), bool))
    for state in (layer.start(2), None):
        for t in range(4):
            y, state = layer.step(x[:, t], state)
            assert np.allclose(y, whole[:, t], atol=TOLERANCE["two ways", dtype])
            assert y.dtype == dtype


def test_flags_from_elsewhere_leave_the_gate_alone(rng: np.random.Generator) -> None:
    layer = small()
    y, cache = layer.forward(rng.standard_normal((1, 4, 12)), np.ones((1, 3, 4), bool))
    _, gradients = layer.backward(np.ones_like(y), cache)
    assert gradients.keys() == layer.parameters.keys()
    assert not any(array.any() for name, array in gradients.items() if name.startswith("gate"))


def test_nothing_to_keep_is_an_empty_cache() -> None:
    layer = small()
    y, cache = layer.forward(np.ones((2, 0, 12)))
    assert y.shape == (2, 0, 12)
    y, state = layer.step(np.ones((2, 12)), layer.evicted(cache))
    assert state.there.shape == (2, 3, 1)


def test_what_does_not_fit_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="gate_heads is 3; it must divide gate_width, 4"):
        make("eviction_gate", d_model=12, heads=3, gate_width=4, gate_heads=3)
    with pytest.raises(RequestError, match=r"keep \(1, 3\): keep must be of true and false"):
        small().forward(np.ones((1, 4, 12)), np.ones((1, 3), bool))
    layer = small()
    _, cache = layer.forward(np.ones((2, 4, 12)))
    with pytest.raises(RequestError, match=r"state.keys must be \(1, 3, n, 4\)"):
        layer.step(np.ones((1, 12)), layer.evicted(cache))
    y, told = layer.forward(np.ones((2, 4, 12)), np.ones((2, 3, 4), bool))
    with pytest.raises(RequestError, match="dprobability is given, but so was keep"):
        layer.backward(y, told, np.ones((2, 3, 4)))
    with pytest.raises(RequestError, match=r"dprobability \(3, 4\)"):
        layer.backward(y, cache, np.ones((3, 4)))
    with pytest.raises(RequestError, match=r"batch is -1\. Give a whole number of sequences"):
        layer.start(-1)
