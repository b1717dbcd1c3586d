"""Gradients against central differences, along a random direction of each argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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

    def sums(name: str, change: np.ndarray) -> tuple[float, float]:
        y = forward(**{**arguments, name: arguments[name] + change})
        return _sums(zip(y, dy, strict=True) if isinstance(y, tuple) else [(y, dy)])

    assert gradients.keys() == arguments.keys()
    for name, value in arguments.items():
        assert gradients[name].shape == value.shape, name
        towards = rng.standard_normal(value.shape)
        found = float((gradients[name] * towards).sum())
        _agrees(found, lambda step: sums(name, step * towards), [gradients[name]], name)  # noqa: B023


def _agrees(
    found: float, sums: Callable[[float], tuple[float, float]], gradients: Iterable[np.ndarray], what: Any
) -> None:
    """Hold a slope to differences of sums at two steps, led on to a step of 0.

    `sums` takes a step, and returns the sum and that of the magnitudes in it. The tolerance is relative to
    the largest number of the gradients, however small; beside it stands only the rounding of the sums, an
    epsilon of their magnitudes.
    """

    def difference(step: float) -> tuple[float, float]:
        (ahead, one), (behind, other) = sums(step), sums(-step)
        return (ahead - behind) / (2 * step), np.finfo(float).eps * (one + other) / (2 * step)

    (near, rounding), (far, more) = difference(STEP / 2), difference(STEP)
    wanted, rounding = (4 * near - far) / 3, (4 * rounding + more) / 3
    largest = max(np.abs(each).max(initial=0.0) for each in gradients)
    allowed = TOLERANCE["finite differences", "float64"] * largest + rounding
    assert abs(found - wanted) <= allowed, (what, found, wanted, allowed)


def _sums(pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """Return the sum of products, and that of their magnitudes."""
    products = [a * b for a, b in pairs]
    return float(sum(each.sum() for each in products)), float(sum(np.abs(each).sum() for each in products))


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
    slope, _ = _sums(zip(found, line, strict=True))
    _agrees(slope, lambda step: _sums([(run(step)[0], dy)]), found, type(layer))


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
