"""Sums over neurons in the one stated order that every backend follows.

Element i of the last axis is added to partial sum i mod 16, in ascending order; the 16 partial sums
are then folded in a tree (8, 4, 2, 1).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..layout import LANES

__all__ = ["lane_dot", "lane_sum"]

Array = npt.NDArray[Any]


def lane_sum(x: Array) -> Array:
    """Sum over the last axis in the stated order.

    Parameters
    ----------
    x : (..., N) array

    Returns
    -------
    (...) array

    Examples
    --------
    >>> float(lane_sum(np.arange(100.0)))
    4950.0
    """
    length = x.shape[-1]
    blocks = -(-length // LANES)
    padded = np.zeros((*x.shape[:-1], blocks * LANES), x.dtype)
    padded[..., :length] = x
    lanes = np.zeros((*x.shape[:-1], LANES), x.dtype)
    for block in np.moveaxis(padded.reshape(*x.shape[:-1], blocks, LANES), -2, 0):
        lanes += block
    width = LANES
    while width > 1:
        width //= 2
        lanes = lanes[..., :width] + lanes[..., width : 2 * width]
    return lanes[..., 0]


def lane_dot(x: Array, y: Array) -> Array:
    """Dot product over the last axis in the stated order.

    Parameters
    ----------
    x, y : (..., N) arrays

    Returns
    -------
    (...) array

    Examples
    --------
    >>> float(lane_dot(np.ones(20), np.full(20, 0.5)))
    10.0
    """
    return lane_sum(x * y)
