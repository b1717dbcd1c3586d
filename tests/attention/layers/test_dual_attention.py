"""Attention between places and between channels: symmetries, limits, and DAUNet's block."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.layers.dual_attention import ChannelAttention, DualAttention, PositionAttention
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer
from tests.attention.nearness import near
from tests.attention.plain_images import convolved, normed, parameters_of, relu
from tests.tolerances import TOLERANCE

NEAR: dict[str, Any] = {"rtol": 0, "atol": 10 * TOLERANCE["two ways", "float64"]}
ONES = [PositionAttention(channels=4, inner=2), ChannelAttention(channels=4),
        ChannelAttention(channels=4, likeness="like")]  # fmt: skip


def opened(layer: Any) -> Any:
    layer.parameters["gamma"] = np.array([0.7])
    return layer


@settings(max_examples=5)
@given(
    axes=st.integers(1, 3), likeness=st.sampled_from(["like", "unlike"]), bias=st.booleans(),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(axes: int, likeness: Any, bias: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = 0.5 * rng.standard_normal((2, 4, *(3, 2, 2)[:axes]))
    check_layer(rng, opened(PositionAttention(channels=4, inner=2, axes=axes, bias=bias)), x)
    check_layer(rng, opened(ChannelAttention(channels=4, axes=axes, likeness=likeness)), x)
    layer = DualAttention(channels=4, outputs=3, inner=2, axes=axes, likeness=likeness, rate=0.3)
    check_layer(rng, layer, x, kept=layer.masks(rng, x.shape))


@pytest.mark.parametrize("layer", ONES)
def test_a_gamma_of_0_is_the_identity(layer: Any, rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 4, 3, 5))
    fresh = attrs.evolve(layer)
    y, cache = fresh.forward(x)
    dx, gradients = fresh.backward(x, cache)
    assert np.array_equal(y, x)
    assert np.array_equal(dx, x)
    assert gradients["gamma"].any()


@pytest.mark.parametrize("layer", ONES)
def test_places_in_another_order_give_the_output_in_that_order(layer: Any, rng: np.random.Generator) -> None:
    x, order = rng.standard_normal((2, 4, 15)), rng.permutation(15)
    y, _ = opened(layer).forward(x.reshape(2, 4, 3, 5))
    moved, _ = layer.forward(x[:, :, order].reshape(2, 4, 3, 5))
    assert np.allclose(moved.reshape(2, 4, 15), y.reshape(2, 4, 15)[:, :, order], **NEAR)


@pytest.mark.parametrize("likeness", ["like", "unlike"])
def test_the_weights_between_channels_know_no_order_of_places(
    likeness: Any, rng: np.random.Generator
) -> None:
    layer = ChannelAttention(channels=4, likeness=likeness)
    x, order = rng.standard_normal((2, 4, 3, 5)), rng.permutation(3)
    weights, moved = (layer.forward(a)[1].weights for a in (x, x[:, :, order]))
    assert np.allclose(weights, moved, **NEAR)
    assert np.allclose(weights.sum(axis=-1), 1, **NEAR)


def test_rows_of_the_weights_between_places_sum_to_1(rng: np.random.Generator) -> None:
    _, cache = ONES[0].forward(rng.standard_normal((2, 4, 3, 5)))
    assert cache.attention.weights.shape == (2, 1, 15, 15)
    assert np.allclose(cache.attention.weights.sum(axis=-1), 1, **NEAR)


def test_unlike_channels_are_those_whose_score_is_far_below_the_largest(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 4, 3, 5))
    flat = x.reshape(2, 4, 15)
    scores = flat @ flat.swapaxes(1, 2)
    below = np.exp(scores.max(axis=-1, keepdims=True) - scores)
    _, cache = ChannelAttention(channels=4).forward(x)
    assert np.allclose(cache.weights, below / below.sum(axis=-1, keepdims=True), **NEAR)


@pytest.mark.parametrize("likeness", ["like", "unlike"])
def test_the_block_is_its_equation(likeness: Any, rng: np.random.Generator) -> None:
    layer = DualAttention(channels=4, outputs=3, inner=2, axes=2, likeness=likeness, rate=0.25)
    for name, array in layer.parameters.items():
        layer.parameters[name] = array + 0.3 * rng.standard_normal(array.shape)
    x = rng.standard_normal((2, 4, 3, 5))
    kept = layer.masks(rng, x.shape)
    p = layer.parameters
    flat = x.reshape(2, 4, 15)
    q, k, v = (p[f"position.attention.{name}.weight"].reshape(-1, 4) @ flat for name in "qkv")
    weights = np.exp(q.swapaxes(1, 2) @ k)
    weights /= weights.sum(axis=-1, keepdims=True)
    places = x + p["position.attention.gamma"] * (v @ weights.swapaxes(1, 2)).reshape(x.shape)
    scores = np.exp(flat @ flat.swapaxes(1, 2) * (1 if likeness == "like" else -1))
    scores /= scores.sum(axis=-1, keepdims=True)
    told = (scores.swapaxes(1, 2) if likeness == "like" else scores) @ flat
    channels = x + p["channel.attention.gamma"] * told.reshape(x.shape)
    total = np.zeros_like(x)
    for name, branch in (("position", places), ("channel", channels)):
        first, second = parameters_of(p, f"{name}.first", f"{name}.second")
        bent = relu(normed(convolved(branch, first, before=1), first, 1e-3))
        total += convolved(bent * kept[name] / 0.75, second, before=1)
    (out,) = parameters_of(p, "out")
    wanted = normed(convolved(total * kept["sum"] / 0.75, out), out, 1e-3)
    assert near(layer.forward(x, kept=kept)[0], wanted)


def test_at_the_start_the_block_does_not_attend(rng: np.random.Generator) -> None:
    layer, x = DualAttention(channels=4, outputs=3, inner=2, axes=2), rng.standard_normal((2, 4, 3, 5))
    before, _ = layer.forward(x)
    for name in "qkv":
        layer.parameters[f"position.attention.{name}.weight"] = rng.standard_normal(
            (4 if name == "v" else 2, 4)
        )
    assert np.array_equal(layer.forward(x)[0], before)


def test_evaluation_uses_running_statistics_of_each_part(rng: np.random.Generator) -> None:
    layer, x = DualAttention(channels=4, outputs=3, axes=2), rng.standard_normal((2, 4, 3, 5))
    _, cache = layer.forward(x)
    assert sorted(cache.statistics) == ["channel.first", "out", "position.first"]
    together, _ = layer.forward(x, cache.statistics, training=False)
    alone, _ = layer.forward(x[:1], cache.statistics, training=False)
    assert np.allclose(alone, together[:1], **NEAR)


def test_images_that_do_not_fit_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"x \(2, 3, 5, 5\): x must be \(batch, 4, 2 spatial axes"):
        ONES[0].forward(np.ones((2, 3, 5, 5)))
