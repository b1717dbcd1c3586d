"""Sinusoidal position codes: a position as sines and cosines of many wavelengths."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, Namespace, answers, namespace
from neurogate.attention.constants import constant
from neurogate.attention.fused import fused
from neurogate.attention.options import ABOVE_0, number, whole_number

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs."""

    slopes: Array


def forward(
    positions: Array, width: int, *, base: float = 1e4, interleaved: bool = True
) -> tuple[Array, Cache]:
    r"""Code positions.

    .. math:: y_{t,2i} = \sin(t \, b^{-2i/d}), \quad y_{t,2i+1} = \cos(t \, b^{-2i/d})

    Parameters
    ----------
    positions : (...)
        :math:`t`, as floating-point numbers, not necessarily whole ones.
    width : int
        :math:`d`; an odd one lacks the last cosine.
    base : float
        :math:`b`.
    interleaved : bool
        Whether sines and cosines take turns, or all sines come first.

    Returns
    -------
    y : (..., d)
        Codes.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If the width or the base is not positive.

    References
    ----------
    Vaswani et al. 2017, arXiv:1706.03762.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([0.0, 1.0]), 4)[0].round(4).tolist()
    [[0.0, 1.0, 0.0, 1.0], [0.8415, 0.5403, 0.01, 1.0]]
    """
    xp = namespace(positions=positions)
    width = whole_number("width", width, of="features")
    frequencies = constant(_frequencies, width, number("base", base, ABOVE_0), like=positions.dtype, xp=xp)
    sin, cos, sin_slope, cos_slope = _codes(positions[..., None], frequencies)
    places = (slice(0, None, 2), slice(1, None, 2)) if interleaved else _halves(width)
    y, slopes = (xp.empty((*positions.shape, width), positions.dtype) for _ in range(2))
    few = width // 2
    y[..., places[0]], y[..., places[1]] = sin, cos[..., :few]
    slopes[..., places[0]], slopes[..., places[1]] = sin_slope, cos_slope[..., :few]
    return y, Cache(slopes)


def backward(dy: Array, cache: Cache) -> Array:
    """Return the gradient with respect to the positions.

    Parameters
    ----------
    dy : (..., d)
        Gradient with respect to the codes.
    cache : Cache
        Of `forward`.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.array([0.0]), 2)
    >>> backward(np.ones((1, 2)), cache).tolist()
    [1.0]
    """
    dy = answers(dy, cache.slopes.shape, cache)
    return (dy * cache.slopes).sum(axis=-1)


def _frequencies(width: int, base: float) -> Array:
    return base ** (-2.0 * np.arange((width + 1) // 2) / width)


@fused
def _codes(xp: Namespace, positions: Array, frequencies: Array) -> tuple[Array, Array, Array, Array]:
    theta = positions * frequencies
    sin, cos = xp.sin(theta), xp.cos(theta)
    return sin, cos, cos * frequencies, -sin * frequencies


def _halves(width: int) -> tuple[slice, slice]:
    sines = (width + 1) // 2
    return slice(0, sines), slice(sines, None)
