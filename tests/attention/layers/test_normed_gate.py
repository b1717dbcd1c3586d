"""The gates of AGUNet and EAR-U-Net: their limits, and how both differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.layers.normed_gate import ConcatenatingGate, EarGate
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer
from tests.tolerances import TOLERANCE

BOTH = pytest.mark.parametrize("name", ["concatenating_gate", "ear_gate"])


def made(name: str, rng: np.random.Generator, **more: Any) -> tuple[Any, np.ndarray, np.ndarray]:
    layer = make(name, channels=4, gating=3, axes=2, **more)
    return layer, rng.standard_normal((2, 4, 5, 3)), rng.standard_normal((2, 3, 5, 3))


@BOTH
@settings(max_examples=4)
@given(axes=st.integers(1, 3), training=st.booleans(), batch=st.integers(1, 3), seed=st.integers(0, 99))
def test_gradients_are_those_of_finite_differences(
    name: str, axes: int, training: bool, batch: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    sizes = (5, 3, 2)[:axes]
    layer = make(name, channels=3, gating=2, inner=2, axes=axes)
    x, g = rng.standard_normal((batch, 3, *sizes)), rng.standard_normal((batch, 2, *sizes))
    check_layer(rng, layer, x, g, training=training)


@BOTH
def test_an_open_gate_is_x_and_a_closed_one_nothing(name: str, rng: np.random.Generator) -> None:
    layer, x, g = made(name, rng)
    layer.parameters["psi.norm.bias"] = np.array([1e3])
    assert np.array_equal(layer.forward(x, g)[0], x)
    layer.parameters["psi.norm.bias"] = np.array([-1e3])
    assert not layer.forward(x, g)[0].any()


@BOTH
def test_attention_is_between_0_and_1_for_all_channels_at_once(name: str, rng: np.random.Generator) -> None:
    layer, x, g = made(name, rng)
    y, cache = layer.forward(x, g)
    alpha = cache.gate.values
    assert alpha.shape == (2, 1, 5, 3)
    assert ((alpha > 0) & (alpha < 1)).all()
    assert np.array_equal(y, x * alpha)


@BOTH
def test_evaluation_uses_running_statistics_of_each_part(name: str, rng: np.random.Generator) -> None:
    layer, x, g = made(name, rng)
    _, cache = layer.forward(x, g)
    assert sorted(cache.statistics) == ["g", "psi", "x"]
    together, _ = layer.forward(x, g, cache.statistics, training=False)
    alone, _ = layer.forward(x[:1], g[:1], cache.statistics, training=False)
    assert np.allclose(alone, together[:1], rtol=0, atol=TOLERANCE["two ways", "float64"])


def test_to_concatenate_is_to_rectify_each_alone(rng: np.random.Generator) -> None:
    layer, x, g = made("concatenating_gate", rng, eps=0)
    _, cache = layer.forward(x, g, training=False)
    p = layer.parameters
    of_g, of_x = (
        np.maximum(np.einsum("oi,bihw->bohw", p["g.weight"][..., 0, 0], g), 0),
        np.maximum(np.einsum("oi,bihw->bohw", p["x.weight"][..., 0, 0], x), 0),
    )
    psi = p["psi.weight"][0, :, 0, 0]
    scores = np.einsum("i,bihw->bhw", psi[:2], of_g) + np.einsum("i,bihw->bhw", psi[2:], of_x)
    assert np.allclose(
        cache.gate.values[:, 0], 1 / (1 + np.exp(-scores)), atol=TOLERANCE["two ways", "float64"]
    )


def test_half_of_the_channels_are_inside_by_default() -> None:
    assert ConcatenatingGate(channels=6).parameters["psi.weight"].shape == (1, 6, 1, 1, 1)
    assert EarGate(channels=6).parameters["psi.weight"].shape == (1, 3, 1, 1)


@BOTH
def test_a_gating_signal_of_another_size_is_a_sentence(name: str, rng: np.random.Generator) -> None:
    layer, x, g = made(name, rng)
    with pytest.raises(
        RequestError, match=r"x \(2, 4, 5, 3\), g \(2, 3, 4, 3\): x and g must be of one batch"
    ):
        layer.forward(x, g[:, :, :4])
