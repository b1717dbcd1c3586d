"""Alignments of many strings, compiled; defined in `neurogate.scanpath.metrics.strings` and `alignment`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .compiling import kernel

__all__ = ["alignments", "edits"]

Array = npt.NDArray[Any]
Packed = tuple[Array, Array]


def edits(first: Packed, second: Packed, places: Array) -> Array:
    """Return the edit distance of each pair.

    Parameters
    ----------
    first, second : (symbols (S,) int, starts (n + 1,))
        Many strings, one after the other.
    places : (2, P) int
        Which of the first with which of the second.

    Returns
    -------
    (P,) int

    Examples
    --------
    >>> a, b = (np.array([1, 2, 3]), np.array([0, 3])), (np.array([1, 3]), np.array([0, 2]))
    >>> edits(a, b, np.zeros((2, 1), np.intp)).tolist()
    [1]
    """
    out = np.empty(places.shape[1], np.int64)
    row = np.empty(int(np.diff(second[1]).max(initial=0)) + 1, np.int64)
    _edits(*_whole(first), *_whole(second), places, row, out)
    return out


def alignments(
    first: Packed, second: Packed, places: Array, substitution: Array, gap: float, best: bool
) -> Array:
    """Return what the best global alignment of each pair is worth.

    Parameters
    ----------
    first, second, places
        As for `edits`.
    substitution : (K, K)
        What symbols are worth beside each other.
    gap : float
        What a symbol without a partner is worth.
    best : bool
        Whether the largest entry of the table counts, or the last.

    Returns
    -------
    (P,)
        NaN where a string is empty.

    Examples
    --------
    >>> a, b = (np.array([1, 0, 1]), np.array([0, 3])), (np.array([1, 1]), np.array([0, 2]))
    >>> alignments(a, b, np.zeros((2, 1), np.intp), np.eye(2), 0.0, False).tolist()
    [2.0]
    """
    out = np.full(places.shape[1], np.nan)
    row = np.empty(int(np.diff(second[1]).max(initial=0)) + 1)
    _align(*_whole(first), *_whole(second), places, np.ascontiguousarray(substitution), gap, best, row, out)
    return out


def _whole(strings: Packed) -> Packed:
    """Return symbols of one type: no symbols at all have another."""
    return strings[0].reshape(-1).astype(np.int64), strings[1]


@kernel
def _edits(a: Any, a_starts: Any, b: Any, b_starts: Any, places: Any, row: Any, out: Any) -> None:
    for pair in range(places.shape[1]):
        p, q = places[0, pair], places[1, pair]
        low, m = b_starts[q], b_starts[q + 1] - b_starts[q]
        for j in range(m + 1):
            row[j] = j
        for i in range(a_starts[p], a_starts[p + 1]):
            corner, left = row[0], row[0] + 1
            row[0] = left
            for j in range(1, m + 1):
                left = min(min(row[j], left) + 1, corner + (1 if a[i] != b[low + j - 1] else 0))
                corner, row[j] = row[j], left
        out[pair] = row[m]


@kernel
def _align(
    a: Any,
    a_starts: Any,
    b: Any,
    b_starts: Any,
    places: Any,
    worth: Any,
    gap: Any,
    best: Any,
    row: Any,
    out: Any,
) -> None:
    for pair in range(places.shape[1]):
        p, q = places[0, pair], places[1, pair]
        low, n, m = b_starts[q], a_starts[p + 1] - a_starts[p], b_starts[q + 1] - b_starts[q]
        if n == 0 or m == 0:
            continue
        for j in range(m + 1):
            row[j] = gap * j
        most = 0.0
        for i in range(n):
            gain = worth[a[a_starts[p] + i]]
            corner, left = row[0], gap * (i + 1)
            row[0] = left
            for j in range(1, m + 1):
                left = max(max(row[j], left) + gap, corner + gain[b[low + j - 1]])
                corner, row[j] = row[j], left
                most = max(most, left)
        out[pair] = most if best else row[m]
