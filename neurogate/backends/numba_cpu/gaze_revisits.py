"""Recurrence of many pairs of scanpaths, compiled; defined in `neurogate.scanpath.metrics.revisits`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .compiling import kernel, part

__all__ = ["recurrences"]

Array = npt.NDArray[Any]
Packed = tuple[Array, Array]


def recurrences(
    first: Packed, second: Packed, places: Array, radius: float, line: int, *, itself: bool
) -> Array:
    """Return recurrence, determinism, laminarity and centre of mass of each pair, in percent.

    Parameters
    ----------
    first, second : (rows (S, 2), starts (n + 1,))
        Fixations of many scanpaths.
    places : (2, P) int
        Which of the first with which of the second.
    radius : float
        Within which fixations recur.
    line : int
        Points that make a line.
    itself : bool
        Whether only later fixations count.

    Returns
    -------
    (P, 4)

    Examples
    --------
    >>> path = np.array([[0.0, 0], [9, 9]]), np.array([0, 2])
    >>> recurrences(path, path, np.zeros((2, 1), np.intp), 1.0, 2, itself=False).tolist()
    [[50.0, 100.0, 0.0, 0.0]]
    """
    out = np.full((places.shape[1], 4), np.nan)
    most = min(int(np.diff(starts).max(initial=0)) for _, starts in (first, second))
    near = np.zeros((most, most), np.bool_)
    _recurrences(*first, *second, places, float(radius), line, itself, near, out)
    return out


@kernel
def _recurrences(
    a: Any, a_starts: Any, b: Any, b_starts: Any, places: Any, radius: Any, line: Any, itself: Any, near: Any,
    out: Any,
) -> None:  # fmt: skip
    for pair in range(places.shape[1]):
        p, q = places[0, pair], places[1, pair]
        low, high = a_starts[p], b_starts[q]
        n = min(a_starts[p + 1] - low, b_starts[q + 1] - high)
        possible = n * (n - 1) / 2 if itself else float(n * n)
        if possible == 0:
            continue
        found, late = 0, 0
        for i in range(n):
            for j in range(n):
                x, y = a[low + i, 0] - b[high + j, 0], a[low + i, 1] - b[high + j, 1]
                near[i, j] = math.sqrt(x * x + y * y) <= radius and (j > i or not itself)
                if near[i, j]:
                    found, late = found + 1, late + j - i
        out[pair, 0] = 100 * found / possible
        if found:
            diagonal, straight = 0, 0
            for k in range(n):
                straight += _run(near, k, 0, 0, 1, n, line) + _run(near, 0, k, 1, 0, n, line)
                diagonal += _run(near, k, 0, 1, 1, n - k, line)
                diagonal += _run(near, 0, k, 1, 1, n - k, line) if k else 0
            out[pair, 1], out[pair, 2] = 100 * diagonal / found, 100 * straight / (2 * found)
            out[pair, 3] = 100 * late / ((n - 1) * found) if n > 1 else np.nan


@part
def _run(near: Any, i: Any, j: Any, down: Any, right: Any, count: Any, line: Any) -> Any:
    """Return how many points from (i, j) on stand in runs of at least `line`."""
    points, run = 0, 0
    for step in range(count + 1):
        if step < count and near[i + down * step, j + right * step]:
            run += 1
        else:
            points += run if run >= line else 0
            run = 0
    return points
