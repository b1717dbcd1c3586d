"""A layer inside a layer."""

from __future__ import annotations

import numpy as np

from neurogate.attention import make
from neurogate.attention.blocks import nested
from neurogate.attention.layer import named


def test_the_parameters_that_are_given_count_and_the_layers_own_stay(rng: np.random.Generator) -> None:
    layer, x = make("base_conv", d_model=3), rng.standard_normal((1, 4, 3))
    other = make("base_conv", d_model=3, seed=1)
    y, cache = nested.forward(layer, x, named("inner", other.parameters), "inner")
    wanted, kept = other.forward(x)
    dx, gradients = nested.backward(y, cache)
    assert np.array_equal(y, wanted)
    assert np.array_equal(dx, other.backward(y, kept)[0])
    assert gradients.keys() == named("inner", other.parameters).keys()
    assert np.array_equal(
        layer.parameters["conv.weight"], make("base_conv", d_model=3).parameters["conv.weight"]
    )
