"""Information gain: how much better a map tells where eyes rest than another does."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.attention.arrays import fits
from neurogate.scanpath.metrics.map_metric import against_fixations
from neurogate.scanpath.metrics.priority import (
    Cells,
    at_fixations,
    checked_map,
    mean_or_nan,
    once_each,
)

__all__ = ["information_gain"]

EPSILON = float(np.finfo(np.float64).eps)
Variant = Literal["densities", "mit"]
Values = NDArray[np.float64]


def _many(
    maps: list[Values], several: list[Cells], *, baseline: ArrayLike, variant: Variant = "densities"
) -> list[list[float]]:
    several = [once_each(own) for own in several] if variant == "mit" else several
    joined, ends = np.concatenate(several), np.cumsum([len(own) for own in several])
    known = _bits(_fitting(baseline, maps[0]), joined, variant)
    gains = [np.split(_bits(s, joined, variant) - known, ends[:-1]) for s in maps]
    return [[mean_or_nan(own) for own in each] for each in gains]


@against_fixations(_many)
def information_gain(
    priority: ArrayLike, fixated: ArrayLike, baseline: ArrayLike, *, variant: Variant = "densities"
) -> float:
    r"""Return the mean of :math:`\log_2 (P / P_0)` over fixations, in bits.

    Parameters
    ----------
    priority, baseline : (H, W)
        P and :math:`P_0`, divided by their sums here; the baseline is usually the bias to the centre.
    fixated : (L, 2)
        Cells: column and row.
    variant : {"densities", "mit"}
        "densities": as it stands, over fixations. "mit": both maps go from 0 to 1 before they are divided by
        their sums, 2.2e-16 is added before the logarithms, and a cell counts once.

    Returns
    -------
    float
        NaN without fixations; minus infinity if P is 0 where an eye rested and the baseline is not.

    Raises
    ------
    RequestError
        If shapes differ, a number is missing, or a fixation is outside the map.

    References
    ----------
    Kümmerer et al. 2015, doi:10.1073/pnas.1510393112.

    Examples
    --------
    >>> information_gain([[1, 3]], [[1, 0]], [[2, 2]]).__round__(4)
    0.585
    """
    own = once_each(fixated) if variant == "mit" else np.asarray(fixated, dtype=np.float64).reshape(-1, 2)
    p = checked_map(priority)
    return mean_or_nan(_bits(p, own, variant) - _bits(_fitting(baseline, p), own, variant))


def _fitting(baseline: ArrayLike, p: Values) -> Values:
    base = checked_map(baseline, "baseline")
    fits(p.shape == base.shape, "both maps must have one shape", priority=p, baseline=base)
    return base


def _bits(priority: Values, fixated: ArrayLike, variant: Variant) -> Values:
    low = priority.min()
    raised = priority - low if variant == "mit" or low < 0 else priority
    total = raised.sum()
    own = (
        at_fixations(raised, fixated) / total
        if total > 0
        else np.full(len(np.asarray(fixated)), 1 / raised.size)
    )
    with np.errstate(divide="ignore"):
        return np.asarray(np.log2(own + (EPSILON if variant == "mit" else 0.0)))
