"""Hyena-X, Hyena-Y and Hyena-SE."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention import make
from neurogate.attention.layers.grafted_hyena import HyenaY, State
from neurogate.attention.operators import linear
from tests.attention.gradients import check, check_layer

NAMES = ("hyena_x", "hyena_y", "hyena_se")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("length", "taps"), [(1, 4), (7, 3), (5, 1)])
def test_gradients_are_those_of_finite_differences(
    name: str, length: int, taps: int, rng: np.random.Generator
) -> None:
    check_layer(rng, make(name, d_model=3, taps=taps), rng.standard_normal((2, length, 3)))


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_reaches_given_samples(name: str, rng: np.random.Generator) -> None:
    layer, x = make(name, d_model=3), rng.standard_normal((2, 5, 3))
    for key, array in layer.parameters.items():
        layer.parameters[key] = array + 0.3 * rng.standard_normal(array.shape)
    start = {key: array for key, array in layer.start(2)._asdict().items() if array is not None}
    state = {key: rng.standard_normal(array.shape) for key, array in start.items()}
    y, cache = layer.forward(x, State(**state))
    dy = rng.standard_normal(y.shape)
    found = layer.backward(dy, cache)[1]["state"]._asdict()
    check(rng, lambda **a: layer.forward(x, State(**a))[0], state, {key: found[key] for key in state}, dy)


def test_hyena_y_starts_as_a_product(rng: np.random.Generator) -> None:
    layer, x = HyenaY(d_model=3), rng.standard_normal((2, 5, 3))
    p = layer.parameters
    q, k, v = np.split(linear.forward(x, p["in.weight"], p["in.bias"])[0], 3, axis=-1)
    wanted, _ = linear.forward(q * (k * v), p["out.weight"], p["out.bias"])
    assert np.array_equal(layer.forward(x)[0], wanted)


@pytest.mark.parametrize(("name", "reach"), [("hyena_x", 3), ("hyena_y", 3), ("hyena_se", 6)])
def test_they_look_back_so_far_and_not_ahead(name: str, reach: int, rng: np.random.Generator) -> None:
    layer, x = make(name, d_model=3), rng.standard_normal((1, 12, 3))
    for key, array in layer.parameters.items():
        layer.parameters[key] = array + 0.3 * rng.standard_normal(array.shape)
    moved = x.copy()
    moved[:, 4] += 1.0
    moves = np.abs(layer.forward(moved)[0] - layer.forward(x)[0]).max(axis=(0, 2)) > 1e-9
    assert np.flatnonzero(moves).tolist() == list(range(4, 4 + reach + 1))
