"""How sure a mean over seeds is.

Here lives the t interval. Tests and nulls live in :mod:`neurogate.analysis.nulls`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["MeanInterval", "mean_interval"]


class MeanInterval(NamedTuple):
    """A mean and the half width of its interval, in the unit of the values.

    Attributes
    ----------
    mean : (...) float64
        Mean over seeds.
    half_width : (...) float64
        The interval is mean ± half_width; NaN for a single seed.
    """

    mean: NDArray[np.float64]
    half_width: NDArray[np.float64]


def mean_interval(values: ArrayLike, axis: int = 0, level: float = 0.95) -> MeanInterval:
    r"""Return the mean over seeds and the half width of its t interval.

    .. math:: \bar x \pm t_{n-1,\,(1 + \text{level})/2} \; s / \sqrt n

    Parameters
    ----------
    values : (..., n, ...)
        One value per seed on `axis`, in any unit; NaN is not skipped.
    axis : int
        Axis of the seeds.
    level : float
        Confidence, between 0 and 1.

    Returns
    -------
    MeanInterval
        Mean and half width, with `axis` removed. One seed has no interval: its half width is NaN. None
        has no mean either.

    References
    ----------
    Student (1908). The probable error of a mean. doi:10.1093/biomet/6.1.1

    Examples
    --------
    >>> mean, half_width = mean_interval([16.0, 20.0, 18.0])
    >>> round(float(mean), 2), round(float(half_width), 2)
    (18.0, 4.97)
    """
    from scipy.special import stdtrit

    data: NDArray[Any] = np.asarray(values, dtype=np.float64)
    n = data.shape[axis]
    mean = np.asarray(data.mean(axis=axis) if n else np.full(np.delete(data.shape, axis), np.nan))
    if n < 2:
        return MeanInterval(mean, np.full(mean.shape, np.nan))
    quantile = stdtrit(n - 1, (1 + level) / 2)
    return MeanInterval(mean, np.asarray(quantile * data.std(axis=axis, ddof=1) / np.sqrt(n)))
