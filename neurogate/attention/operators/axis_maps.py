"""One linear map along each of the last axes: what resizing and adaptive pooling are made of."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, alike, fits, namespace
from neurogate.attention.constants import constant
from neurogate.attention.options import whole_numbers
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "forward"]

_FEW = 1 << 20


class Cache(NamedTuple):
    """What the backward needs: a map for each axis, or one for all, and the lengths before and after."""

    maps: list[Array | None]
    sizes: tuple[tuple[int, int], ...]


def forward(x: Array, made: Callable[[int, int], Array], after: Sequence[int]) -> tuple[Array, Cache]:
    r"""Apply a matrix along each of the last axes.

    .. math:: y_{\dots i j} = \sum_{kl} R_{ik} S_{jl} x_{\dots k l}

    Parameters
    ----------
    x : (..., n...)
        Input.
    made : callable
        Takes the length of an axis before and after, (n, m), and returns the matrix (m, n). It is not asked
        where the two are the same.
    after : sequence of int
        The lengths of the last axes after.

    Returns
    -------
    y : (..., m...)
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
    >>> from neurogate.attention.operators.adaptive_pooling import cells
    >>> forward(np.array([[1.0, 2.0]]), cells, [1])[0].tolist()
    [[1.5]]
    """
    xp = namespace(x=x)
    after = whole_numbers("after", after)
    good = x.ndim >= len(after) and all(x.shape[x.ndim - len(after) :])
    fits(good, f"x needs {len(after)} axes, one for each length, of at least 1", x=x)
    sizes = tuple(zip(x.shape[x.ndim - len(after) :], after, strict=True))
    there = [n * m for n, m in sizes if n != m]
    if xp is not np and 1 < len(there) == len(sizes) and 0 < math.prod(there) <= _FEW:
        maps = [constant(_whole, made, sizes, like=x.dtype, xp=xp)]  # sooner than several products
    else:
        maps = [None if n == m else constant(made, n, m, like=x.dtype, xp=xp) for n, m in sizes]
    return _applied(x, maps, after), Cache(maps, sizes)


def _whole(made: Callable[[int, int], Array], sizes: Sequence[tuple[int, int]]) -> Array:
    """Return the matrix that maps all axes as one."""
    return functools.reduce(np.kron, [made(n, m) for n, m in sizes])


def _applied(x: Array, maps: Sequence[Array | None], after: Sequence[int]) -> Array:
    if len(maps) < len(after) and maps[0] is not None:
        y = matmul(x.reshape(-1, maps[0].shape[1]), maps[0].T)
        return y.reshape(*x.shape[: x.ndim - len(after)], *after)
    for place, each in enumerate(maps):
        if each is not None:
            axis = place - len(maps)
            turned = x.swapaxes(axis, -1)
            rows = turned if isinstance(x, np.ndarray) else turned.reshape(-1, each.shape[1])  # one product
            x = matmul(rows, each.T).reshape(*turned.shape[:-1], len(each)).swapaxes(axis, -1)
    return x


def backward(dy: Array, cache: Cache) -> Array:
    """Return the gradient with respect to the input: the transposed maps.

    Parameters
    ----------
    dy : (..., m...)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    (..., n...)
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from neurogate.attention.operators.adaptive_pooling import cells
    >>> _, cache = forward(np.array([[1.0, 2.0]]), cells, [1])
    >>> backward(np.ones((1, 1)), cache).tolist()
    [[0.5, 0.5]]
    """
    dy = alike(dy, cache)
    after = tuple(m for _, m in cache.sizes)
    good = dy.ndim >= len(after) and dy.shape[dy.ndim - len(after) :] == after
    fits(good, "the gradient must be shaped as the output", dy=dy)
    maps = [None if each is None else each.T for each in cache.maps]
    return _applied(dy, maps, [n for n, _ in cache.sizes])
