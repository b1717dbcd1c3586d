"""Time-delay embedding: how near every stretch of one scanpath is to the nearest stretch of the other."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.geometry import apart, chosen, diagonal
from neurogate.scanpath.metrics.metric import Places, both, metric, packed
from neurogate.scanpath.metrics.symbols import cells

__all__ = ["scaled_tde", "string_tde", "tde"]

Values = NDArray[np.float64]
Size = tuple[float, float]
Over = Literal["mean", "worst"]


def _tde_pairs(
    first: list[Values], second: list[Values], places: Places, *, k: int, over: Over = "mean"
) -> Values:
    from neurogate.backends.numba_cpu.gaze_windows import stretches

    which = 0 if chosen(over, "mean", "worst") == "mean" else 1
    return np.asarray(stretches(packed(first), packed(second), places, _window(k), k)[:, 0, which])


@metric(pairs=_tde_pairs)
def tde(human: Values, simulated: Values, *, k: int, over: Over = "mean") -> float:
    r"""Return the time-delay embedding distance of a simulated scanpath from a human one; not symmetric.

    Each stretch of k fixations of the simulated path is at distance
    :math:`\min_{h} \frac{1}{k} \sqrt{\sum_{i<k} |p_{s+i} - q_{h+i}|^2}` of the human path.

    Parameters
    ----------
    human, simulated : (L, 2)
        Fixations: x, y.
    k : int
        Fixations in a stretch.
    over : {"mean", "worst"}
        What is taken of these distances: the mean, or the largest.

    Returns
    -------
    float
        In the unit of x and y; NaN if one path has fewer than k fixations.

    Raises
    ------
    RequestError
        If a number is missing, k is below 1, or there is no such variant.

    References
    ----------
    Wang et al. 2011, doi:10.1109/CVPR.2011.5995423.

    Examples
    --------
    >>> tde([[0, 0], [3, 4], [9, 9]], [[3, 4], [9, 9]], k=2), tde([[0, 0]], [[3, 4]], k=1)
    (0.0, 5.0)
    """
    nearest = _stretches(apart(human, simulated), _window(k))
    worst = chosen(over, "mean", "worst") == "worst"
    return float(nearest.max() if worst else nearest.mean()) if nearest.size else math.nan


def _scaled_pairs(first: list[Values], second: list[Values], places: Places, *, size: Size) -> Values:
    from neurogate.backends.numba_cpu.gaze_windows import stretches

    diagonal(size)
    most = min(max(map(len, paths), default=0) for paths in (first, second))
    if most == 0:
        return np.full(places.shape[1], np.nan)
    likeness = np.exp(-stretches(packed(first), packed(second), places, 1, most)[:, :, 0] / max(size))
    counts = np.isfinite(likeness).sum(axis=1)
    return np.where(counts > 0, np.nansum(likeness, axis=1) / np.maximum(counts, 1), np.nan)


@metric(pairs=_scaled_pairs)
def scaled_tde(human: Values, simulated: Values, *, size: Size) -> float:
    r"""Return the scaled time-delay embedding similarity: 1 if every stretch is one of the human path.

    .. math::
        \frac{1}{K} \sum_{k=1}^{K} e^{-TDE_k / \max(w, h)}, \quad K = \min(n, m)

    Parameters
    ----------
    human, simulated : (L, 2)
        Fixations: x, y.
    size : (float, float)
        Width w and height h of the picture.

    Returns
    -------
    float
        0 to 1; NaN if one path has no fixation; not symmetric.

    Raises
    ------
    RequestError
        If a number is missing, or the picture has no size.

    References
    ----------
    Zanca et al. 2018, FixaTons, arXiv:1802.02534.

    Examples
    --------
    >>> scaled_tde([[0, 0], [3, 4]], [[0, 0], [3, 4]], size=(80, 60))
    1.0
    """
    diagonal(size)
    between = apart(human, simulated)
    each = [_stretches(between, k).mean() / max(size) for k in range(1, min(between.shape) + 1)]
    return float(np.exp(-np.array(each)).mean()) if each else math.nan


def _string_pairs(
    first: list[Values], second: list[Values], places: Places, *, size: Size, k: int, grid: tuple[int, int]
) -> Values:
    from neurogate.backends.numba_cpu.gaze_windows import string_stretches

    a, b = both(lambda paths: packed([cells(path, size, grid) for path in paths]), first, second)
    return string_stretches(a, b, places, _window(k))


@metric(pairs=_string_pairs)
def string_tde(human: Values, simulated: Values, *, size: Size, k: int, grid: tuple[int, int]) -> float:
    """Return the time-delay embedding distance of strings of cells; not symmetric.

    Each stretch of k cells of the simulated path is as far from the human one as the nearest stretch of that:
    the edit distance, divided by k. The mean over stretches counts.

    Parameters
    ----------
    human, simulated : (L, 2)
        Fixations: x, y.
    size : (float, float)
        Width and height of the picture.
    k : int
        Cells in a stretch.
    grid : (int, int)
        Columns and rows of cells; a fixation outside is in the nearest one.

    Returns
    -------
    float
        0 to 1; NaN if one path has fewer than k fixations.

    Raises
    ------
    RequestError
        If a number is missing, k is below 1, or the picture has no size.

    References
    ----------
    Schwinn et al. 2022, arXiv:2204.09093.

    Examples
    --------
    >>> string_tde([[1, 1], [79, 59]], [[1, 1], [1, 59]], size=(80, 60), k=2, grid=(4, 4))
    0.5
    """
    s, t = (cells(path, size, grid) for path in (human, simulated))
    if min(len(s), len(t)) < _window(k):
        return math.nan
    others = sliding_window_view(s, k)
    nearest = [min(_edits(other, window) for other in others) for window in sliding_window_view(t, k)]
    return float(np.mean(nearest) / k)


def _stretches(between: Values, k: int) -> Values:
    """Return how far each stretch of k columns is from the nearest stretch of rows."""
    n, m = (max(length - k + 1, 0) for length in between.shape)
    if not n * m:
        return np.zeros(0)
    squares = sum(between[i : i + n, i : i + m] ** 2 for i in range(k))
    nearest: Values = np.sqrt(squares).min(axis=0) / k
    return nearest


def _edits(s: NDArray[np.int64], t: NDArray[np.int64]) -> int:
    row = list(range(len(t) + 1))
    for i, symbol in enumerate(s):
        above, row = row, [i + 1]
        for j, other in enumerate(t):
            row.append(min(above[j] + (symbol != other), above[j + 1] + 1, row[j] + 1))
    return int(row[-1])


def _window(k: int) -> int:
    if k < 1:
        raise RequestError(f"k is {k}. Give a stretch of at least 1 fixation.")
    return k
