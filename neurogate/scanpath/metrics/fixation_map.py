"""A map of where eyes rested: fixations counted by cell, and blurred."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.scanpath.metrics.priority import cells
from neurogate.scanpath.vision.smoothing import gaussian

__all__ = ["fixation_map"]

Values = NDArray[Any]


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
    taps = gaussian(sigma)
    (across, column), (down, row) = (
        _spread(own, n, taps) for own, n in zip(cells(fixated, shape).T, shape[::-1], strict=True)
    )
    counts = np.zeros((len(down), len(across)))
    np.add.at(counts, (row, column), 1.0)
    return np.asarray(down.T @ counts @ across)


def _spread(places: Values, n: int, taps: Values) -> tuple[Values, Values]:
    """Return for each of the places used how it is spread over n cells; and which of these each place is."""
    used, which = np.unique(places, return_inverse=True)
    away, reach = np.arange(n) - used[:, None], len(taps) // 2
    return np.where(np.abs(away) <= reach, taps[np.clip(away + reach, 0, 2 * reach)], 0.0), which
