"""What holds for every gate that takes images."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.catalogue import CATALOGUE
from tests.attention.examples import EXAMPLES, example_layer

IMAGES = [entry.name for entry in CATALOGUE if len(EXAMPLES[entry.name].shapes[0]) == 4]


@pytest.mark.parametrize("name", IMAGES)
def test_an_empty_batch_gives_an_empty_output(name: str, rng: np.random.Generator) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    inputs = [array[:0] for array in example.inputs(rng)]
    y, cache = layer.forward(*inputs, **example.more())
    dx, gradients = layer.backward(np.ones_like(y), cache)
    assert len(y) == 0
    assert [a.shape for a in (dx if isinstance(dx, tuple) else (dx,))] == [a.shape for a in inputs]
    assert not any(gradient.any() for gradient in gradients.values())


@pytest.mark.parametrize("name", [name for name in IMAGES if EXAMPLES[name].over_batch])
def test_what_a_batch_tells_of_a_channel_does_not_depend_on_its_order(
    name: str, rng: np.random.Generator
) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    inputs = example.inputs(rng)
    y, _ = layer.forward(*inputs)
    turned, _ = layer.forward(*(array[::-1] for array in inputs))
    assert np.allclose(turned[::-1], y, rtol=1e-9, atol=1e-11)
