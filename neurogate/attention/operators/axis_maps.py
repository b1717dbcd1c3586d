"""One linear map along each of the last axes: what resizing and adaptive pooling are made of."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, Namespace, alike, fits, namespace
from neurogate.attention.options import whole_numbers
from neurogate.attention.pieces import share_out
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "forward"]

_FEW = 1 << 20
_TAP = 32, 512  # multiplications of a product that take as long as one tap does, on a CPU and on a GPU


class Map(NamedTuple):
    """A matrix (m, n); or, if few numbers of a row are not 0, tap by tap in which columns, and how large."""

    matrix: Array | None
    taps: tuple[tuple[Array, Array], ...] = ()


class Cache(NamedTuple):
    """What the backward needs: a transposed map for each axis, or one for all, and the lengths."""

    maps: list[Map | None]
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
    pairs: list[tuple[Map, Map] | tuple[None, None]]
    if xp is not np and 1 < len(there) == len(sizes) and 0 < math.prod(there) <= _FEW:
        pairs = [_both(_whole, made, sizes, like=x.dtype, xp=xp)]  # sooner than several products
    else:
        pairs = [(None, None) if n == m else _both(made, n, m, like=x.dtype, xp=xp) for n, m in sizes]
    return _applied(x, [first for first, _ in pairs], after), Cache([back for _, back in pairs], sizes)


def _whole(made: Callable[[int, int], Array], sizes: Sequence[tuple[int, int]]) -> Array:
    """Return the matrix that maps all axes as one."""
    return functools.reduce(np.kron, [made(n, m) for n, m in sizes])


@functools.lru_cache(maxsize=256)
def _both(made: Callable[..., Array], *sizes: Any, like: np.dtype[Any], xp: Namespace) -> tuple[Map, Map]:
    """Return a map and its adjoint, made once and kept."""
    matrix = made(*sizes).astype(like)
    return _map(matrix, xp, made is not _whole), _map(matrix.T, xp, made is not _whole)


def _map(matrix: Array, xp: Namespace, tapped: bool) -> Map:
    filled, columns = matrix != 0, matrix.shape[1]
    first, behind = filled.argmax(axis=1), columns - filled[:, ::-1].argmax(axis=1)
    count = max(int(((behind - first) * filled.any(axis=1)).max()), 1)
    if not tapped or count * _TAP[xp is not np] > columns:
        return Map(_kept(matrix, xp))
    seen = np.minimum(first, columns - count) + np.arange(count)[:, None]
    weights = np.take_along_axis(matrix.T, seen, 0)
    return Map(None, tuple((_kept(tap, xp), _kept(w, xp)) for tap, w in zip(seen, weights, strict=True)))


def _kept(array: Array, xp: Namespace) -> Array:
    array.setflags(write=False)
    return xp.asarray(array)


def _applied(x: Array, maps: Sequence[Map | None], after: Sequence[int]) -> Array:
    if len(maps) < len(after) and maps[0] is not None:
        whole = x.reshape(*x.shape[: x.ndim - len(after)], math.prod(x.shape[x.ndim - len(after) :]))
        return _multiplied(whole, maps[0].matrix, -1).reshape(*whole.shape[:-1], *after)
    for axis, each in enumerate(maps, -len(maps)):
        if each is not None:
            x = _tapped(x, each.taps, axis) if each.taps else _multiplied(x, each.matrix, axis)
    return x


def _multiplied(x: Array, matrix: Array, axis: int) -> Array:
    return matmul(x.swapaxes(axis, -1), matrix.T).swapaxes(axis, -1)


def _tapped(x: Array, taps: Sequence[tuple[Array, Array]], axis: int) -> Array:
    """Do it tap by tap, for which the cost of a number does not grow with the length of its axis."""
    ahead, behind = x.shape[: x.ndim + axis], x.shape[x.ndim + axis + 1 :]
    rows = x.reshape(math.prod(ahead), x.shape[axis], math.prod(behind))
    y = namespace(x=x).zeros((len(rows), len(taps[0][0]), rows.shape[2]), x.dtype)

    def work(rows: Array, y: Array) -> None:
        for column, weight in taps:
            seen = rows.take(column, axis=1)
            seen *= weight[:, None]
            y += seen

    share_out(work, rows, y)
    return y.reshape(*ahead, y.shape[1], *behind)


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
    return _applied(dy, cache.maps, [n for n, _ in cache.sizes])
