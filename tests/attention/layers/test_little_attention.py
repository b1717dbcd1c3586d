"""The little gate: its limits, its shapes, and what it costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.layers.little_attention import LittleAttention
from neurogate.attention.operators import convolution
from neurogate.errors import RequestError
from tests.attention.counting import operations
from tests.attention.gradients import check_layer
from tests.attention.nearness import near
from tests.attention.plain_images import convolved, parameters_of, relu, sigmoid

ON = pytest.mark.parametrize("on", ["places", "channels", "both"])


@settings(max_examples=6)
@given(
    on=st.sampled_from(["places", "channels", "both"]), squeeze=st.sampled_from(["mean", "learned"]),
    residual=st.booleans(), height=st.integers(1, 5), seed=st.integers(0, 99),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    on: Any, squeeze: Any, residual: bool, height: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    layer = LittleAttention(channels=3, on=on, squeeze=squeeze, kernel=3, ratio=2, residual=residual)
    check_layer(rng, layer, rng.standard_normal((2, 3, height, 4)))


@ON
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("squeeze", ["mean", "learned"])
def test_it_is_its_equation(on: Any, residual: bool, squeeze: Any, rng: np.random.Generator) -> None:
    layer = LittleAttention(channels=6, on=on, squeeze=squeeze, kernel=3, ratio=2, residual=residual)
    for name, array in layer.parameters.items():
        layer.parameters[name] = array + 0.3 * rng.standard_normal(array.shape)
    x = rng.standard_normal((2, 6, 5, 4))
    hidden, out, summed, spatial = parameters_of(
        layer.parameters, "channel.hidden", "channel.out", "squeeze", "spatial"
    )
    y = x
    if on != "places":
        inner = relu(x.mean(axis=(2, 3)) @ hidden["weight"].T + hidden["bias"])
        y = y * sigmoid(inner @ out["weight"].T + out["bias"])[:, :, None, None]
    if on != "channels":
        one = convolved(y, summed) if squeeze == "learned" else y.mean(axis=1, keepdims=True)
        y = y * sigmoid(convolved(one, spatial, before=1))
    assert near(layer.forward(x)[0], x + y if residual else y)


@ON
@pytest.mark.parametrize("residual", [False, True])
def test_an_open_gate_is_x_and_a_closed_one_nothing(
    on: Any, residual: bool, rng: np.random.Generator
) -> None:
    x = rng.standard_normal((2, 4, 5, 3))
    y, _ = LittleAttention(channels=4, on=on, bias=1e3, residual=residual).forward(x)
    assert np.array_equal(y, 2 * x if residual else x)
    y, _ = LittleAttention(channels=4, on=on, bias=-1e3, residual=residual).forward(x)
    assert np.array_equal(y, x if residual else 0 * x)


@ON
def test_gates_are_between_0_and_1_one_for_each_place_or_channel(on: Any, rng: np.random.Generator) -> None:
    _, cache = LittleAttention(channels=4, on=on).forward(rng.standard_normal((2, 4, 5, 3)))
    gates = {"channels": cache.channel, "places": cache.spatial}
    wanted = {"channels": (2, 4, 1, 1), "places": (2, 1, 5, 3)}
    for name, gate in gates.items():
        assert (gate is not None) == (on in (name, "both"))
        if gate is not None:
            assert gate.values.shape == wanted[name]
            assert ((gate.values > 0) & (gate.values < 1)).all()


@ON
def test_it_costs_less_than_a_hundredth_of_the_stage_before_it(on: Any, rng: np.random.Generator) -> None:
    x = rng.standard_normal((1, 128, 8, 8))
    weight = np.ones((128, 128, 3, 3))
    stage = 2 * operations(lambda *a: convolution.forward(*a, padding=1), x, weight)
    layer = LittleAttention(channels=128, on=on)
    assert operations(layer.forward, x, layer=layer) < stage / 100
    assert layer.count == 50 * (on != "channels") + (2 * 128 * 8 + 8 + 128) * (on != "places")


def test_on_places_the_order_of_channels_does_not_matter(rng: np.random.Generator) -> None:
    layer, x, order = LittleAttention(channels=4), rng.standard_normal((2, 4, 5, 3)), [2, 0, 3, 1]
    assert np.allclose(layer.forward(x[:, order])[0], layer.forward(x)[0][:, order], rtol=1e-12)


def test_on_channels_the_order_of_places_does_not_matter(rng: np.random.Generator) -> None:
    layer, x = LittleAttention(channels=4, on="channels"), rng.standard_normal((2, 4, 5, 3))
    assert np.allclose(layer.forward(x[:, :, ::-1])[0], layer.forward(x)[0][:, :, ::-1], rtol=1e-12)


def test_an_even_kernel_and_other_images_are_a_sentence() -> None:
    with pytest.raises(RequestError, match="kernel is 2; it must be odd"):
        make("little_attention", kernel=2)
    with pytest.raises(RequestError, match=r"x \(1, 3, 5, 5\): x must be \(batch, 4, 2 spatial axes"):
        make("little_attention", channels=4).forward(np.ones((1, 3, 5, 5)))
