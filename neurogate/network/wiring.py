"""Synapses that were given, in whatever form, sorted as the simulator wants them.

Here lives the way from a dense or sparse matrix, or from a list of synapses, to `Connections`; drawing
connections is in `neurogate.network.recurrent`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import RequestError
from .recurrent import MOST_STEPS, Connections

__all__ = ["finite", "numbers", "wires"]

Array = npt.NDArray[Any]


def numbers(name: str, value: Any) -> Array:
    """Return what was given as an array of real numbers, of whatever type.

    Raises
    ------
    RequestError
        If it holds anything else; the message calls it `name`.

    Examples
    --------
    >>> numbers("bias", [1, 2]).dtype.kind
    'i'
    """
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        array = np.array(None)
    if array.dtype.kind not in "biuf":
        raise RequestError(f"{name} is not an array of numbers; give numbers only.")
    return array


def finite(name: str, value: Any) -> Array:
    """Return what was given as an array of finite float64 numbers.

    Raises
    ------
    RequestError
        If it holds anything else; the message calls it `name`.

    Examples
    --------
    >>> finite("bias", [1, 2]).tolist()
    [1.0, 2.0]
    """
    array = numbers(name, value).astype(np.float64, copy=False)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        where = f" at {tuple(map(int, bad[0]))}" if array.ndim else ""
        raise RequestError(f"{name} is {array[tuple(bad[0])]:g}{where}; every number must be finite.")
    return array


def wires(weights: Any, delay_ms: Any, n: int, dt_ms: float) -> Connections:
    """Sort synapses by sender, target and delay, and add up those that agree in all three.

    Parameters
    ----------
    weights : None, (N, N) array, SciPy sparse matrix or tuple
        Row = receiver, column = sender; the tuple is (senders, targets, weights).
    delay_ms : float, (N, N) array, or (S,) array beside a tuple
        Rounded to whole steps, at least one and at most 2 147 483 647.
    n : int
    dt_ms : float

    Raises
    ------
    RequestError
        If shapes do not fit, numbers are not finite, or a delay has too many steps.

    Examples
    --------
    >>> wires(([0, 0, 1], [1, 1, 0], [0.5, 0.25, 2.0]), 0.0, 2, 1.0).weights.tolist()
    [0.75, 2.0]
    """
    senders, targets, values = _triple(weights, n)
    steps = _steps(delay_ms, senders, targets, n, dt_ms)
    if not len(values):
        return Connections(np.zeros(n + 1, np.int64), np.zeros(0, np.int32), values, np.zeros(0, np.int32))
    order = np.lexsort((steps, targets, senders))
    keys = np.stack([senders, targets, steps])[:, order]
    first = np.flatnonzero(np.r_[True, (keys[:, 1:] != keys[:, :-1]).any(axis=0)])
    values = np.add.reduceat(values[order], first)
    senders, targets, steps = keys[:, first]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(senders, minlength=n))]).astype(np.int64)
    late = steps.astype(np.int32) if steps.max() > 1 else np.zeros(0, np.int32)
    return Connections(indptr, targets.astype(np.int32), values, late)


def _triple(weights: Any, n: int) -> tuple[Array, Array, Array]:
    """Return senders, targets and weights, whatever form they were given in."""
    if weights is None:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    if isinstance(weights, tuple):
        return _checked_triple(weights, n)
    sparse = hasattr(weights, "tocoo")
    matrix: Any = weights if sparse else finite("weights", weights)
    if matrix.shape != (n, n):
        raise RequestError(f"weights has shape {matrix.shape}; it must be ({n}, {n}), receiver by sender.")
    if not sparse:
        targets, senders = np.nonzero(matrix)
        return senders, targets, matrix[targets, senders]
    stored = matrix.tocoo(copy=True)
    stored.sum_duplicates()
    stored.eliminate_zeros()
    return stored.col.astype(np.int64), stored.row.astype(np.int64), finite("weights", stored.data)


def _checked_triple(weights: tuple[Any, ...], n: int) -> tuple[Array, Array, Array]:
    parts = [numbers(f"weights[{i}]", part) for i, part in enumerate(weights)]
    shapes = [part.shape for part in parts]
    if len(shapes) != 3 or len(set(shapes)) != 1 or len(shapes[0]) != 1:
        raise RequestError(
            f"weights is a tuple of shapes {', '.join(map(str, shapes))}; "
            "it must be senders, targets and weights of the same length."
        )
    for name, part in zip(("senders", "targets"), parts, strict=False):
        if part.size and (part.dtype.kind not in "iu" or part.min() < 0 or part.max() >= n):
            raise RequestError(f"The {name} of weights must be whole numbers from 0 to {n - 1}.")
    senders, targets = (part.astype(np.int64, copy=False) for part in parts[:2])
    return senders, targets, finite("weights", parts[2])


def _steps(delay_ms: Any, senders: Array, targets: Array, n: int, dt_ms: float) -> Array:
    """Return the delay of each synapse in steps."""
    delay = finite("delay_ms", delay_ms)
    if delay.shape == (n, n):
        delay = delay[targets, senders]
    if delay.ndim and delay.shape != senders.shape:
        raise RequestError(
            f"delay_ms has shape {delay.shape}; it must be one for each of {len(senders)} weights."
        )
    if delay.size and delay.min() < 0:
        raise RequestError(f"delay_ms is {delay.min():g}; it must be at least 0 ms.")
    if delay.size and delay.max() > MOST_STEPS * dt_ms:
        raise RequestError(
            f"delay_ms is {delay.max():g}; it must be at most {MOST_STEPS} steps of {dt_ms:g} ms. "
            "Give it in milliseconds."
        )
    return np.broadcast_to(np.maximum(np.rint(delay / dt_ms), 1).astype(np.int64), senders.shape)
