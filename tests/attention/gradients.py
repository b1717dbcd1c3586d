"""Gradients against central differences, along a random direction of each argument."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tests.tolerances import TOLERANCE

STEP = 1e-5


def check(
    rng: np.random.Generator,
    forward: Callable[..., np.ndarray | tuple[np.ndarray, ...]],
    arguments: Mapping[str, np.ndarray],
    gradients: Mapping[str, np.ndarray],
    dy: Any,
) -> None:
    """Compare each gradient of ``sum(y * dy)`` with the change of that sum.

    `forward` takes the arguments by name and returns the output alone, or a tuple if `dy` is one. Each
    gradient is tried along one random direction, which any error of it would have to be orthogonal to.
    """

    def loss(changed: Mapping[str, np.ndarray]) -> float:
        y = forward(**changed)
        pairs = zip(y, dy, strict=True) if isinstance(y, tuple) else [(y, dy)]
        return float(sum((a * b).sum() for a, b in pairs))

    assert gradients.keys() == arguments.keys()
    for name, value in arguments.items():
        assert gradients[name].shape == value.shape, name
        towards = rng.standard_normal(value.shape)
        ahead, behind = (loss({**arguments, name: value + sign * STEP * towards}) for sign in (1, -1))
        wanted = (ahead - behind) / (2 * STEP)
        found = float((gradients[name] * towards).sum())
        size = np.abs(gradients[name] * towards).sum() + 1.0
        assert abs(found - wanted) <= TOLERANCE["finite differences", "float64"] * size, (name, found, wanted)


def check_along_one_line(rng: np.random.Generator, layer: Any, *inputs: np.ndarray, **more: Any) -> None:
    """Compare ``sum(y * dy)`` along one random line through all inputs and parameters at once."""
    values = [*inputs, *layer.parameters.values()]
    line = [rng.standard_normal(value.shape) for value in values]

    def run(step: float) -> Any:
        at = [value + step * towards for value, towards in zip(values, line, strict=True)]
        layer.parameters.update(zip(layer.parameters, at[len(inputs) :], strict=True))
        return layer.forward(*at[: len(inputs)], **more)

    y, cache = run(0.0)
    dy = rng.standard_normal(y.shape)
    dx, gradients = layer.backward(dy, cache)
    found = [*(dx if isinstance(dx, tuple) else (dx,)), *(gradients[name] for name in layer.parameters)]
    slope = sum(float((a * b).sum()) for a, b in zip(found, line, strict=True))
    size = sum(float(np.abs(a * b).sum()) for a, b in zip(found, line, strict=True)) + 1.0
    ahead, behind = (float((run(step)[0] * dy).sum()) for step in (STEP, -STEP))
    wanted = (ahead - behind) / (2 * STEP)
    assert abs(slope - wanted) <= TOLERANCE["finite differences", "float64"] * size, (slope, wanted)


def check_layer(rng: np.random.Generator, layer: Any, *inputs: np.ndarray, **more: Any) -> None:
    """Do the same with all inputs and parameters of a layer; `more` goes to its forward unchanged.

    The parameters are moved off their start first, where many gradients are 0.
    """
    for name, array in layer.parameters.items():
        layer.parameters[name] = array + 0.1 * rng.standard_normal(array.shape)
    names = [f"input {place}" for place in range(len(inputs))]

    def forward(**values: np.ndarray) -> np.ndarray:
        given = [values.pop(name) for name in names]
        before = dict(layer.parameters)
        layer.parameters.update(values)
        y, _ = layer.forward(*given, **more)
        layer.parameters.update(before)
        return y

    y, cache = layer.forward(*inputs, **more)
    dy = rng.standard_normal(y.shape)
    dx, gradients = layer.backward(dy, cache)
    dinputs = dx if isinstance(dx, tuple) else (dx,)
    arguments = dict(zip(names, inputs, strict=True)) | layer.parameters
    check(rng, forward, arguments, dict(zip(names, dinputs, strict=True)) | gradients, dy)
