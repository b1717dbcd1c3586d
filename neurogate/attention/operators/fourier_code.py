"""Position codes of points in space: sines and cosines along random directions."""

from __future__ import annotations

import math

from neurogate.attention.arrays import Array, fits, namespace

__all__ = ["code"]


def code(points: Array, frequencies: Array) -> Array:
    r"""Code points of a scene, which nothing is learnt about.

    .. math::
        \phi(x) = [\sin 2 \pi \hat x B, \cos 2 \pi \hat x B], \quad
        \hat x = \frac{x - \min x}{\max x - \min x} \text{ along each axis}

    Parameters
    ----------
    points : (..., P, k)
        Coordinates of the points of each scene, of two axes, three, or any number.
    frequencies : (k, D / 2)
        :math:`B`, drawn from a normal distribution.

    Returns
    -------
    (..., P, D)
        Codes. Along an axis on which all points agree, they are at 0.

    Raises
    ------
    RequestError
        If shapes do not fit.

    References
    ----------
    Tancik et al. 2020, arXiv:2006.10739.

    Examples
    --------
    >>> import numpy as np
    >>> code(np.array([[2.0], [3.0]]), np.array([[0.25]])).round(3).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    xp = namespace(points=points, frequencies=frequencies)
    fits(points.ndim >= 2 and points.shape[-1:] == frequencies.shape[:1] and frequencies.ndim == 2,
         "frequencies need a row for each axis of space", points=points, frequencies=frequencies)  # fmt: skip
    if not points.shape[-2]:
        return xp.zeros((*points.shape[:-1], 2 * frequencies.shape[1]), points.dtype)
    low = points.min(axis=-2, keepdims=True)
    span = points.max(axis=-2, keepdims=True) - low
    unit = (points - low) / xp.where(span > 0, span, 1).astype(span.dtype)
    angles = unit @ (2 * math.pi * frequencies)
    return xp.concatenate([xp.sin(angles), xp.cos(angles)], axis=-1)
