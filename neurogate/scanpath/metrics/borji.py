"""The area under the ROC by draws: as many negatives as fixations, many times, with thresholds on a grid."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.map_metric import against_fixations
from neurogate.scanpath.metrics.priority import Cells, at_cells, at_fixations, cells, checked_map, once_each

__all__ = ["auc_borji"]

Values = NDArray[np.float64]


def _many(
    maps: list[Values], several: list[Cells], *, others: ArrayLike | None = None, seed: int,
    splits: int = 100, step: float = 0.1,
) -> list[list[float]]:  # fmt: skip
    elsewhere = [] if others is None else [cells(others, (maps[0].shape[0], maps[0].shape[1]))]
    pools = [each for (each,) in at_cells(maps, elsewhere)] if elsewhere else [s.ravel() for s in maps]
    found = []
    for s, pool, values in zip(maps, pools, at_cells(maps, several, once=True), strict=True):
        span = s.min(), s.max()
        draws = [(own, _drawn(pool, len(own), seed, splits, step)) for own in values]
        found.append([_area(own, drawn, span, step) for own, drawn in draws])
    return found


def _area(own: Values, drawn: Values, span: tuple[float, float], step: float) -> float:
    """Return the mean area of draws from a map of such a span; NaN of no draws or a flat map."""
    from neurogate.backends.numba_cpu.areas import areas

    low, high = span
    if not drawn.size or low == high:
        return math.nan
    own, drawn = ((values - low) / (high - low) for values in (own, drawn))
    return float(areas(own, drawn, step).mean())


@against_fixations(_many)
def auc_borji(
    priority: ArrayLike, fixated: ArrayLike, others: ArrayLike | None = None, *, seed: int,
    splits: int = 100, step: float = 0.1,
) -> float:  # fmt: skip
    """Return the mean area over draws of as many negatives as fixations, with thresholds on a grid.

    The map goes from 0 to 1 first. A grid of thresholds makes the area smaller than `auc.auc_uniform`, which
    needs neither grid nor draws, and is to be preferred.

    Parameters
    ----------
    priority : (H, W)
        The map.
    fixated : (L, 2)
        Cells: column and row; each counts once.
    others : (M, 2), optional
        Cells to draw from, for the shuffled area of the MIT benchmark; all of the map if left out.
    seed : int
        Of the draws, with replacement.
    splits : int
        How many draws.
    step : float
        Between thresholds, from 0 up to the largest value drawn or fixated.

    Returns
    -------
    float
        From 0 to 1; NaN without fixations or for a flat map.

    Raises
    ------
    RequestError
        If a number is missing, or a fixation is outside the map.

    References
    ----------
    Borji, Sihite & Itti 2013, IEEE Transactions on Image Processing; Bylinskii et al. 2019, arXiv:1604.03605.

    Examples
    --------
    >>> auc_borji([[0, 1], [2, 3]], [[1, 1]], seed=1) > 0.8
    True
    """
    unit = _unit(checked_map(priority))
    own = at_fixations(unit, once_each(fixated))
    pool = unit.ravel() if others is None else at_fixations(unit, others)
    drawn = _drawn(pool, len(own), seed, splits, step)
    if not drawn.size or not unit.any():
        return math.nan
    return float(np.mean([_on_grid(own, negatives, step) for negatives in drawn]))


def _unit(s: Values) -> Values:
    """Return a map from 0 to 1; all 0 if it is flat."""
    low, high = s.min(), s.max()
    return np.asarray((s - low) / (high - low if high > low else 1.0))


def _drawn(pool: Values, count: int, seed: int, splits: int, step: float) -> Values:
    if not (splits >= 1 and 0 < step <= 1):
        raise RequestError(f"splits is {splits}, step {step:g}. Give at least 1 split, and a step in (0, 1].")
    if not len(pool):
        return np.zeros((splits, 0))
    return np.asarray(pool[_places(len(pool), count, seed, splits)])


@functools.lru_cache(maxsize=64)
def _places(pool: int, count: int, seed: int, splits: int) -> NDArray[np.intp]:
    """Return which of a pool are drawn; the same for every map of a size, and not to be written into."""
    return np.random.default_rng(seed).integers(0, pool, (splits, count))


def _on_grid(own: Values, drawn: Values, step: float) -> float:
    grid = np.arange(0, max(own.max(), drawn.max()) + step / 1024, step)[::-1]
    hits, alarms = ((np.asarray(values) >= grid[:, None]).mean(axis=1) for values in (own, drawn))
    return float(np.trapezoid([0, *hits, 1], [0, *alarms, 1]))
