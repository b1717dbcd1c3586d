"""Measures of what a model says of the next fixation, given those before: one map for each fixation.

Each function reads like its definition: a measure of one map, of each map and its fixation. Its twin takes
what is read of all maps in one compiled call (`neurogate.scanpath.metrics.step_metric.Read`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.auc import auc_uniform
from neurogate.scanpath.metrics.information_gain import LEFT_OUT, fitting, gains, information_gain, shares
from neurogate.scanpath.metrics.nss import nss
from neurogate.scanpath.metrics.step_metric import Read, of_steps

__all__ = ["conditional_auc", "conditional_information_gain", "conditional_nss"]

Values = NDArray[np.float64]


def _nss(read: Read) -> Values:
    spread = np.sqrt(read.squares / read.size)
    spread[read.equal == read.size] = np.nan
    return np.asarray((read.value - read.mean) / spread)


@of_steps(_nss)
def conditional_nss(priorities: ArrayLike, fixated: ArrayLike) -> Values:
    """Return for each fixation how far its own map is above its mean there, in its standard deviations.

    Parameters
    ----------
    priorities : (L, H, W)
        Map l is what a model says of fixation l after it saw those before.
    fixated : (L, 2)
        Cells: column and row.

    Returns
    -------
    (L,) array
        NaN where a map is flat; the mean over fixations is the cNSS.

    Raises
    ------
    RequestError
        If there is not one map for each fixation, or what `neurogate.scanpath.metrics.nss.nss` complains of.

    References
    ----------
    Yang et al. 2024, arXiv:2303.09383; Travi et al. 2022, arXiv:2112.05808.

    Examples
    --------
    >>> conditional_nss([[[0, 0], [0, 4]], [[1, 1], [1, 1]]], [[1, 1], [0, 0]]).round(4).tolist()
    [1.7321, nan]
    """
    return np.array([nss(s, place) for s, place in _steps(priorities, fixated)])


def _auc(read: Read) -> Values:
    return np.asarray((read.below + read.equal / 2) / read.size)


@of_steps(_auc)
def conditional_auc(priorities: ArrayLike, fixated: ArrayLike) -> Values:
    """Return for each fixation the share of cells of its own map that are lower, plus half of those equal.

    Parameters
    ----------
    priorities : (L, H, W)
        Map l is what a model says of fixation l after it saw those before.
    fixated : (L, 2)
        Cells: column and row.

    Returns
    -------
    (L,) array
        From 0 to 1; the mean over fixations is the cAUC.

    Raises
    ------
    RequestError
        If there is not one map for each fixation, a number is missing, or a fixation is outside.

    References
    ----------
    Yang et al. 2024, arXiv:2303.09383; Travi et al. 2022, arXiv:2112.05808.

    Examples
    --------
    >>> conditional_auc([[[0, 1], [2, 3]]], [[1, 1]]).tolist()
    [0.875]
    """
    return np.array([auc_uniform(s, place) for s, place in _steps(priorities, fixated)])


def _gain(read: Read, baseline: ArrayLike, *, mixed: float = 0.0) -> Values:
    own, total = read.value - read.lowest, read.above
    flat = np.full(len(own), 1 / read.size)
    known = shares(fitting(baseline, read.maps[0]), read.cells)
    return gains(np.divide(own, total, out=flat, where=total > 0), known, mixed=mixed)


@of_steps(_gain, left_out=LEFT_OUT)
def conditional_information_gain(
    priorities: ArrayLike, fixated: ArrayLike, baseline: ArrayLike, *, mixed: float = 0.0
) -> Values:
    """Return for each fixation the bits that its own map gains over a baseline.

    Parameters
    ----------
    priorities : (L, H, W)
        Map l is what a model says of fixation l after it saw those before.
    fixated : (L, 2)
        Cells: column and row.
    baseline : (H, W)
        Of all fixations.
    mixed : float
        How much of the baseline is mixed into each map, as
        `neurogate.scanpath.metrics.information_gain.information_gain` has it; .05 in `leave_one_out` if none
        is given.

    Returns
    -------
    (L,) array
        The mean over fixations is the cIG.

    Raises
    ------
    RequestError
        If there is not one map for each fixation, a number is missing, or a fixation is outside.

    References
    ----------
    Kümmerer & Bethge 2021, arXiv:2102.12239.

    Examples
    --------
    >>> conditional_information_gain([[[1, 3]]], [[1, 0]], [[2, 2]]).round(4).tolist()
    [0.585]
    """
    return np.array(
        [information_gain(s, place, baseline, mixed=mixed) for s, place in _steps(priorities, fixated)]
    )


def _steps(priorities: ArrayLike, fixated: ArrayLike) -> list[tuple[Values, Values]]:
    maps, places = np.asarray(priorities, np.float64), np.asarray(fixated, np.float64).reshape(-1, 2)
    if maps.ndim != 3 or len(maps) != len(places):
        raise RequestError(
            f"There are maps of shape {maps.shape} and {len(places)} fixations. "
            "Give one map for each fixation."
        )
    return [(s, place[None]) for s, place in zip(maps, places, strict=True)]
