"""Non-linear residual gates: their limits, and what is learnt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.blocks import multi_head
from neurogate.attention.layers.norga import NonlinearResidualGates
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]


def small(**more: Any) -> NonlinearResidualGates:
    return NonlinearResidualGates(**({"d_model": 8, "heads": 2, "prompts": 3} | more))


@settings(max_examples=4)
@given(st.integers(0, 9), st.sampled_from(["sigmoid", "gelu", "elu"]), st.integers(1, 4), st.integers(0, 3))
def test_gradients_are_those_of_finite_differences(
    seed: int, activation: str, length: int, prompts: int
) -> None:
    rng = np.random.default_rng(seed)
    layer = small(activation=activation, prompts=prompts)
    x = rng.standard_normal((2, length, 8))
    check_layer(rng, layer, x)
    check_layer(rng, layer, x, rng.standard_normal((2, 2, prompts, 2, 4)))


def prefix_tuning(layer: NonlinearResidualGates, x: np.ndarray, factor: float = 1.0) -> np.ndarray:
    """Return attention to prompts and tokens, scores of prompts multiplied by a factor."""
    p = layer.parameters
    q, k, v = (multi_head.split(x @ p[f"{name}.weight"].T + p[f"{name}.bias"], layer.heads) for name in "qkv")
    keys, values = (
        np.concatenate([np.broadcast_to(p[f"prompt.{name}"].swapaxes(0, 1), (len(x), 2, 3, 4)), u], axis=2)
        for name, u in (("keys", k), ("values", v))
    )
    scores = q @ keys.swapaxes(-1, -2) / 2
    scores[..., :3] *= factor
    e = np.exp(scores)
    o = e / e.sum(axis=-1, keepdims=True) @ values
    return multi_head.joined(o) @ p["o.weight"].T + p["o.bias"]


def test_without_tau_it_is_prefix_tuning(rng: np.random.Generator) -> None:
    layer, x = small(), rng.standard_normal((2, 5, 8))
    layer.parameters["tau"] = np.zeros(1)
    assert np.allclose(layer.forward(x)[0], prefix_tuning(layer, x), atol=NEAR)


def test_without_bending_scores_of_prompts_scale(rng: np.random.Generator) -> None:
    layer, x = small(activation="identity"), rng.standard_normal((2, 5, 8))
    layer.parameters.update({"alpha": np.full(1, 1.3), "tau": np.full(1, 0.7)})
    assert np.allclose(layer.forward(x)[0], prefix_tuning(layer, x, 1 + 1.3 * 0.7), atol=NEAR)


def test_without_prompts_it_is_plain_attention(rng: np.random.Generator) -> None:
    layer, x = small(prompts=0), rng.standard_normal((2, 5, 8))
    wanted, _ = multi_head.forward(x, x, x, layer.parameters, heads=2)
    assert np.allclose(layer.forward(x)[0], wanted, atol=NEAR)


def test_the_order_of_prompts_is_no_matter(rng: np.random.Generator) -> None:
    layer, x = small(), rng.standard_normal((2, 5, 8))
    y, _ = layer.forward(x)
    for name in ("prompt.keys", "prompt.values"):
        layer.parameters[name] = layer.parameters[name][[2, 0, 1]]
    assert np.allclose(layer.forward(x)[0], y, atol=NEAR)


def test_if_frozen_only_prompts_and_scales_learn(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 5, 8))
    layer, free = small(frozen=True), small()
    dx, gradients = layer.backward(x, layer.forward(x)[1])
    wanted, every = free.backward(x, free.forward(x)[1])
    assert gradients.keys() == {"prompt.keys", "prompt.values", "alpha", "tau"}
    assert all(np.array_equal(gradients[name], every[name]) for name in gradients)
    assert np.array_equal(dx, wanted)


def test_prompts_of_each_input_do_not_mix(rng: np.random.Generator) -> None:
    layer, x = small(), rng.standard_normal((2, 5, 8))
    prompt = rng.standard_normal((2, 2, 3, 2, 4))
    together, _ = layer.forward(x, prompt)
    for i in range(2):
        assert np.allclose(layer.forward(x[i : i + 1], prompt[i : i + 1])[0], together[i], atol=NEAR)


def test_a_prompt_of_any_length_leaves_the_own_prompts_alone(rng: np.random.Generator) -> None:
    layer, x = small(), rng.standard_normal((2, 5, 8))
    for count in (0, 1, 7):
        prompt = rng.standard_normal((2, 2, count, 2, 4))
        (_, dprompt), gradients = layer.backward(x, layer.forward(x, prompt)[1])
        assert dprompt.shape == prompt.shape
        for name in ("prompt.keys", "prompt.values"):
            assert gradients[name].shape == layer.parameters[name].shape
            assert not gradients[name].any()


def test_what_does_not_fit_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="heads is 3; it must divide d_model, 8"):
        make("norga", d_model=8, heads=3)
    with pytest.raises(RequestError, match=r"prompt \(1, 2, 3, 4\): prompt must be \(batch, 2, L, 2, 4\)"):
        small().forward(np.ones((1, 5, 8)), np.ones((1, 2, 3, 4)))
