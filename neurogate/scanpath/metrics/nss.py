"""Normalised scanpath saliency: how far above its mean a map is where eyes rested."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.scanpath.metrics.map_metric import against_fixations
from neurogate.scanpath.metrics.priority import (
    Cells,
    at_cells,
    at_fixations,
    checked_map,
    mean_or_nan,
    once_each,
)

__all__ = ["nss"]

Variant = Literal["fixations", "cells"]


def _many(
    maps: list[NDArray[np.float64]], several: list[Cells], *, variant: Variant = "fixations"
) -> list[list[float]]:
    found = []
    for s, values in zip(maps, at_cells(maps, several, once=variant == "cells"), strict=True):
        spread = s.std(ddof=0 if variant == "fixations" else 1) if s.min() < s.max() else np.nan
        mean = s.mean()
        found.append([(mean_or_nan(own) - mean) / spread for own in values])
    return found


@against_fixations(_many)
def nss(priority: ArrayLike, fixated: ArrayLike, *, variant: Variant = "fixations") -> float:
    r"""Return the mean over fixations of :math:`(S - \bar S) / \sigma_S`.

    Parameters
    ----------
    priority : (H, W)
        The map S.
    fixated : (L, 2)
        Cells: column and row.
    variant : {"fixations", "cells"}
        "fixations": each fixation counts, and σ divides by the number of cells, as in pysaliency. "cells": a
        cell counts once however often it is fixated, and σ divides by one less, as in the code of the MIT
        benchmark.

    Returns
    -------
    float
        NaN if there are no fixations or the map is flat.

    Raises
    ------
    RequestError
        If a number is missing, or a fixation is outside the map.

    References
    ----------
    Peters et al. 2005, doi:10.1016/j.visres.2005.03.019; Bylinskii et al. 2019, arXiv:1604.03605.

    Examples
    --------
    >>> nss([[0, 0], [0, 4]], [[1, 1], [1, 1], [0, 0]]).__round__(4)
    0.9623
    >>> nss([[0, 0], [0, 4]], [[1, 1], [1, 1], [0, 0]], variant="cells")
    0.5
    """
    s = checked_map(priority)
    own = at_fixations(s, fixated if variant == "fixations" else once_each(fixated))
    if not own.size or s.min() == s.max():
        return float("nan")
    return float(((own - s.mean()) / s.std(ddof=0 if variant == "fixations" else 1)).mean())
