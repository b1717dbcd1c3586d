"""The gated attention unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurogate.attention.blocks import gated_attention_unit as unit
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE

KINDS: list[dict[str, Any]] = [
    {"activation": "softmax", "ahead": False, "turned": False},
    {"activation": "relu2", "ahead": True, "turned": True},
    {"activation": "relu2", "ahead": False, "turned": False},
]


def drawn(rng: np.random.Generator) -> dict[str, np.ndarray]:
    parameters = unit.initial(rng, 3, 4, 5) | {"relative": np.zeros(7)}
    return {name: array + 0.5 * rng.standard_normal(array.shape) for name, array in parameters.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_finite_differences(kind: dict[str, Any], rng: np.random.Generator) -> None:
    parameters, x = drawn(rng), rng.standard_normal((2, 7, 3))
    places = np.sort(rng.choice(20, (2, 7), replace=True), axis=1)
    more = (places, rng.random((2, 7)) < 0.8, None, np)
    y, cache = unit.forward(x, parameters, *more, window=3, **kind)
    dy = rng.standard_normal(y.shape)
    dx, gradients, _ = unit.backward(dy, cache)

    def forward(x: np.ndarray, **parameters: np.ndarray) -> np.ndarray:
        return unit.forward(x, parameters, *more, window=3, **kind)[0]

    check(rng, forward, {"x": x} | parameters, {"x": dx} | gradients, dy)


@pytest.mark.parametrize("kind", [KINDS[0], KINDS[2]])
def test_a_past_is_one_pass(kind: dict[str, Any], rng: np.random.Generator) -> None:
    parameters, x, held = drawn(rng), rng.standard_normal((2, 9, 3)), np.ones((2, 9), bool)
    places = np.tile(np.arange(9), (2, 1))
    whole, _ = unit.forward(x, parameters, places, held, None, np, window=3, **kind)
    _, cache = unit.forward(x[:, :5], parameters, places[:, :5], held[:, :5], None, np, window=3, **kind)
    past = unit.Past(*(array[:, -3:] for array in cache.past))
    late, _ = unit.forward(x[:, 5:], parameters, places[:, 5:], held[:, 5:], past, np, window=3, **kind)
    assert np.abs(late - whole[:, 5:]).max() <= TOLERANCE["two ways", "float64"]
