"""Images and volumes made larger or smaller by interpolation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np

from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.operators import axis_maps, windows
from neurogate.attention.operators.windows import PerAxis
from neurogate.attention.options import one_of, whole_number

__all__ = ["Mode", "backward", "forward", "linear", "nearest"]

Mode = Literal["linear", "nearest"]
"""Linear along each axis, which makes it bilinear or trilinear; or the nearest number."""


def forward(x: Array, size: PerAxis, mode: Mode = "linear") -> tuple[Array, axis_maps.Cache]:
    r"""Resize the spatial axes.

    .. math:: y = R x S^T, \quad
        R_{ij} = \max(0, 1 - |p_i - j|), \quad p_i = \max(0, (i + \tfrac12) n / m - \tfrac12)

    of two axes; corners are not aligned, and what lies beyond the last number is that number.

    Parameters
    ----------
    x : (B, C, n...)
        Input.
    size : int or sequence of int
        Of the output along each spatial axis, m.
    mode : "linear" or "nearest"
        Which matrix is used: `linear` or `nearest`.

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
    >>> forward(np.array([[[0.0, 4.0]]]), 4)[0].tolist()
    [[[0.0, 1.0, 3.0, 4.0]]]
    >>> forward(np.array([[[0.0, 4.0]]]), 4, "nearest")[0].tolist()
    [[[0.0, 0.0, 4.0, 4.0]]]
    """
    namespace(x=x)
    fits(x.ndim >= 3 and min(x.shape[2:]) > 0, "x must be (batch, channels, spatial axes of at least 1)", x=x)
    matrix = _MATRICES[one_of("mode", mode, _MATRICES)]
    return axis_maps.forward(x, matrix, windows.per_axis("size", size, x.ndim - 2))


def backward(dy: Array, cache: axis_maps.Cache) -> Array:
    """Return the gradient with respect to the input.

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
    >>> y, cache = forward(np.array([[[0.0, 4.0]]]), 4)
    >>> backward(np.ones_like(y), cache).tolist()
    [[[2.0, 2.0]]]
    """
    return axis_maps.backward(dy, cache)


def linear(n: int, m: int) -> Array:
    """Return the matrix that interpolates between the two nearest numbers.

    Parameters
    ----------
    n, m : int
        Length before and after.

    Returns
    -------
    (m, n)
        Its rows sum to 1.

    Examples
    --------
    >>> linear(2, 3).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    n, m = whole_number("n", n), whole_number("m", m)
    place = np.clip((np.arange(m) + 0.5) * (n / m) - 0.5, 0, n - 1)
    return np.maximum(1 - np.abs(place[:, None] - np.arange(n)), 0)


def nearest(n: int, m: int) -> Array:
    r"""Return the matrix that takes the number at :math:`\lfloor i n / m \rfloor`.

    Parameters
    ----------
    n, m : int
        Length before and after.

    Returns
    -------
    (m, n)
        With a single 1 in each row.

    Examples
    --------
    >>> nearest(2, 3).tolist()
    [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    """
    n, m = whole_number("n", n), whole_number("m", m)
    return (np.arange(m)[:, None] * n // m == np.arange(n)).astype(float)


_MATRICES: Mapping[str, Callable[[int, int], Array]] = {"linear": linear, "nearest": nearest}
