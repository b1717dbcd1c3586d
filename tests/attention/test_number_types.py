"""In float32 each gate computes what it does in float64, in a piece or in many, alone or shared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from neurogate.attention import forms, pieces, products
from neurogate.attention.layer import Layer
from neurogate.attention.operators import axis_maps, linear_recurrence, taylor_attention
from tests.attention.examples import EXAMPLES, example_layer
from tests.attention.nearness import near

LARGE = {
    pieces: "_PIECE", products: "_ALONE", linear_recurrence: "_PAYS", taylor_attention: "_LONG",
    forms: "PAYS", axis_maps: "_FEW",
}  # fmt: skip
"""From how many numbers on something is done in another way, by module."""


def found(layer: Layer, name: str, inputs: Sequence[np.ndarray], dy: np.ndarray) -> dict[str, np.ndarray]:
    """Return the output and the gradients."""
    y, cache = layer.forward(*inputs, **EXAMPLES[name].more())
    dx, gradients = layer.backward(dy, cache)
    outward = dx if isinstance(dx, tuple) else (dx,)
    return {"y": y, **{f"input {i}": each for i, each in enumerate(outward)}, **gradients}


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("name", EXAMPLES)
def test_float32_agrees_with_float64(
    name: str, large: bool, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    for key, array in layer.parameters.items():  # off the start, where many gradients are 0
        layer.parameters[key] = array + 0.1 * rng.standard_normal(array.shape)
    inputs = example.inputs(rng, "float32")
    dy = rng.standard_normal(layer.forward(*inputs, **example.more())[0].shape)
    wanted = found(layer, name, [array.astype(float) for array in inputs], dy)
    for module, threshold in LARGE.items() if large else ():
        monkeypatch.setattr(module, threshold, 4)
    for dtype in ("float32", "float64"):
        now = found(layer, name, [array.astype(dtype) for array in inputs], dy)
        for key, array in wanted.items():
            assert now[key].dtype == dtype
            assert near(now[key], array, dtype), key
