"""Stretches of many pairs of scanpaths, compiled; defined in `neurogate.scanpath.metrics.windows`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .compiling import kernel, part

__all__ = ["stretches", "string_stretches"]

Array = npt.NDArray[Any]
Packed = tuple[Array, Array]


def stretches(first: Packed, second: Packed, places: Array, least: int, most: int) -> Array:
    """Return how far stretches of the second path are from the nearest of the first, divided by their length.

    Parameters
    ----------
    first, second : (rows (S, 2), starts (n + 1,))
        Fixations of many scanpaths.
    places : (2, P) int
        Which of the first with which of the second.
    least, most : int
        Lengths of the stretches.

    Returns
    -------
    (P, most - least + 1, 2)
        Mean and largest; NaN where a path is shorter than a stretch.

    Examples
    --------
    >>> a, b = (np.array([[0.0, 0]]), np.array([0, 1])), (np.array([[3.0, 4]]), np.array([0, 1]))
    >>> stretches(a, b, np.zeros((2, 1), np.intp), 1, 1).tolist()
    [[[5.0, 5.0]]]
    """
    out = np.full((places.shape[1], most - least + 1, 2), np.nan)
    longest = [int(np.diff(starts).max(initial=0)) for _, starts in (first, second)]
    square, total = np.empty(longest), np.empty(longest)
    _stretches(*first, *second, places, least, most, square, total, np.empty(longest[1]), out)
    return out


def string_stretches(first: Packed, second: Packed, places: Array, k: int) -> Array:
    """Return the mean edit distance of stretches of the second string from the nearest of the first, over k.

    Parameters
    ----------
    first, second : (symbols (S,) int, starts (n + 1,))
        Many strings, one after the other.
    places : (2, P) int
        Which of the first with which of the second.
    k : int
        Length of the stretches.

    Returns
    -------
    (P,)
        NaN where a string is shorter than a stretch.

    Examples
    --------
    >>> a, b = (np.array([1, 2, 3]), np.array([0, 3])), (np.array([2, 4]), np.array([0, 2]))
    >>> string_stretches(a, b, np.zeros((2, 1), np.intp), 2).tolist()
    [0.5]
    """
    out = np.full(places.shape[1], np.nan)
    a, b = (strings[0].reshape(-1).astype(np.int64) for strings in (first, second))
    _strings(a, first[1], b, second[1], places, k, np.empty(k + 1, np.int64), out)
    return out


@kernel
def _stretches(
    a: Any, a_starts: Any, b: Any, b_starts: Any, places: Any, least: Any, most: Any, square: Any, total: Any,
    nearest: Any, out: Any,
) -> None:  # fmt: skip
    for pair in range(places.shape[1]):
        low, high = a_starts[places[0, pair]], b_starts[places[1, pair]]
        n, m = a_starts[places[0, pair] + 1] - low, b_starts[places[1, pair] + 1] - high
        for i in range(n):
            for j in range(m):
                x, y = a[low + i, 0] - b[high + j, 0], a[low + i, 1] - b[high + j, 1]
                square[i, j] = x * x + y * y
                total[i, j] = 0.0
        for k in range(1, min(most, min(n, m)) + 1):
            nearest[: m - k + 1] = np.inf
            for i in range(n - k + 1):
                for j in range(m - k + 1):
                    total[i, j] += square[i + k - 1, j + k - 1]
                    nearest[j] = min(nearest[j], total[i, j])
            if k >= least:
                _summed(nearest[: m - k + 1], k, out[pair, k - least])


@part
def _summed(nearest: Any, k: Any, out: Any) -> None:
    out[:] = 0.0
    for square in nearest:
        far = math.sqrt(square) / k
        out[0] += far / len(nearest)
        out[1] = max(out[1], far)


@kernel
def _strings(a: Any, a_starts: Any, b: Any, b_starts: Any, places: Any, k: Any, row: Any, out: Any) -> None:
    for pair in range(places.shape[1]):
        low, high = a_starts[places[0, pair]], b_starts[places[1, pair]]
        n = a_starts[places[0, pair] + 1] - low - k + 1
        m = b_starts[places[1, pair] + 1] - high - k + 1
        if n < 1 or m < 1:
            continue
        total = 0
        for t in range(m):
            nearest = k
            for s in range(n):
                nearest = min(nearest, _edits(a[low + s : low + s + k], b[high + t : high + t + k], row))
                if nearest == 0:
                    break
            total += nearest
        out[pair] = total / (m * k)


@part
def _edits(s: Any, t: Any, row: Any) -> Any:
    for j in range(len(row)):
        row[j] = j
    for i in range(len(s)):
        corner, left = row[0], i + 1
        row[0] = left
        for j in range(len(t)):
            left = min(min(row[j + 1], left) + 1, corner + (1 if s[i] != t[j] else 0))
            corner, row[j + 1] = row[j + 1], left
    return row[len(t)]
