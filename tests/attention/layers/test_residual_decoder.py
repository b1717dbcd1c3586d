"""The residual block of EAR-U-Net."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.blocks import normed_convolution
from neurogate.attention.layer import part
from neurogate.attention.layers.residual_decoder import ResidualDecoder
from tests.attention.gradients import check_layer
from tests.attention.nearness import near
from tests.attention.plain_images import convolved, normed, parameters_of, relu


@settings(max_examples=4)
@given(axes=st.integers(1, 3), training=st.booleans(), seed=st.integers(0, 99))
def test_gradients_are_those_of_finite_differences(axes: int, training: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    layer = ResidualDecoder(channels=2, outputs=3, axes=axes)
    check_layer(rng, layer, rng.standard_normal((2, 2, *(5, 3, 2)[:axes])), training=training)


def test_it_is_its_equation(rng: np.random.Generator) -> None:
    layer, x = ResidualDecoder(channels=3, outputs=2), rng.standard_normal((2, 3, 5, 4))
    for name, array in layer.parameters.items():
        layer.parameters[name] = array + 0.3 * rng.standard_normal(array.shape)
    first, second, shortcut = parameters_of(layer.parameters, "first", "second", "shortcut")
    inner = relu(normed(convolved(x, first, before=1), first, 1e-5))
    branch = normed(convolved(inner, second, before=1), second, 1e-5)
    assert near(layer.forward(x)[0], relu(branch + normed(convolved(x, shortcut), shortcut, 1e-5)))


def test_where_the_residual_branch_is_zero_it_is_the_rectified_shortcut(rng: np.random.Generator) -> None:
    layer, x = ResidualDecoder(channels=4, outputs=3), rng.standard_normal((2, 4, 5, 4))
    layer.parameters["second.norm.weight"] = np.zeros(3)
    shortcut, _ = normed_convolution.forward(x, part(layer.parameters, "shortcut"))
    assert np.array_equal(layer.forward(x)[0], np.maximum(shortcut, 0))


def test_evaluation_uses_running_statistics_of_each_part(rng: np.random.Generator) -> None:
    layer, x = ResidualDecoder(channels=4, outputs=3), rng.standard_normal((2, 4, 5, 4))
    _, cache = layer.forward(x)
    assert sorted(cache.statistics) == ["first", "second", "shortcut"]
    _, after = layer.forward(x, cache.statistics, training=False)
    assert after.statistics == cache.statistics
