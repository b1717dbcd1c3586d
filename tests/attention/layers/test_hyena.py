"""Hyena."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.layers.hyena import Hyena
from neurogate.attention.operators import causal_convolution, linear
from tests.attention.gradients import check_layer
from tests.tolerances import TOLERANCE


@pytest.mark.parametrize(("length", "inner", "bands"), [(1, 0, 1), (5, 1, 2), (9, 2, 1)])
def test_gradients_are_those_of_finite_differences(
    length: int, inner: int, bands: int, rng: np.random.Generator
) -> None:
    layer = Hyena(d_model=3, l_max=7, d_hidden=4, inner=max(1, inner), d_positions=1 + 2 * bands, taps=2)
    check_layer(rng, layer, rng.standard_normal((2, length, 3)))


def test_filters_of_zero_and_a_skip_of_one_leave_the_gates_alone(rng: np.random.Generator) -> None:
    layer, x = Hyena(d_model=3, l_max=8, d_hidden=4), rng.standard_normal((2, 6, 3))
    p = layer.parameters
    p.update({"filter.map3.weight": np.zeros((3, 4)), "skip": np.ones(3)})
    u, _ = linear.forward(x, p["in.weight"], p["in.bias"])
    u, _ = causal_convolution.forward(u, p["short.weight"], p["short.bias"])
    x1, x2, v = np.split(u, 3, axis=-1)
    wanted, _ = linear.forward(x2 * x1 * v, p["out.weight"], p["out.bias"])
    assert np.abs(layer.forward(x)[0] - wanted).max() <= TOLERANCE["two ways", "float64"]


def test_without_filters_nothing_is_remembered_for_long(rng: np.random.Generator) -> None:
    layer, x = Hyena(d_model=3, l_max=8, d_hidden=4), rng.standard_normal((1, 8, 3))
    moved = x.copy()
    moved[:, 0] += 1.0

    def late(layer: Hyena) -> float:
        return float(np.abs(layer.forward(moved)[0] - layer.forward(x)[0])[:, 3:].max())

    assert late(layer) > 1e-6
    layer.parameters["filter.map3.weight"] = np.zeros((3, 4))
    assert late(layer) <= TOLERANCE["two ways", "float64"]


def test_filters_fade(rng: np.random.Generator) -> None:
    _, cache = Hyena(d_model=3, l_max=64).forward(rng.standard_normal((1, 64, 3)))
    sizes = np.abs(cache.kernel)
    assert sizes[-1, -8:].max() < 1e-5
    assert sizes[0, -8:].max() > sizes[-1, -8:].max()
