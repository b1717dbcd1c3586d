"""Learning of linear readouts on a GPU; the rules are defined in `numpy_reference.learning`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from . import device as devices
from .packing import Arrays, instance, pack, threads_for

__all__ = ["normalised_delta", "readout", "recursive_least_squares"]

Array = npt.NDArray[Any]
_NOTHING = np.zeros(0)
_FIXED = {"turn": 0, "saturation": 0.0, "forgetting": 1.0, "grow": 1.0, "mu": 0.0}


def readout(weights: Array, samples: Array, threads: int = 1) -> Array:
    """Read samples out with fixed weights.

    Parameters and returns are those of `numpy_reference.readout`.

    Examples
    --------
    See `neurogate.backends.numpy_reference.readout`.
    """
    outputs = np.empty((*samples.shape[:2], weights.shape[1]), weights.dtype)
    return _launch("readout", weights, samples, {"outputs": outputs}, {}).fetch("outputs")


def normalised_delta(
    weights: Array,
    samples: Array,
    targets: Array,
    course: Array,
    rate: Array,
    saturation: float,
    threads: int = 1,
) -> tuple[Array, Array, Array]:
    """Learn by the gated, normalised delta rule.

    Parameters and returns are those of `numpy_reference.normalised_delta`.

    Examples
    --------
    See `neurogate.backends.numpy_reference.normalised_delta`.
    """
    number = weights.dtype
    arrays = {
        "wanted": targets,
        "course": course.astype(number),
        "rate": rate.astype(number),
        "outputs": np.empty_like(targets),
        "gates": np.empty_like(targets),
    }
    there = _launch("normalised_delta", weights, samples, arrays, {"saturation": float(saturation)})
    return there.fetch("weights"), there.fetch("outputs"), there.fetch("gates")


def recursive_least_squares(
    weights: Array,
    inverse: Array,
    samples: Array,
    targets: Array,
    forgetting: float,
    leak: float,
    turn: int,
    threads: int = 1,
) -> tuple[Array, Array, Array]:
    """Learn by recursive least squares (the rule of FORCE).

    Parameters and returns are those of `numpy_reference.recursive_least_squares`.

    Examples
    --------
    See `neurogate.backends.numpy_reference.recursive_least_squares`.
    """
    arrays = {"inverse": inverse, "wanted": targets, "outputs": np.empty_like(targets)}
    numbers = {
        "turn": int(turn),
        "forgetting": float(forgetting),
        "grow": 1.0 / forgetting,
        "mu": float(samples.shape[2] * leak),
    }
    there = _launch("least_squares", weights, samples, arrays, numbers)
    return there.fetch("weights"), there.fetch("inverse"), there.fetch("outputs")


def _launch(
    name: str, weights: Array, samples: Array, arrays: dict[str, Array], numbers: dict[str, int | float]
) -> Arrays:
    device = devices.current()
    (batch, readouts, n), count = weights.shape, samples.shape[1]
    space = np.empty((batch, 2 * n + 1), weights.dtype)
    empty = dict.fromkeys(("inverse", "wanted", "course", "rate", "outputs", "gates"), _NOTHING)
    there = Arrays(device, {**empty, "weights": weights, "x": samples, "space": space, **arrays})
    if count and readouts:
        shape = {"neurons": n, "readouts": readouts, "samples": count}
        given = pack("samples.cuh", "Samples", {**_FIXED, **shape, **numbers, **there.addresses()})
        rows = min(64, -(-count * readouts // 16)) if name == "readout" else 1
        size = 256 if name == "readout" else threads_for(n)
        shared = size * weights.dtype.itemsize
        device.launch(instance(name, weights.dtype), given, (batch, rows), size, shared)
    return there
