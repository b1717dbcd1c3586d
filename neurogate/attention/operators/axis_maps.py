"""One linear map along each of the last axes: what resizing and adaptive pooling are made of."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np

from neurogate.attention.arrays import Array, alike, fits, namespace

__all__ = ["backward", "forward"]

_FEW = 1 << 20


def forward(x: Array, maps: Sequence[Array | None]) -> tuple[Array, Sequence[Array | None]]:
    r"""Apply a matrix along each of the last axes.

    .. math:: y_{\dots i j} = \sum_{kl} R_{ik} S_{jl} x_{\dots k l}

    Parameters
    ----------
    x : (..., n...)
        Input.
    maps : sequence of (m, n) arrays
        One for each of the last axes; None leaves its axis as it is.

    Returns
    -------
    y : (..., m...)
        Output.
    cache : sequence of arrays
        For `backward`: the maps.

    Raises
    ------
    RequestError
        If shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([[1.0, 2.0]]), [None, np.array([[0.5, 0.5]])])[0].tolist()
    [[1.5]]
    """
    given = {f"map {place}": each for place, each in enumerate(maps)}
    xp = namespace(*given, x=x, **given)
    fits(x.ndim >= len(maps), f"x needs {len(maps)} axes, one for each map", x=x)
    for place, each in enumerate(maps):
        if each is not None:
            axis = place - len(maps)
            what = f"map {place} must have a column for each number along axis {axis} of x"
            fits(each.shape[-1] == x.shape[axis], what, x=x, map=each)
    there = [each for each in maps if each is not None]
    if xp is not np and 1 < len(there) == len(maps) and 0 < math.prod(each.size for each in there) <= _FEW:
        whole = functools.reduce(_product, there)  # a GPU takes one product sooner than several
        y = x.reshape(-1, whole.shape[1]) @ whole.T
        return y.reshape(*x.shape[: x.ndim - len(maps)], *map(len, there)), maps
    for place, each in enumerate(maps):
        if each is not None:
            axis = place - len(maps)
            turned = x.swapaxes(axis, -1)
            rows = turned if xp is np else turned.reshape(-1, each.shape[1])  # CuPy wants a single product
            x = (rows @ each.T).reshape(*turned.shape[:-1], len(each)).swapaxes(axis, -1)
    return x, maps


def _product(a: Array, b: Array) -> Array:
    """Return the matrix that maps two axes as one."""
    return (a[:, None, :, None] * b[:, None, :]).reshape(len(a) * len(b), a.shape[1] * b.shape[1])


def backward(dy: Array, cache: Sequence[Array | None]) -> Array:
    """Return the gradient with respect to the input: the transposed maps.

    Parameters
    ----------
    dy : (..., m...)
        Gradient with respect to `y`.
    cache : sequence of arrays
        Of `forward`.

    Returns
    -------
    (..., n...)
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> backward(np.ones((1, 1)), [None, np.array([[0.5, 0.5]])]).tolist()
    [[0.5, 0.5]]
    """
    dy = alike(dy, cache)
    sizes = dy.shape[dy.ndim - len(cache) :] if dy.ndim >= len(cache) else ()
    good = len(sizes) == len(cache) and all(
        each is None or len(each) == size for each, size in zip(cache, sizes, strict=True)
    )
    fits(good, "the gradient must be shaped as the output", dy=dy)
    return forward(dy, [None if each is None else each.T for each in cache])[0]
