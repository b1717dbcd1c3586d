"""GaRNet's block: its gate, and the masks that it sees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.blocks import text_gate
from neurogate.attention.layers.garnet import GatedTextBlock
from neurogate.errors import RequestError
from tests.attention.gradients import check, check_layer
from tests.tolerances import TOLERANCE

NEAR: dict[str, Any] = {"rtol": 0, "atol": TOLERANCE["two ways", "float64"]}


@settings(max_examples=5)
@given(
    masked=st.booleans(), stride=st.integers(1, 2), outputs=st.integers(2, 3), height=st.integers(1, 5),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    masked: bool, stride: int, outputs: int, height: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    layer = GatedTextBlock(channels=2, outputs=outputs, stride=stride, kernel=3, masked=masked)
    x, size = rng.standard_normal((2, 2, height, 4)), (2, 1, -(-height // stride), 4 // stride)
    check_layer(rng, layer, x, *([rng.standard_normal(size)] if masked else []))


def test_losses_of_stroke_and_surround_reach_the_gradients(rng: np.random.Generator) -> None:
    p = text_gate.initial(rng, 3)
    arguments = {"x": rng.standard_normal((2, 3, 4, 4)), "mask": rng.standard_normal((2, 1, 4, 4)), **p}

    def forward(x: np.ndarray, mask: np.ndarray, **p: np.ndarray) -> tuple[np.ndarray, ...]:
        attention, cache = text_gate.forward(x, p, mask)
        return attention, cache.stroke, cache.surround

    dy = tuple(rng.standard_normal((3, 2, 1, 4, 4)))
    _, cache = text_gate.forward(arguments["x"], p, arguments["mask"])
    dx, dmask, gradients = text_gate.backward(dy[0], cache, *dy[1:])
    check(rng, forward, arguments, {"x": dx, "mask": dmask, **gradients}, dy)


def test_a_gradient_of_the_surround_without_one_is_a_sentence(rng: np.random.Generator) -> None:
    layer = GatedTextBlock(channels=2, masked=False)
    y, cache = layer.forward(rng.standard_normal((1, 2, 4, 4)))
    stroke = np.ones((1, 1, 4, 4))
    _, plain = layer.backward(y, cache)
    _, taught = layer.backward(y, cache, stroke)
    assert not np.allclose(taught["gate.stroke.weight"], plain["gate.stroke.weight"])
    with pytest.raises(RequestError, match=r"dsurround \(1, 1, 4, 4\): without a mask there is no surround"):
        layer.backward(y, cache, None, stroke)


def gate_of(
    rng: np.random.Generator, **changed: np.ndarray
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    p = text_gate.initial(rng, 5) | changed
    return rng.standard_normal((2, 4, 6, 5)), rng.uniform(size=(2, 1, 6, 5)), p


def test_with_both_weights_at_0_all_places_count_half(rng: np.random.Generator) -> None:
    x, mask, p = gate_of(rng, alpha=np.zeros(1), beta=np.zeros(1))
    assert (text_gate.forward(x, p, mask)[0] == 0.5).all()


def test_attention_is_between_0_and_1_for_all_channels_at_once(rng: np.random.Generator) -> None:
    x, mask, p = gate_of(rng)
    attention, _ = text_gate.forward(x, p, mask)
    assert attention.shape == (2, 1, 6, 5)
    assert ((attention > 0) & (attention < 1)).all()


def test_a_mask_without_weight_is_no_mask(rng: np.random.Generator) -> None:
    x, mask, p = gate_of(rng, alpha=np.ones(1), beta=np.zeros(1))
    p["stroke.weight"][:, 2] = 0
    free, _ = text_gate.forward(x, {"stroke.weight": p["stroke.weight"][:, :2]})
    assert np.allclose(text_gate.forward(x, p, mask)[0], free, **NEAR)


def test_channels_in_another_order_get_the_same_attention(rng: np.random.Generator) -> None:
    x, mask, p = gate_of(rng)
    attention, _ = text_gate.forward(x, p, mask)
    assert np.allclose(text_gate.forward(x[:, [2, 0, 3, 1]], p, mask)[0], attention, **NEAR)


@pytest.mark.parametrize("open_", [True, False])
def test_an_open_gate_is_the_plain_block_and_a_closed_one_its_shortcut(
    open_: bool, rng: np.random.Generator
) -> None:
    layer, x = GatedTextBlock(channels=3, masked=False), rng.standard_normal((2, 3, 5, 5))
    layer.parameters["second.weight"] = np.zeros((3, 3, 3, 3))
    layer.parameters["second.bias"] = np.full(3, 2.0)
    layer.parameters["gate.stroke.weight"] = np.full((1, 2, 7, 7), 1e3 if open_ else -1e3)
    y, _ = layer.forward(x)
    assert np.allclose(y, np.maximum(x + (2.0 if open_ else 0.0), 0), **NEAR)


def test_what_does_not_fit_is_a_sentence() -> None:
    layer = make("garnet", channels=2, stride=2)
    with pytest.raises(
        RequestError, match=r"x \(1, 2, 3, 3\), mask \(1, 1, 5, 5\): mask must be \(1, 1, 3, 3\)"
    ):
        layer.forward(np.ones((1, 2, 5, 5)), np.ones((1, 1, 5, 5)))
    with pytest.raises(RequestError, match=r"x \(1, 2, 3, 3\): mask must be"):
        layer.forward(np.ones((1, 2, 5, 5)))
    with pytest.raises(RequestError, match="takes no mask"):
        make("garnet", channels=2, masked=False).forward(np.ones((1, 2, 5, 5)), np.ones((1, 1, 5, 5)))
    with pytest.raises(RequestError, match="kernel is 4; it must be odd"):
        make("garnet", kernel=4)
