"""Information gain: how much better a map tells where eyes rest than another does."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.attention.arrays import fits
from neurogate.errors import RequestError
from neurogate.scanpath.metrics.map_metric import against_fixations
from neurogate.scanpath.metrics.priority import (
    Cells,
    at_fixations,
    checked_map,
    mean_or_nan,
    once_each,
)

__all__ = ["fitting", "gains", "information_gain", "shares"]

EPSILON = float(np.finfo(np.float64).eps)
LEFT_OUT = {"mixed": 0.05}
"""What `leave_one_out` takes: the map of a few others is 0 where one of them did not look."""
Variant = Literal["densities", "mit"]
Values = NDArray[np.float64]


def _many(
    maps: list[Values], several: list[Cells], *, baseline: ArrayLike, variant: Variant = "densities",
    mixed: float = 0.0,
) -> list[list[float]]:  # fmt: skip
    several = [once_each(own) for own in several] if variant == "mit" else several
    joined, ends = np.concatenate(several), np.cumsum([len(own) for own in several])
    known = shares(fitting(baseline, maps[0]), joined, variant)
    each = [np.split(gains(shares(s, joined, variant), known, variant, mixed), ends[:-1]) for s in maps]
    return [[mean_or_nan(own) for own in found] for found in each]


@against_fixations(_many, left_out=LEFT_OUT)
def information_gain(
    priority: ArrayLike, fixated: ArrayLike, baseline: ArrayLike, *, variant: Variant = "densities",
    mixed: float = 0.0,
) -> float:  # fmt: skip
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
    mixed : float
        From 0 up to 1, without 1: so much of the baseline is mixed into the map, :math:`(1 - w) P + w P_0`,
        as for a map of few fixations, which is 0 far from them. `leave_one_out` takes .05 if none is given.

    Returns
    -------
    float
        NaN without fixations; minus infinity if P is 0 where an eye rested and the baseline is not,
        and nothing is mixed.

    Raises
    ------
    RequestError
        If shapes differ, a number is missing, a fixation is outside the map, or `mixed` is not such a share.

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
    known = shares(fitting(baseline, p), own, variant)
    return mean_or_nan(gains(shares(p, own, variant), known, variant, mixed))


def fitting(baseline: ArrayLike, p: Values) -> Values:
    """Return a baseline as numbers, if it has the shape of the map p.

    Examples
    --------
    >>> fitting([[1, 2]], np.ones((1, 2))).tolist()
    [[1.0, 2.0]]
    """
    base = checked_map(baseline, "baseline")
    fits(p.shape == base.shape, "both maps must have one shape", priority=p, baseline=base)
    return base


def shares(priority: Values, fixated: ArrayLike, variant: Variant = "densities") -> Values:
    """Return how much of a map lies in the cells fixated, (L,).

    Parameters
    ----------
    priority : (H, W)
        The map, divided by its sum here.
    fixated : (L, 2)
        Cells: column and row.
    variant : {"densities", "mit"}
        As of `information_gain`.

    Examples
    --------
    >>> shares(np.array([[1.0, 3.0]]), [[1, 0]]).tolist()
    [0.75]
    """
    low = priority.min()
    raised = priority - low if variant == "mit" or low < 0 else priority
    total = raised.sum()
    if total > 0:
        return np.asarray(at_fixations(raised, fixated) / total)
    return np.full(len(np.asarray(fixated)), 1 / raised.size)


def gains(p: Values, known: Values, variant: Variant = "densities", mixed: float = 0.0) -> Values:
    """Return the bits that shares gain over those of a baseline, (L,).

    Parameters
    ----------
    p, known : (L,)
        Shares of the map and of the baseline, as `shares` returns them.
    variant : {"densities", "mit"}
        As of `information_gain`.
    mixed : float
        As of `information_gain`.

    Raises
    ------
    RequestError
        If `mixed` is not from 0 up to 1, without 1.

    Examples
    --------
    >>> gains(np.array([0.75]), np.array([0.5])).round(4).tolist()
    [0.585]
    """
    if not 0 <= mixed < 1:
        raise RequestError(f"mixed is {mixed:g}; give a share of the baseline from 0 up to 1, without 1.")
    least = EPSILON if variant == "mit" else 0.0
    with np.errstate(divide="ignore"):
        return np.asarray(np.log2((1 - mixed) * p + mixed * known + least) - np.log2(known + least))
