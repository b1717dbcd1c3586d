"""A map of where eyes rested: fixations counted by cell, and blurred."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.scanpath.metrics.priority import cells
from neurogate.scanpath.vision.smoothing import smoothed

__all__ = ["fixation_map"]


def fixation_map(fixated: ArrayLike, shape: tuple[int, int], sigma: float) -> NDArray[np.float64]:
    """Return how often each cell was fixated, smoothed with a Gaussian; beyond the border lies nothing.

    Parameters
    ----------
    fixated : (L, 2)
        Cells: column and row, as of all viewers but one, whom the map is to be judged by.
    shape : (int, int)
        Rows and columns.
    sigma : float
        In cells; a degree of visual angle is usual.

    Returns
    -------
    (H, W) array
        At least 0; sums to L where no fixation is near the border.

    Raises
    ------
    RequestError
        If a fixation is outside the map, or sigma is not above 0.

    References
    ----------
    Le Meur & Baccino 2013, doi:10.3758/s13428-012-0226-9.

    Examples
    --------
    >>> fixation_map([[2, 1], [2, 1]], (3, 5), sigma=0.1).round(3).tolist()[1]
    [0.0, 0.0, 2.0, 0.0, 0.0]
    """
    column, row = cells(fixated, shape).T
    counts = np.bincount(row * shape[1] + column, minlength=shape[0] * shape[1]).reshape(shape)
    return np.asarray(smoothed(counts.astype(np.float64), sigma, "constant"))
