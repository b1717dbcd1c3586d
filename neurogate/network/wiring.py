"""Synapses that were given, in whatever form, sorted as the simulator wants them.

Here lives the way from a dense or sparse matrix, or from a list of synapses, to `Connections`; drawing
connections is in `neurogate.network.recurrent`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import RequestError
from .recurrent import Connections

__all__ = ["finite", "wires"]

Array = npt.NDArray[Any]


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
    try:
        array = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise RequestError(f"{name} is not an array of numbers; give numbers only.") from None
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
        Rounded to whole steps, at least one.
    n : int
    dt_ms : float

    Raises
    ------
    RequestError
        If shapes do not fit or numbers are not finite.

    Examples
    --------
    >>> wires(([0, 0, 1], [1, 1, 0], [0.5, 0.25, 2.0]), 0.0, 2, 1.0).weights.tolist()
    [0.75, 2.0]
    """
    senders, targets, values = _triple(weights, n)
    steps = _steps(delay_ms, senders, targets, dt_ms)
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
    if hasattr(weights, "tocoo"):
        sparse = weights.tocoo()
        return (
            np.asarray(sparse.col, np.int64),
            np.asarray(sparse.row, np.int64),
            finite("weights", sparse.data),
        )
    dense = finite("weights", weights)
    if dense.shape != (n, n):
        raise RequestError(f"weights has shape {dense.shape}; it must be ({n}, {n}), receiver by sender.")
    targets, senders = np.nonzero(dense)
    return senders, targets, dense[targets, senders]


def _checked_triple(weights: tuple[Any, ...], n: int) -> tuple[Array, Array, Array]:
    shapes = [np.shape(part) for part in weights]
    if len(shapes) != 3 or len(set(shapes)) != 1 or len(shapes[0]) != 1:
        raise RequestError(
            f"weights is a tuple of shapes {', '.join(map(str, shapes))}; "
            "it must be senders, targets and weights of the same length."
        )
    for name, part in zip(("senders", "targets"), weights, strict=False):
        numbers = np.asarray(part)
        if numbers.size and (numbers.dtype.kind not in "iu" or numbers.min() < 0 or numbers.max() >= n):
            raise RequestError(f"The {name} of weights must be whole numbers from 0 to {n - 1}.")
    senders, targets = (np.asarray(part, np.int64) for part in weights[:2])
    return senders, targets, finite("weights", weights[2])


def _steps(delay_ms: Any, senders: Array, targets: Array, dt_ms: float) -> Array:
    """Return the delay of each synapse in steps."""
    delay = finite("delay_ms", delay_ms)
    if delay.ndim == 2:
        delay = delay[targets, senders]
    if delay.ndim and delay.shape != senders.shape:
        raise RequestError(
            f"delay_ms has shape {delay.shape}; it must be one for each of {len(senders)} weights."
        )
    if delay.size and delay.min() < 0:
        raise RequestError(f"delay_ms is {delay.min():g}; it must be at least 0 ms.")
    return np.broadcast_to(np.maximum(np.rint(delay / dt_ms), 1).astype(np.int64), senders.shape)
