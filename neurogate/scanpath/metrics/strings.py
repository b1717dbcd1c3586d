"""How alike scanpaths are as strings of cells: edit distance and ScanMatch."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.alignment import aligned, checked_gap, longest, scores, share
from neurogate.scanpath.metrics.geometry import apart
from neurogate.scanpath.metrics.metric import Places, both, metric, packed
from neurogate.scanpath.metrics.symbols import Symbols, cells, repeated

__all__ = ["levenshtein", "scanmatch"]

Values = NDArray[np.float64]
Size = tuple[float, float]
Grid = tuple[int, int]
_GRID = (8, 6)


def _levenshtein_pairs(
    first: list[Values], second: list[Values], places: Places, *, size: Size, grid: Grid = _GRID,
    normalised: bool = False,
) -> Values:  # fmt: skip
    from neurogate.backends.numba_cpu.gaze_strings import edits

    a, b = both(lambda paths: [cells(path, size, grid) for path in paths], first, second)
    found = edits(packed(a), packed(b), places).astype(np.float64)
    if not normalised:
        return found
    most = longest(a, b, places)
    return np.where(most > 0, 1 - found / np.maximum(most, 1), np.nan)


@metric(pairs=_levenshtein_pairs)
def levenshtein(a: Values, b: Values, *, size: Size, grid: Grid = _GRID, normalised: bool = False) -> float:
    r"""Return how many cells must be put in, left out or replaced to make one scanpath of the other.

    Parameters
    ----------
    a, b : (L, 2)
        Fixations: x, y.
    size : (float, float)
        Width and height of the picture.
    grid : (int, int)
        Columns and rows of cells; a fixation outside is in the nearest one.
    normalised : bool
        Return the similarity :math:`1 - d / \max(n, m)` instead, NaN if both have no fixation.

    Raises
    ------
    RequestError
        If a number is missing, or the picture has no size.

    References
    ----------
    Levenshtein 1966, Soviet Physics Doklady 10, 707.

    Examples
    --------
    >>> levenshtein([[1, 1], [79, 59]], [[1, 1], [40, 30], [79, 59]], size=(80, 60))
    1.0
    """
    s, t = cells(a, size, grid), cells(b, size, grid)
    table = np.add.outer(np.arange(len(s) + 1), np.arange(len(t) + 1))
    for i, j in np.ndindex(len(s), len(t)):
        replaced = table[i, j] + (s[i] != t[j])
        table[i + 1, j + 1] = min(replaced, table[i, j + 1] + 1, table[i + 1, j] + 1)
    if not normalised:
        return float(table[-1, -1])
    return float(1 - table[-1, -1] / max(len(s), len(t))) if len(s) or len(t) else math.nan


def _scanmatch_pairs(
    first: list[Values], second: list[Values], places: Places, *, size: Size, grid: Grid = _GRID,
    threshold: float = 3.5, gap: float = 0.0, bin_s: float | None = None,
) -> Values:  # fmt: skip
    def symbols(path: Values) -> Symbols:
        return repeated(cells(path, size, grid), path, bin_s, "nearest")

    return scores(first, second, places, symbols, _substitution(grid, threshold), gap, best=True) / threshold


@metric(pairs=_scanmatch_pairs, timed="bin_s")
def scanmatch(
    a: Values, b: Values, *, size: Size, grid: Grid = _GRID, threshold: float = 3.5, gap: float = 0.0,
    bin_s: float | None = None,
) -> float:  # fmt: skip
    r"""Return the ScanMatch score: the best global alignment of two strings of cells, 1 for the same.

    Cells i and j are worth :math:`T - d_{ij}`, their distance counted in cells; the alignment is that of
    Needleman and Wunsch with a table F, and the score is :math:`\max F / (T \max(n, m))`.

    Parameters
    ----------
    a, b : (L, 2 or 3)
        Fixations: x, y, and duration if there are bins of time.
    size : (float, float)
        Width and height of the picture.
    grid : (int, int)
        Columns and rows of cells; a fixation outside is in the nearest one.
    threshold : float
        T: cells that are farther apart than this are worth less than nothing.
    gap : float
        What a symbol without a partner is worth; at most 0.
    bin_s : float, optional
        Repeat each cell round(duration / bin_s) times; once if left out.

    Returns
    -------
    float
        NaN if one string is empty. The largest entry of F counts, as in the published program, not the last.

    Raises
    ------
    RequestError
        If a number is missing, or an option makes no sense.

    References
    ----------
    Cristino et al. 2010, doi:10.3758/BRM.42.3.692.

    Examples
    --------
    >>> scanmatch([[1, 1], [79, 59]], [[1, 1], [44, 59]], size=(80, 60))
    0.5714285714285714
    """
    s, t = (repeated(cells(path, size, grid), path, bin_s, "nearest") for path in (a, b))
    table = aligned(_substitution(grid, threshold)[np.ix_(s, t)], checked_gap(gap))
    return share(table.max() / threshold, s, t)


def _substitution(grid: Grid, threshold: float) -> Values:
    if not threshold > 0:
        raise RequestError(f"threshold is {threshold:g} cells. Give a distance above 0.")
    cell = np.arange(grid[0] * grid[1])
    centres = np.stack([cell % grid[0], cell // grid[0]], axis=1).astype(np.float64)
    return threshold - apart(centres, centres)
