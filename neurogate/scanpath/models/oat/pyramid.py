"""Spatial pyramid pooling: pictures of any size become as many numbers."""

from __future__ import annotations

import math
from typing import NamedTuple

from neurogate.attention.arrays import Array, namespace
from neurogate.attention.operators import max_pooling
from neurogate.errors import RequestError

__all__ = ["Cache", "backward", "forward"]


class _Level(NamedTuple):
    """What the backward of one level needs."""

    pooled: max_pooling.Cache
    shape: tuple[int, ...]
    before: tuple[int, int]


class Cache(NamedTuple):
    """What the backward needs."""

    shape: tuple[int, ...]
    levels: list[_Level]


def forward(x: Array, levels: int) -> tuple[Array, Cache]:
    """Take the largest numbers of the whole, of its quarters, of their quarters, and so on.

    Where a side cannot be divided, zeros are added on both sides.

    Parameters
    ----------
    x : (B, C, h, w)
        Planes.
    levels : int
        L, at least 1.

    Returns
    -------
    y : (B, C (1 + 4 + ... + 4^(L - 1)))
        One level after the other, its channels outermost.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If there is no level.

    References
    ----------
    He, Zhang, Ren & Sun 2014, arXiv:1406.4729.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.arange(9.0).reshape(1, 1, 3, 3), 2)[0].tolist()
    [[8.0, 4.0, 5.0, 7.0, 8.0]]
    """
    if levels < 1:
        raise RequestError(f"A pyramid has {levels} levels. Give at least 1.")
    xp, found, kept = namespace(x=x), [], []
    for cells in (2**level for level in range(levels)):
        windows = [math.ceil(n / cells) for n in x.shape[2:]]
        missing = [window * cells - n for window, n in zip(windows, x.shape[2:], strict=True)]
        pads = [(more // 2, more - more // 2) for more in missing]
        y, pooled = max_pooling.forward(xp.pad(x, [(0, 0), (0, 0), *pads]), windows)
        found.append(y.reshape(len(x), -1))
        kept.append(_Level(pooled, y.shape, (pads[0][0], pads[1][0])))
    return xp.concatenate(found, axis=1), Cache(x.shape, kept)


def backward(dy: Array, cache: Cache) -> Array:
    """Return the gradient: it goes to where the largest numbers were.

    Parameters
    ----------
    dy : (B, ...)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    (B, C, h, w)
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = forward(np.arange(4.0).reshape(1, 1, 2, 2), 2)
    >>> backward(np.ones_like(y), cache).tolist()
    [[[[1.0, 1.0], [1.0, 2.0]]]]
    """
    dx, first = 0, 0
    height, width = cache.shape[2:]
    for pooled, shape, (top, left) in cache.levels:
        last = first + math.prod(shape[1:])
        wide = max_pooling.backward(dy[:, first:last].reshape(shape), pooled)
        dx = dx + wide[:, :, top : top + height, left : left + width]
        first = last
    return dx
