"""MultiMatch of many pairs, compiled; defined in `neurogate.scanpath.metrics.multimatch`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .compiling import kernel, part

__all__ = ["similarities"]

Array = npt.NDArray[Any]


def similarities(
    first: tuple[Array, Array], second: tuple[Array, Array], places: Array, diagonal: float
) -> Array:
    """Return the five similarities of every pair.

    Parameters
    ----------
    first, second : (rows (S, 5), starts (n + 1,))
        Saccades of many scanpaths: x and y of the start, both components, duration before.
    places : (2, P) int
        Which of the first with which of the second.
    diagonal : float
        Of the picture.

    Returns
    -------
    (P, 5)
        NaN where there is no saccade.

    Examples
    --------
    >>> path = np.array([[0.0, 0, 3, 4, 1]]), np.array([0, 1])
    >>> similarities(path, path, np.zeros((2, 1), np.intp), 9.0).tolist()
    [[1.0, 1.0, 1.0, 1.0, 1.0]]
    """
    most = [int(np.diff(starts).max(initial=0)) for _, starts in (first, second)]
    total, ranked = np.empty(most), np.empty((5, sum(most)))
    out = np.full((places.shape[1], 5), np.nan)
    sides = [(np.ascontiguousarray(rows), *_polar(rows), starts) for rows, starts in (first, second)]
    _all(*sides[0], *sides[1], places, diagonal, total, ranked, out)
    return out


def _polar(rows: Array) -> tuple[Array, Array]:
    return np.arctan2(rows[:, 3], rows[:, 2]), np.sqrt(rows[:, 2] ** 2 + rows[:, 3] ** 2)


@kernel
def _all(
    u: Any, u_angle: Any, u_length: Any, u_starts: Any, v: Any, v_angle: Any, v_length: Any, v_starts: Any,
    places: Any, diagonal: Any, total: Any, ranked: Any, out: Any,
) -> None:  # fmt: skip
    for pair in range(places.shape[1]):
        a, b = u_starts[places[0, pair]], v_starts[places[1, pair]]
        n, m = u_starts[places[0, pair] + 1] - a, v_starts[places[1, pair] + 1] - b
        if n > 0 and m > 0:
            _fill(u[a : a + n], v[b : b + m], total)
            i, j, steps = n - 1, m - 1, 0
            while True:
                s, t = a + i, b + j
                ranked[0, steps] = _apart(u[s, 2], u[s, 3], v[t, 2], v[t, 3]) / (2 * diagonal)
                turn = abs(u_angle[s] - v_angle[t])
                ranked[1, steps] = min(turn, 2 * math.pi - turn) / math.pi
                ranked[2, steps] = abs(u_length[s] - v_length[t]) / diagonal
                ranked[3, steps] = _apart(u[s, 0], u[s, 1], v[t, 0], v[t, 1]) / diagonal
                longest = max(u[s, 4], v[t, 4])
                ranked[4, steps] = abs(u[s, 4] - v[t, 4]) / (longest if longest > 0 else 1.0)
                steps += 1
                if i == 0 and j == 0:
                    break
                i, j = _back(total, i, j)
            for k in range(5):
                out[pair, k] = 1 - _median(ranked[k], steps)


@part
def _apart(x: Any, y: Any, other_x: Any, other_y: Any) -> Any:
    return math.sqrt((x - other_x) * (x - other_x) + (y - other_y) * (y - other_y))


@part
def _fill(u: Any, v: Any, total: Any) -> None:
    """Write what the cheapest way to each pair costs."""
    m = v.shape[0]
    for i in range(u.shape[0]):
        row, above = total[i], total[i - 1]
        for j in range(m):
            row[j] = _apart(u[i, 2], u[i, 3], v[j, 2], v[j, 3])
        if i == 0:
            row[0] = 0.0
            for j in range(1, m):
                row[j] += row[j - 1]
            continue
        left = above[0] + row[0]
        row[0] = left
        for j in range(1, m):
            best = min(above[j - 1], above[j])
            left = min(best, left) + row[j]
            row[j] = left


@part
def _back(total: Any, i: Any, j: Any) -> Any:
    if i == 0:
        return i, j - 1
    if j == 0:
        return i - 1, j
    both, one, other = total[i - 1, j - 1], total[i - 1, j], total[i, j - 1]
    if both <= one and both <= other:
        return i - 1, j - 1
    return (i - 1, j) if one <= other else (i, j - 1)


@part
def _median(values: Any, count: Any) -> Any:
    """Return the median, by quickselect in place."""
    middle = count // 2
    low, high = 0, count - 1
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i, j = i + 1, j - 1
        if middle <= j:
            high = j
        elif middle >= i:
            low = i
        else:
            break
    if count % 2:
        return values[middle]
    below = values[0]
    for i in range(1, middle):
        below = max(below, values[i])
    return (below + values[middle]) / 2
