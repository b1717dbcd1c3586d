"""Means and spreads of predictions some of which are not there."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["known_mean", "known_means", "quartile_spread", "spread"]

Array = npt.NDArray[Any]
_QUARTILES_PER_SD = 1.349


def known_mean(values: Array) -> float:
    """Return the mean of what is a number, NaN if nothing is.

    Parameters
    ----------
    values : (...) array

    Examples
    --------
    >>> known_mean(np.array([1.0, np.nan, 3.0])), known_mean(np.array([np.nan]))
    (2.0, nan)
    """
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def known_means(values: Array) -> Array:
    """Return the mean over the last axis of what is a number, NaN where nothing is.

    Parameters
    ----------
    values : (..., n) array

    Returns
    -------
    (...) array

    Examples
    --------
    >>> known_means(np.array([[1.0, np.nan, 3.0], [np.nan] * 3])).tolist()
    [2.0, nan]
    """
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    mean = np.where(known, values, 0).sum(axis=-1) / np.maximum(count, 1)
    return np.where(count, mean, np.nan)


def spread(values: Array) -> Array:
    """Return the standard deviation over the last axis of what is a number, NaN if fewer than two are.

    Parameters
    ----------
    values : (..., n) array

    Returns
    -------
    (...) array

    Examples
    --------
    >>> spread(np.array([[1.0, 3.0, np.nan], [1.0, np.nan, np.nan]])).round(3).tolist()
    [1.414, nan]
    """
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    square = np.where(known, values - known_means(values)[..., None], 0) ** 2
    sd: Array = np.sqrt(square.sum(axis=-1) / np.maximum(count - 1, 1))
    return np.where(count > 1, sd, np.nan)


def quartile_spread(values: Array) -> Array:
    r"""Return the spread over the last axis by the distance of its quartiles, which lapses leave alone.

    .. math:: (q_{75} - q_{25}) / 1.349

    which is the standard deviation if values are normal. What is no number is left out; fewer than two
    numbers have no spread, NaN.

    Parameters
    ----------
    values : (..., n) array

    Returns
    -------
    (...) array

    Examples
    --------
    >>> lapsed = np.array([1.0, 2.0, 3.0, 4.0, 900.0, np.nan])
    >>> quartile_spread(np.stack([lapsed, np.minimum(lapsed, 5.0)])).round(3).tolist()
    [1.483, 1.483]
    """
    enough = np.isfinite(values).sum(axis=-1) > 1
    low, high = np.nanquantile(np.where(enough[..., None], values, 0.0), (0.25, 0.75), axis=-1)
    return np.where(enough, (high - low) / _QUARTILES_PER_SD, np.nan)
