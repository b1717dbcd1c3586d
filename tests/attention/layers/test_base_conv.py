"""BaseConv."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.layers.base_conv import BaseConv
from tests.attention.gradients import check_layer
from tests.attention.nearness import near

KERNELS = ("short", "long", "implicit")


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("activation", ["identity", "silu"])
@pytest.mark.parametrize("length", [1, 5, 9])
def test_gradients_are_those_of_finite_differences(
    kernel: str, activation: str, length: int, rng: np.random.Generator
) -> None:
    layer = BaseConv(d_model=3, kernel=kernel, activation=activation, l_max=7, d_hidden=4, d_positions=5)
    check_layer(rng, layer, rng.standard_normal((2, length, 3)))


@pytest.mark.parametrize("kernel", KERNELS)
def test_it_is_causal(kernel: str, rng: np.random.Generator) -> None:
    layer, x = BaseConv(d_model=3, kernel=kernel, l_max=8), rng.standard_normal((1, 6, 3))
    before, _ = layer.forward(x)
    moved = x.copy()
    moved[:, 3] += 1.0
    after, _ = layer.forward(moved)
    assert near(after[:, :3], before[:, :3])
    assert not near(after[:, 3:], before[:, 3:])


def test_a_gate_of_one_and_an_impulse_double_the_input(rng: np.random.Generator) -> None:
    layer, x = BaseConv(d_model=3), rng.standard_normal((2, 5, 3))
    layer.parameters.update({
        "projection.weight": np.zeros((3, 3)), "projection.bias": np.ones(3),
        "conv.weight": np.tile([0.0, 0.0, 1.0], (3, 1)), "conv.bias": np.zeros(3),
    })  # fmt: skip
    assert np.array_equal(layer.forward(x)[0], 2 * x)


def test_a_sequence_longer_than_the_filters_does_not_see_what_is_further(rng: np.random.Generator) -> None:
    layer, x = BaseConv(d_model=3, kernel="implicit", l_max=4), rng.standard_normal((1, 9, 3))
    moved = x.copy()
    moved[:, 0] += 1.0
    before, after = (layer.forward(each)[0] for each in (x, moved))
    assert near(after[:, 4:], before[:, 4:])
    assert not near(after[:, 3], before[:, 3])


def test_positions_without_bands_are_a_sentence() -> None:
    with pytest.raises(ValueError, match="d_positions is 4; it must be odd"):
        BaseConv(d_positions=4)
