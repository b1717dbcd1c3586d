"""The modality gate: what images may say, and that nothing changes at the start."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.layer import named, part
from neurogate.attention.layers.modality_gate import ModalityBlock, ModalityGate
from neurogate.attention.operators import masks, rotary, scaled_dot_product
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]
IMAGE = np.array([[False, True, True, False, False], [True, False, False, False, True]])


def gated(rng: np.random.Generator) -> ModalityGate:
    layer = ModalityGate(d_model=8, heads=2, sd=0.5)
    layer.parameters["gate.weight"] = rng.standard_normal((2, 8))
    return layer


def plain(layer: ModalityGate, x: np.ndarray, values: np.ndarray | None = None) -> np.ndarray:
    """Return attention without a gate, where values are those of another input if wanted."""
    p = layer.parameters
    q, k, v = (
        (array @ p[f"{name}.weight"].T).reshape(*x.shape[:2], 2, 4).swapaxes(1, 2)
        for name, array in (("q", x), ("k", x), ("v", x if values is None else values))
    )
    turn = rotary.angles(np.arange(x.shape[1], dtype=float), 4)
    q, k = (rotary.forward(u, *turn, interleaved=True)[0] for u in (q, k))
    o, _ = scaled_dot_product.forward(q, k, v, masks.causal(x.shape[1], x.shape[1]))
    return o.swapaxes(1, 2).reshape(x.shape) @ p["o.weight"].T


@settings(max_examples=5)
@given(st.integers(0, 9), st.integers(1, 5))
def test_gradients_of_the_gate_are_those_of_finite_differences(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    check_layer(rng, gated(rng), rng.standard_normal((2, length, 8)), image=IMAGE[:, :length])


@settings(max_examples=5)
@given(st.integers(0, 9), st.integers(1, 5))
def test_gradients_of_the_block_are_those_of_finite_differences(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    layer = ModalityBlock(d_model=8, heads=2, hidden=5, bottleneck=3, sd=0.5)
    check_layer(rng, layer, rng.standard_normal((2, length, 8)), image=IMAGE[:, :length])


def test_at_the_start_values_of_images_are_0(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 5, 8))
    layer = ModalityGate(d_model=8, heads=2, sd=0.5)
    without = np.where(IMAGE[..., None], 0, x)
    assert np.allclose(layer.forward(x, IMAGE)[0], plain(layer, x, without), atol=NEAR)


def test_without_images_it_is_plain_attention(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 5, 8))
    layer = gated(rng)
    y, _ = layer.forward(x)
    assert np.array_equal(y, layer.forward(x, np.zeros((1, 5), bool))[0])
    assert np.allclose(y, plain(layer, x), atol=NEAR)


def test_the_gate_lies_between_minus_1_and_1_at_images_and_is_1_elsewhere(rng: np.random.Generator) -> None:
    _, cache = gated(rng).forward(rng.standard_normal((2, 5, 8)), IMAGE)
    gates = cache.inputs["v"].gate.values[..., 0].swapaxes(1, 2)
    assert (np.abs(gates[IMAGE]) < 1).all()
    assert (gates[~IMAGE] == 1).all()


def test_adapters_change_nothing_at_the_start(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 5, 8))
    layer = ModalityBlock(d_model=8, heads=2, hidden=5, bottleneck=3, sd=0.5)
    y, _ = layer.forward(x, IMAGE)
    for name in ("adapter", "text_adapter", "image_adapter"):
        layer.parameters.update(named(name, {"hidden.weight": rng.standard_normal((3, 8))}))
        assert not part(layer.parameters, name)["out.weight"].any()
    assert np.array_equal(layer.forward(x, IMAGE)[0], y)


def test_each_modality_has_an_adapter_of_its_own(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 5, 8))
    layer = ModalityBlock(d_model=8, heads=2, hidden=5, bottleneck=3, sd=0.5)
    before, _ = layer.forward(x, IMAGE)
    layer.parameters["image_adapter.out.weight"] = rng.standard_normal((8, 3))
    changed = (layer.forward(x, IMAGE)[0] != before).any(axis=-1)
    assert np.array_equal(changed, IMAGE)


@pytest.mark.parametrize("name", ["modality_gate", "modality_block"])
def test_what_does_not_fit_is_a_sentence(name: str) -> None:
    with pytest.raises(RequestError, match="heads is 2 and d_model 6; heads must divide it into even parts"):
        make(name, d_model=6, heads=2)
    layer = make(name, d_model=8, heads=2)
    with pytest.raises(RequestError, match=r"image \(4,\): image must be of true and false"):
        layer.forward(np.ones((1, 5, 8)), np.ones(4, bool))
