"""Positions for linear attention: each feature becomes two, which turn with the position."""

from __future__ import annotations

import math
from typing import NamedTuple

from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace
from neurogate.attention.fused import fused
from neurogate.attention.options import whole_number

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs."""

    x: Array
    cos: Array
    sin: Array
    positions: Array


def forward(x: Array, theta: Array, *, offset: int = 0) -> tuple[Array, Cache]:
    r"""Put the position into features, so that products of two know how far they are from each other.

    .. math:: x_t \mapsto [x_t \cos(t \theta), \; x_t \sin(t \theta)], \quad
        \langle q_t, k_s \rangle \mapsto \sum_c q_{tc} k_{sc} \cos((t - s) \theta_c)

    Parameters
    ----------
    x : (B, T, H, K)
        Queries or keys.
    theta : (H, K)
        Angle from one position to the next, in each head and feature.
    offset : int
        Position of the first step.

    Returns
    -------
    y : (B, T, H, 2 K)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    References
    ----------
    Qin et al. 2023, arXiv:2307.09270.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.ones((1, 2, 1, 1)), np.full((1, 1), np.pi))[0].round(4).ravel().tolist()
    [1.0, 0.0, -1.0, 0.0]
    """
    xp = namespace(x=x, theta=theta)
    fits(x.ndim == 4 and x.shape[2:] == theta.shape, "x is (batch, length, heads, K) and theta (heads, K)",
         x=x, theta=theta)  # fmt: skip
    offset = whole_number("offset", offset, 0)
    positions = (offset + xp.arange(x.shape[1])).astype("float64")[:, None, None]
    angles = _turns(positions, theta.astype("float64")).astype(x.dtype)
    cos, sin = xp.cos(angles), xp.sin(angles)
    return xp.concatenate([x * cos, x * sin], axis=-1), Cache(x, cos, sin, positions.astype(x.dtype))


@fused
def _turns(xp: Namespace, positions: Array, theta: Array) -> Array:
    """Return angles less whole turns: of far positions, float32 would keep few digits."""
    angles = positions * theta
    return angles - 2 * math.pi * xp.rint(angles * (0.5 / math.pi))


def backward(dy: Array, cache: Cache) -> tuple[Array, Array]:
    r"""Return the gradients.

    .. math:: \bar x = \bar y_1 \cos(t\theta) + \bar y_2 \sin(t\theta), \quad
        \bar\theta = \sum_t t \, x (\bar y_2 \cos(t\theta) - \bar y_1 \sin(t\theta))

    Parameters
    ----------
    dy : (B, T, H, 2 K)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx, dtheta
        Gradients.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.ones((1, 2, 1, 1)), np.zeros((1, 1)))
    >>> [gradient.ravel().tolist() for gradient in backward(np.ones((1, 2, 1, 2)), cache)]
    [[1.0, 1.0], [1.0]]
    """
    x, cos, sin, positions = cache
    dy = answers(dy, (*x.shape[:-1], 2 * x.shape[-1]), cache)
    first, second = dy[..., : x.shape[-1]], dy[..., x.shape[-1] :]
    dtheta = (positions * x * (second * cos - first * sin)).sum(axis=(0, 1))
    return first * cos + second * sin, dtheta
