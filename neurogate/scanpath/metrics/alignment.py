"""The global alignment of two strings, after Needleman & Wunsch 1970, doi:10.1016/0022-2836(70)90057-4."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.metric import Places, both, packed
from neurogate.scanpath.metrics.symbols import Symbols

__all__ = ["aligned", "checked_gap", "longest", "scores", "share"]

Values = NDArray[np.float64]


def aligned(worth: Values, gap: float) -> Values:
    """Return what the best alignment of each two beginnings is worth.

    Parameters
    ----------
    worth : (n, m)
        Of each symbol of one string beside each of the other.
    gap : float
        Worth of a symbol without a partner.

    Returns
    -------
    (n + 1, m + 1)

    Examples
    --------
    >>> aligned(np.array([[1.0, 0.0], [0.0, 1.0]]), 0.0)[-1, -1].item()
    2.0
    """
    n, m = worth.shape
    table: Values = np.add.outer(gap * np.arange(n + 1), gap * np.arange(m + 1))
    for i, j in np.ndindex(n, m):
        table[i + 1, j + 1] = max(table[i, j] + worth[i, j], table[i, j + 1] + gap, table[i + 1, j] + gap)
    return table


def share(score: float, s: Symbols, t: Symbols) -> float:
    """Return a score divided by the length of the longer string, NaN if one is empty.

    Parameters
    ----------
    score : float
    s, t : (n,), (m,)

    Examples
    --------
    >>> share(1.0, np.array([1, 2]), np.array([1]))
    0.5
    """
    return float(score) / max(len(s), len(t)) if len(s) and len(t) else math.nan


def scores(
    first: list[Values], second: list[Values], places: Places, symbols: Callable[[Values], Symbols],
    substitution: Values, gap: float, *, best: bool,
) -> Values:  # fmt: skip
    """Return scores of many alignments, compiled, each divided by the length of the longer string.

    Parameters
    ----------
    first, second : lists of (L, 2 or 3)
        Fixations.
    places : (2, P)
        Which of the first with which of the second.
    symbols : callable
        Makes a string of fixations.
    substitution : (K, K)
        What symbols are worth beside each other.
    gap : float
        Worth of a symbol without a partner.
    best : bool
        Whether the largest entry of the table counts, or the last.

    Returns
    -------
    (P,)

    Examples
    --------
    >>> path, places = np.zeros((3, 2)), np.zeros((2, 1), np.intp)
    >>> scores([path], [path], places, lambda p: np.zeros(len(p), int), np.eye(1), 0.0, best=True).tolist()
    [1.0]
    """
    from neurogate.backends.numba_cpu.gaze_strings import alignments

    a, b = both(lambda paths: [symbols(path) for path in paths], first, second)
    found = alignments(packed(a), packed(b), places, substitution, checked_gap(gap), best)
    return np.asarray(found / np.maximum(longest(a, b, places), 1))


def longest(a: list[Symbols], b: list[Symbols], places: Places) -> Values:
    """Return the length of the longer string of each pair.

    Parameters
    ----------
    a, b : lists of (n,)
        Strings.
    places : (2, P)
        Which of the first with which of the second.

    Examples
    --------
    >>> longest([np.zeros(2)], [np.zeros(3), np.zeros(0)], np.array([[0, 0], [0, 1]])).tolist()
    [3.0, 2.0]
    """
    n, m = (np.array([len(symbols) for symbols in strings], dtype=np.float64) for strings in (a, b))
    return np.asarray(np.maximum(n[places[0]], m[places[1]]))


def checked_gap(gap: float) -> float:
    """Return the worth of a symbol without a partner if it may be that.

    Parameters
    ----------
    gap : float

    Raises
    ------
    RequestError
        If it is above 0.

    Examples
    --------
    >>> checked_gap(0)
    0.0
    """
    if not gap <= 0:
        raise RequestError(f"gap is {gap:g}: a symbol without a partner would be a gain. Give at most 0.")
    return float(gap)
