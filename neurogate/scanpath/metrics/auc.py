"""Areas under the ROC: how often a map is higher where eyes rested than it is elsewhere."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.scanpath.metrics.map_metric import against_fixations
from neurogate.scanpath.metrics.metric import packed
from neurogate.scanpath.metrics.priority import (
    Cells,
    at_cells,
    at_fixations,
    cells,
    checked_map,
    flat_cells,
    map_table,
    once_each,
)

__all__ = ["auc_judd", "auc_shuffled", "auc_uniform", "mann_whitney", "ranks"]

Values = NDArray[np.float64]
Counts = NDArray[np.intp]
Judd = Literal["mit", "fixatons"]
FEW = 2**12
"""With so many values or fewer, sorting them is quicker than what is compiled."""
SINGLE = 3
"""For so few maps, negatives that are read in order do not repay that they are put in order."""


def _uniform(maps: list[Values], several: list[Cells]) -> list[Values]:
    own, starts = flat_cells(several, maps[0].shape[1])
    return _each(((s.ravel()[own], s.ravel()) for s in maps), np.diff(starts))


@against_fixations(_uniform)
def auc_uniform(priority: ArrayLike, fixated: ArrayLike) -> float:
    """Return the area with all cells of the map as negatives, fixated or not, as pysaliency does.

    Parameters
    ----------
    priority : (H, W)
        The map.
    fixated : (L, 2)
        Cells: column and row; a cell counts as often as it is fixated.

    Returns
    -------
    float
        From 0 to 1, 1/2 by chance and for a flat map; NaN without fixations.

    Raises
    ------
    RequestError
        If a number is missing, or a fixation is outside the map.

    References
    ----------
    Kümmerer et al. 2018, arXiv:1704.08615.

    Examples
    --------
    >>> auc_uniform([[0, 1], [2, 3]], [[1, 1]])
    0.875
    """
    s = checked_map(priority)
    return mann_whitney(at_fixations(s, fixated), s.ravel())


def _shuffled(maps: list[Values], several: list[Cells], *, others: ArrayLike) -> list[Values]:
    elsewhere = cells(others, (maps[0].shape[0], maps[0].shape[1]))
    own, starts = flat_cells(several, maps[0].shape[1])
    far = flat_cells([elsewhere], maps[0].shape[1])[0]
    far = np.sort(far) if len(maps) > SINGLE else far
    read = [(s.ravel().take(own), s.ravel().take(far)) for s in maps]
    areas = _each(
        ((_zeroed(positives), _zeroed(negatives)) for positives, negatives in read), np.diff(starts)
    )
    owner = np.repeat(np.arange(len(several)), np.diff(starts))
    for row, (positives, negatives) in zip(areas, read, strict=True):
        row[owner[~np.isfinite(positives)]] = np.nan
        if not np.isfinite(negatives).all():
            row[:] = np.nan
    return areas


@against_fixations(_shuffled, whole=False)
def auc_shuffled(priority: ArrayLike, fixated: ArrayLike, others: ArrayLike) -> float:
    """Return the area with the fixations on other pictures as negatives, all of them and none drawn.

    Parameters
    ----------
    priority : (H, W)
        The map; it is read where someone looked, and numbers missing elsewhere do no harm.
    fixated, others : (L, 2), (M, 2)
        Cells: column and row, of this picture and of others.

    Returns
    -------
    float
        From 0 to 1; NaN without fixations of either kind.

    Raises
    ------
    RequestError
        If a number is missing where the map is read, or a fixation is outside the map.

    References
    ----------
    Tatler, Baddeley & Gilchrist 2005, Vision Research; Zhang et al. 2008, doi:10.1167/8.7.32.

    Examples
    --------
    >>> auc_shuffled([[0, 1], [2, 3]], [[1, 1]], [[0, 0], [1, 1]])
    0.75
    """
    s = map_table(priority)
    positives, negatives = at_fixations(s, fixated), at_fixations(s, others)
    if not (np.isfinite(positives).all() and np.isfinite(negatives).all()):
        checked_map(_only(s, fixated, others))
    return mann_whitney(positives, negatives)


def _only(s: Values, *read: ArrayLike) -> Values:
    """Return a map without what is missing in cells that are not read."""
    column, row = np.concatenate([cells(own, (s.shape[0], s.shape[1])) for own in read]).T
    found = np.zeros(s.shape)
    found[row, column] = s[row, column]
    return found


def _zeroed(values: Values) -> Values:
    finite = np.isfinite(values)
    return values if finite.all() else np.where(finite, values, 0.0)


def _judd(maps: list[Values], several: list[Cells], *, variant: Judd = "mit") -> list[list[float]]:
    found = []
    for s, values in zip(maps, at_cells(maps, several, once=True), strict=True):
        falling, starts = packed([np.sort(own)[::-1] for own in values])
        below = ranks(s.ravel(), falling)[0]
        found.append([_judd_area(below[i:j], s.size, variant) for i, j in itertools.pairwise(starts)])
    return found


@against_fixations(_judd)
def auc_judd(priority: ArrayLike, fixated: ArrayLike, *, variant: Judd = "mit") -> float:
    r"""Return the area with thresholds at the fixated values only, and the cells not fixated as negatives.

    With the n fixated cells in falling order, the point i has :math:`y_i = i / n` and
    :math:`x_i = (\#\{S \ge s_i\} - i) / (N - n)`; between (0, 0), these and (1, 1) lie straight lines.

    Parameters
    ----------
    priority : (H, W)
        The map; nothing is added to break ties, whose points follow from their order.
    fixated : (L, 2)
        Cells: column and row; each counts once.
    variant : {"mit", "fixatons"}
        "mit" as above. "fixatons" takes off one fewer, i - 1, as the Python code of FixaTons does: areas are
        smaller by about 1 / (N - n).

    Returns
    -------
    float
        From 0 to 1 if no two cells are equal, and lower if some are: on a flat map
        :math:`(N - n^2) / (2 n (N - n))`, nearly 1 / (2 n). NaN if no cell is fixated or all are.

    Raises
    ------
    RequestError
        If a number is missing, or a fixation is outside the map.

    References
    ----------
    Judd et al. 2009, doi:10.1109/ICCV.2009.5459462; Bylinskii et al. 2019, arXiv:1604.03605.

    Examples
    --------
    >>> auc_judd([[0, 1], [2, 3]], [[1, 1]])
    1.0
    """
    s = checked_map(priority)
    own = np.sort(at_fixations(s, once_each(fixated)))[::-1]
    return _judd_area(ranks(s.ravel(), own)[0], s.size, variant)


def mann_whitney(positives: Values, negatives: Values) -> float:
    """Return the probability that a positive is above a negative, plus half that they are equal.

    Parameters
    ----------
    positives, negatives : (n,), (m,)
        Values.

    Returns
    -------
    float
        NaN if there are none of either kind.

    References
    ----------
    Mann & Whitney 1947, doi:10.1214/aoms/1177730491.

    Examples
    --------
    >>> mann_whitney(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    0.875
    """
    if not len(positives) or not len(negatives):
        return float("nan")
    below, upto = ranks(negatives, positives)
    return float((below + upto).mean() / (2 * len(negatives)))


def ranks(values: Values, thresholds: Values) -> tuple[Counts, Counts]:
    """Count the values below each threshold, and those below or equal to it.

    Parameters
    ----------
    values : (n,)
        Finite, in any order.
    thresholds : (m,)
        Finite, in any order.

    Returns
    -------
    below, upto : (m,) int
        Counts; many values are counted by what is compiled.

    Examples
    --------
    >>> [counts.tolist() for counts in ranks(np.array([3.0, 1, 2]), np.array([2.0, 9]))]
    [[1, 3], [2, 3]]
    """
    if len(values) > FEW:
        from neurogate.backends.numba_cpu import ranks as compiled

        return compiled.ranks(values, thresholds)
    ordered = np.sort(values)
    return np.searchsorted(ordered, thresholds, "left"), np.searchsorted(ordered, thresholds, "right")


def _each(compared: Iterable[tuple[Values, Values]], counts: Counts) -> list[Values]:
    """Return `mann_whitney` of so many positives of each viewer with all negatives, for several maps."""
    found, owner = [], np.repeat(np.arange(len(counts)), counts)
    with np.errstate(invalid="ignore"):
        for positives, negatives in compared:
            below, upto = ranks(negatives, positives)
            sums = np.bincount(owner, below + upto, len(counts))
            found.append(sums / (2 * counts * len(negatives)))
    return found


def _judd_area(below: Counts, size: int, variant: Judd) -> float:
    """Return the area, given how many cells are below each of the fixated ones, in falling order."""
    count, rest = len(below), size - len(below)
    if not count or not rest:
        return math.nan
    i = np.arange(1, count + 1)
    alarms = size - below - i + (variant == "fixatons")
    hits, alarms = (np.concatenate([[0.0], share, [1.0]]) for share in (i / count, alarms / rest))
    return float(np.trapezoid(hits, alarms))
