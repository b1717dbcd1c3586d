"""Areas of many draws, and overlaps of many maps, compiled; defined in `neurogate.scanpath.metrics`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .compiling import kernel, part

__all__ = ["areas", "overlaps"]

Array = npt.NDArray[Any]


def areas(own: Array, drawn: Array, step: float) -> Array:
    """Return the area under the ROC for each draw of negatives, with thresholds 0, step, 2 step and so on.

    Parameters
    ----------
    own : (n,)
        Values where eyes rested, at least one.
    drawn : (splits, m)
        Values elsewhere, at least one for each split.
    step : float
        Between thresholds.

    Returns
    -------
    (splits,)

    Examples
    --------
    >>> areas(np.array([0.9]), np.array([[0.1], [0.9]]), 0.1).tolist()
    [1.0, 0.5]
    """
    out = np.empty(len(drawn))
    _areas(np.ascontiguousarray(own), np.ascontiguousarray(drawn), float(step), out)
    return out


def overlaps(first: Array, second: Array) -> Array:
    """Return sums of the smaller of two numbers, for each row of one table with each of the other.

    Parameters
    ----------
    first, second : (n, N), (m, N)
        If both are one table, each pair is added up once.

    Returns
    -------
    (n, m)

    Examples
    --------
    >>> overlaps(np.array([[1.0, 2, 5]]), np.array([[3.0, 1, 5]])).tolist()
    [[7.0]]
    """
    out = np.empty((len(first), len(second)))
    _overlaps(np.ascontiguousarray(first), np.ascontiguousarray(second), first is second, out)
    return out


@kernel
def _areas(own: Any, drawn: Any, step: Any, out: Any) -> None:
    highest = own.max()
    for split in range(drawn.shape[0]):
        negatives = drawn[split]
        area, hits, alarms = 0.0, 0.0, 0.0
        for k in range(math.ceil((max(highest, negatives.max()) + step / 1024) / step) - 1, -1, -1):
            now, false = _share(own, k * step), _share(negatives, k * step)
            area += (false - alarms) * (now + hits) / 2
            hits, alarms = now, false
        out[split] = area + (1 - alarms) * (1 + hits) / 2


@part
def _share(values: Any, threshold: Any) -> Any:
    count = 0
    for value in values:
        count += value >= threshold
    return count / values.size


@kernel
def _overlaps(first: Any, second: Any, same: Any, out: Any) -> None:
    for i in range(first.shape[0]):
        for j in range(i if same else 0, second.shape[0]):
            out[i, j] = _overlap(first[i], second[j])
            if same:
                out[j, i] = out[i, j]


@part
def _overlap(a: Any, b: Any) -> Any:
    s, t, u, v = 0.0, 0.0, 0.0, 0.0
    whole = a.size - a.size % 4
    for k in range(0, whole, 4):
        s += min(b[k], a[k])
        t += min(b[k + 1], a[k + 1])
        u += min(b[k + 2], a[k + 2])
        v += min(b[k + 3], a[k + 3])
    for k in range(whole, a.size):
        s += min(b[k], a[k])
    return (s + t) + (u + v)
