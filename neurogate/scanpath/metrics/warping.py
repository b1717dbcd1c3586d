"""How far scanpaths are apart in order: dynamic time warping, and the discrete Fréchet distance."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neurogate.scanpath.metrics.geometry import apart, chosen
from neurogate.scanpath.metrics.metric import Places, metric, packed

__all__ = ["dtw", "frechet"]

Values = NDArray[np.float64]
Warp = Literal["sum", "root_of_squares"]


def _cheapest(cost: Values, widest: bool) -> float:
    """Return the least sum, or the least maximum, of costs along a way from the first pair to the last."""
    total = np.full((cost.shape[0] + 1, cost.shape[1] + 1), np.inf)
    total[0, 0] = 0.0
    for i, j in np.ndindex(cost.shape):
        before = min(total[i, j], total[i, j + 1], total[i + 1, j])
        total[i + 1, j + 1] = max(before, cost[i, j]) if widest else before + cost[i, j]
    return float(total[-1, -1]) if cost.size else math.nan


def _warps(first: list[Values], second: list[Values], places: Places, kind: str) -> Values:
    from neurogate.backends.numba_cpu.gaze_distances import KINDS, warps

    return warps(packed(first), packed(second), places, KINDS.index(kind))


def _dtw_pairs(first: list[Values], second: list[Values], places: Places, *, variant: Warp = "sum") -> Values:
    return _warps(first, second, places, chosen(variant, "sum", "root_of_squares"))


@metric(pairs=_dtw_pairs)
def dtw(a: Values, b: Values, *, variant: Warp = "sum") -> float:
    r"""Return the dynamic time warping distance: the least cost of a way through all pairs of fixations.

    Parameters
    ----------
    a, b : (L, 2)
        Fixations: x, y.
    variant : {"sum", "root_of_squares"}
        :math:`\sum |p_i - q_j|` along the way that makes it least; or :math:`\sqrt{\sum |p_i - q_j|^2}` along
        the way that makes that least, which is what tslearn and dtaidistance return.

    Returns
    -------
    float
        In the unit of x and y; NaN if one has no fixation.

    Raises
    ------
    RequestError
        If a number is missing, or there is no such variant.

    References
    ----------
    Sakoe & Chiba 1978, doi:10.1109/TASSP.1978.1163055.

    Examples
    --------
    >>> dtw([[0, 0], [3, 4]], [[0, 0], [0, 0], [3, 0]]), dtw([[0, 0], [1, 0]], [[0, 2]])
    (4.0, 4.23606797749979)
    """
    squared = chosen(variant, "sum", "root_of_squares") != "sum"
    cost = apart(a, b)
    return math.sqrt(_cheapest(cost**2, False)) if squared else _cheapest(cost, False)


def _frechet_pairs(first: list[Values], second: list[Values], places: Places) -> Values:
    return _warps(first, second, places, "frechet")


@metric(pairs=_frechet_pairs)
def frechet(a: Values, b: Values) -> float:
    """Return the discrete Fréchet distance: how long a leash must be for both to be walked in order.

    Parameters
    ----------
    a, b : (L, 2)
        Fixations: x, y.

    Returns
    -------
    float
        The least, over all ways through the pairs, of the largest distance on it; NaN if one has no fixation.

    Raises
    ------
    RequestError
        If a number is missing.

    References
    ----------
    Eiter & Mannila 1994, technical report CD-TR 94/64, TU Wien.

    Examples
    --------
    >>> frechet([[0, 0], [3, 4]], [[0, 0], [0, 0], [3, 0]])
    4.0
    """
    return _cheapest(apart(a, b), True)
