"""The mean over cells, of which there are as many as one asks for."""

from __future__ import annotations

import numpy as np

from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.operators import axis_maps, windows
from neurogate.attention.operators.windows import PerAxis
from neurogate.attention.options import whole_number

__all__ = ["backward", "cells", "forward"]


def forward(x: Array, size: PerAxis) -> tuple[Array, axis_maps.Cache]:
    r"""Take the mean over each cell of a grid.

    .. math:: y_i = \frac{1}{b_i - a_i} \sum_{j = a_i}^{b_i - 1} x_j, \quad
        a_i = \lfloor i n / m \rfloor, \quad b_i = \lceil (i + 1) n / m \rceil

    along an axis of n numbers with m cells, which may overlap; of several axes one after the other.

    Parameters
    ----------
    x : (B, C, n...)
        Input.
    size : int or sequence of int
        How many cells there are along each spatial axis, m.

    Returns
    -------
    y : (B, C, m...)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([[[1.0, 2.0, 3.0]]]), 2)[0].tolist()
    [[[1.5, 2.5]]]
    """
    namespace(x=x)
    fits(x.ndim >= 3 and min(x.shape[2:]) > 0, "x must be (batch, channels, spatial axes of at least 1)", x=x)
    return axis_maps.forward(x, cells, windows.per_axis("size", size, x.ndim - 2))


def backward(dy: Array, cache: axis_maps.Cache) -> Array:
    """Return the gradient: each cell shares its own out evenly.

    Parameters
    ----------
    dy : (B, C, m...)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    (B, C, n...)
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = forward(np.array([[[1.0, 2.0, 3.0]]]), 2)
    >>> backward(np.ones_like(y), cache).tolist()
    [[[0.5, 1.0, 0.5]]]
    """
    return axis_maps.backward(dy, cache)


def cells(n: int, m: int) -> Array:
    """Return the matrix that takes means.

    Parameters
    ----------
    n, m : int
        How many numbers, and how many cells.

    Returns
    -------
    (m, n)
        Its rows sum to 1.

    Examples
    --------
    >>> cells(3, 2).tolist()
    [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]
    """
    n, m = whole_number("n", n), whole_number("m", m)
    i, place = np.arange(m)[:, None], np.arange(n)
    start, stop = i * n // m, -(-(i + 1) * n // m)
    return ((place >= start) & (place < stop)) / (stop - start)
