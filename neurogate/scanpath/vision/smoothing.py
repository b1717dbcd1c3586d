"""Smoothing and resizing of planes (..., H, W), in NumPy or CuPy."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neurogate.attention.arrays import Array, namespace
from neurogate.errors import RequestError

__all__ = ["Border", "convolved", "gaussian", "pooled", "resized", "smoothed"]

Border = Literal["reflect", "edge", "constant"]


def gaussian(sigma: float, radius: int | None = None) -> NDArray[np.float64]:
    r"""Return taps :math:`e^{-k^2 / 2 \sigma^2}` over their sum, from -radius to radius.

    Parameters
    ----------
    sigma : float
        Above 0.
    radius : int, optional
        The integer above 3 σ if left out.

    Examples
    --------
    >>> gaussian(1.0, 1).round(3).tolist()
    [0.274, 0.452, 0.274]
    """
    if not 0 < sigma < math.inf:
        raise RequestError(f"A Gaussian has σ = {sigma:g}. Give a finite number above 0.")
    k = np.arange(-(reach := math.ceil(3 * sigma) if radius is None else radius), reach + 1)
    taps = np.exp(-(k**2) / (2 * sigma**2))
    return np.asarray(taps / taps.sum())


def convolved(x: Array, taps: NDArray[np.float64], border: Border = "reflect") -> Array:
    """Convolve the last two axes with the same symmetric taps.

    Parameters
    ----------
    x : (..., H, W)
        Planes.
    taps : (2 r + 1,)
        Symmetric.
    border : {"reflect", "edge", "constant"}
        How planes go on: mirrored without their border being doubled, with their border, or with 0.

    Examples
    --------
    >>> convolved(np.eye(3), np.array([0.25, 0.5, 0.25]), "constant")[1].tolist()
    [0.25, 0.375, 0.25]
    """
    xp, radius = namespace(x=x), len(taps) // 2
    for axis in (-2, -1):
        n = x.shape[axis]
        pads = [(0, 0)] * x.ndim
        pads[axis] = (radius, radius)
        lines = xp.moveaxis(xp.pad(x, pads, mode=border), axis, -1)
        x = xp.moveaxis(sum(float(tap) * lines[..., k : k + n] for k, tap in enumerate(taps)), -1, axis)
    return x


def smoothed(x: Array, sigma: float, border: Border = "reflect") -> Array:
    """Convolve planes with a Gaussian of radius 3 σ.

    Parameters
    ----------
    x : (..., H, W)
        Planes.
    sigma : float
        σ, in pixels.
    border : {"reflect", "edge", "constant"}
        How planes go on, as in `convolved`.

    Examples
    --------
    >>> bool(np.allclose(smoothed(np.ones((5, 5)), 2.0), 1))
    True
    """
    return convolved(x, gaussian(sigma), border)


def resized(x: Array, shape: tuple[int, int]) -> Array:
    """Interpolate planes linearly to another shape; pixels are areas, so that borders stay where they are.

    Parameters
    ----------
    x : (..., H, W)
        Planes.
    shape : (int, int)
        Rows and columns wanted.

    Examples
    --------
    >>> resized(np.array([[0.0, 1.0]]), (1, 4)).tolist()
    [[0.0, 0.25, 0.75, 1.0]]
    """
    xp = namespace(x=x)
    rows, columns = (xp.asarray(_weights(n, m), x.dtype) for n, m in zip(x.shape[-2:], shape, strict=True))
    return rows @ x @ columns.T


def pooled(x: Array, shape: tuple[int, int]) -> Array:
    """Average planes in the cells of another shape; of a pixel on a border, each cell gets its part.

    Parameters
    ----------
    x : (..., H, W)
        Planes.
    shape : (int, int)
        Rows and columns wanted.

    Examples
    --------
    >>> pooled(np.array([[0.0, 3.0, 6.0]]), (1, 2)).tolist()
    [[1.0, 5.0]]
    """
    xp = namespace(x=x)
    for axis, m in zip((-2, -1), shape, strict=True):
        n = x.shape[axis]
        begins = np.arange(m) * n / m
        pixels = np.floor(begins) + np.arange(math.ceil(n / m) + 1)[:, None]
        parts = np.maximum(0, np.minimum(begins + n / m, pixels + 1) - np.maximum(begins, pixels)) * m / n
        width = (m, 1) if axis == -2 else (m,)
        x = sum(
            xp.asarray(part.reshape(width), x.dtype) * xp.take(x, xp.asarray(which), axis=axis)
            for part, which in zip(parts, np.minimum(pixels, n - 1).astype(np.intp), strict=True)
            if part.any()
        )
    return x


def _weights(n: int, m: int) -> NDArray[np.float64]:
    """Return the (m, n) matrix that takes n pixels to m."""
    at = np.clip((np.arange(m) + 0.5) * n / m - 0.5, 0, n - 1)
    return np.asarray(np.maximum(0, 1 - np.abs(at[:, None] - np.arange(n))))
