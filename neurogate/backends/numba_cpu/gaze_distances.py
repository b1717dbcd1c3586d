"""Distances of many scanpaths, compiled; defined in `neurogate.scanpath.metrics.warping` and `clouds`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .compiling import kernel, part

__all__ = ["KINDS", "nearest", "warps"]

Array = npt.NDArray[Any]
Packed = tuple[Array, Array]
KINDS = ("sum", "root_of_squares", "frechet")
_SQUARES, _WIDEST = 1, 2


def warps(first: Packed, second: Packed, places: Array, kind: int) -> Array:
    """Return the cost of the cheapest way through each pair.

    Parameters
    ----------
    first, second : (rows (S, 2), starts (n + 1,))
        Fixations of many scanpaths.
    places : (2, P) int
        Which of the first with which of the second.
    kind : int
        Place in `KINDS`: the sum of distances, the root of the sum of squares, the largest distance.

    Returns
    -------
    (P,)
        NaN where there is no fixation.

    Examples
    --------
    >>> a, b = (np.array([[0.0, 0]]), np.array([0, 1])), (np.array([[3.0, 4]]), np.array([0, 1]))
    >>> warps(a, b, np.zeros((2, 1), np.intp), 0).item()
    5.0
    """
    out, row = np.full(places.shape[1], np.nan), np.empty(int(np.diff(second[1]).max(initial=0)))
    _warps(*first, *second, places, kind, row, out)
    return out


def nearest(first: Packed, second: Packed, places: Array) -> Array:
    """Return what is needed of the distances from each fixation to the nearest of the other path.

    Parameters are those of `warps`.

    Returns
    -------
    (P, 3, 2)
        Sum, sum of squares and largest, of the first path and of the second; NaN where there is no fixation.

    Examples
    --------
    >>> a, b = (np.array([[0.0, 0], [3, 4]]), np.array([0, 2])), (np.array([[0.0, 0]]), np.array([0, 1]))
    >>> nearest(a, b, np.zeros((2, 1), np.intp))[0].tolist()
    [[5.0, 0.0], [25.0, 0.0], [5.0, 0.0]]
    """
    out, column = np.full((places.shape[1], 3, 2), np.nan), np.empty(int(np.diff(second[1]).max(initial=0)))
    _nearest(*first, *second, places, column, out)
    return out


@part
def _square(a: Any, i: Any, b: Any, j: Any) -> Any:
    return (a[i, 0] - b[j, 0]) * (a[i, 0] - b[j, 0]) + (a[i, 1] - b[j, 1]) * (a[i, 1] - b[j, 1])


@kernel
def _warps(a: Any, a_starts: Any, b: Any, b_starts: Any, places: Any, kind: Any, row: Any, out: Any) -> None:
    for pair in range(places.shape[1]):
        p, q = places[0, pair], places[1, pair]
        if a_starts[p] == a_starts[p + 1] or b_starts[q] == b_starts[q + 1]:
            continue
        low, m = b_starts[q], b_starts[q + 1] - b_starts[q]
        row[:m] = np.inf
        corner = 0.0
        for i in range(a_starts[p], a_starts[p + 1]):
            left = np.inf
            for j in range(m):
                cost = _square(a, i, b, low + j)
                if kind != _SQUARES:
                    cost = math.sqrt(cost)
                before = min(min(corner, row[j]), left)
                left = max(before, cost) if kind == _WIDEST else before + cost
                corner, row[j] = row[j], left
            corner = np.inf
        out[pair] = math.sqrt(row[m - 1]) if kind == _SQUARES else row[m - 1]


@kernel
def _nearest(a: Any, a_starts: Any, b: Any, b_starts: Any, places: Any, column: Any, out: Any) -> None:
    for pair in range(places.shape[1]):
        p, q = places[0, pair], places[1, pair]
        low, n, m = b_starts[q], a_starts[p + 1] - a_starts[p], b_starts[q + 1] - b_starts[q]
        if n == 0 or m == 0:
            continue
        out[pair] = 0.0
        column[:m] = np.inf
        for i in range(a_starts[p], a_starts[p + 1]):
            least = np.inf
            for j in range(m):
                apart = _square(a, i, b, low + j)
                least, column[j] = min(least, apart), min(column[j], apart)
            _add(out[pair], 0, least)
        for j in range(m):
            _add(out[pair], 1, column[j])


@part
def _add(sums: Any, side: Any, square: Any) -> None:
    apart = math.sqrt(square)
    sums[0, side] += apart
    sums[1, side] += square
    sums[2, side] = max(sums[2, side], apart)
