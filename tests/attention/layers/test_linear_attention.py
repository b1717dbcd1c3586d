"""Linear attention to both sides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurogate.attention import make
from neurogate.attention.layers.linear_attention import LinearAttention
from neurogate.errors import RequestError
from tests.attention.nearness import near


def made(rng: np.random.Generator, **more: Any) -> LinearAttention:
    layer = LinearAttention(d_model=6, heads=2, **more)
    for name, array in layer.parameters.items():
        layer.parameters[name] = array + 0.5 * rng.standard_normal(array.shape)
    return layer


@pytest.mark.parametrize("more", [{}, {"eps": 0.5}])
def test_it_is_its_equation_pair_by_pair(more: dict[str, float], rng: np.random.Generator) -> None:
    layer, x = made(rng, **more), rng.standard_normal((2, 7, 6))
    y, _ = layer.forward(x)
    p, eps = layer.parameters, more.get("eps", 1e-6)
    q, k, v = ((x @ p[f"{n}.weight"].T + p[f"{n}.bias"]).reshape(2, 7, 2, 3) for n in "qkv")
    q, k = (np.where(u > 0, u + 1, np.exp(np.minimum(u, 0))) for u in (q, k))
    scores = np.einsum("bihc,bjhc->bhij", q, k)
    weights = scores / (scores.sum(axis=-1, keepdims=True) + 7 * eps)
    o = np.einsum("bhij,bjhc->bihc", weights, v).reshape(2, 7, 6)
    assert near(y, o @ p["o.weight"].T + p["o.bias"])


def test_tokens_that_agree_on_a_value_all_collect_it(rng: np.random.Generator) -> None:
    layer, x = made(rng, eps=1e-13), rng.standard_normal((1, 9, 6))
    layer.parameters.update({"v.weight": np.zeros((6, 6)), "o.weight": np.eye(6), "o.bias": np.zeros(6)})
    assert near(layer.forward(x)[0], layer.parameters["v.bias"] * np.ones((1, 9, 1)))


def test_the_order_of_tokens_does_not_matter_and_each_sees_all(rng: np.random.Generator) -> None:
    layer, x = made(rng), rng.standard_normal((1, 6, 6))
    y, _ = layer.forward(x)
    assert near(layer.forward(x[:, ::-1])[0], y[:, ::-1])
    moved = x.copy()
    moved[:, 5] += 1.0
    assert (np.abs(layer.forward(moved)[0] - y).max(axis=-1) > 1e-6).all()


def test_heads_that_do_not_divide_the_width_are_a_sentence() -> None:
    with pytest.raises(RequestError, match="heads is 4; it must divide d_model, 6"):
        make("linear_attention", d_model=6, heads=4)
