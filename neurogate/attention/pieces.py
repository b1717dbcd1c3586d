"""Large arrays of NumPy, piece by piece: the cache holds what comes between, and threads share the work."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from neurogate.attention.arrays import Array, namespace

__all__ = ["in_pieces", "mean_of_products", "rows_of", "share_out"]

_PIECE = 1 << 15
_COMPILING = "neurogate.backends.numba_cpu.compiling"


def share_out(work: Callable[..., object], *arrays: Array) -> None:
    """Call a function that writes to its arrays: for large ones of NumPy, with piece after piece of them.

    The cache holds a piece with all that comes between. Threads share out the pieces as they do the compiled
    loops, once there are any in this process; neither they nor their number change the bits of what is
    computed for each place of the first axis by itself.

    Parameters
    ----------
    work : callable
        Takes as many arrays as follow.
    *arrays : array
        They have their first axis in common, along which they are cut.

    Examples
    --------
    >>> x, y = np.ones((4, 1 << 14)), np.zeros(4)
    >>> share_out(lambda x, y: x.sum(axis=1, out=y), x, y)
    >>> y.tolist()
    [16384.0, 16384.0, 16384.0, 16384.0]
    """
    length, largest = len(arrays[0]), max(each.size for each in arrays)
    if largest <= _PIECE or not isinstance(arrays[0], np.ndarray):
        work(*arrays)
        return
    step = max(_PIECE * length // largest, 1)

    def some(first: int, last: int) -> None:
        for at in range(first * step, last * step, step):
            work(*[each[at : at + step] for each in arrays])

    count = -(-length // step)
    if compiling := sys.modules.get(_COMPILING):
        compiling.in_shares(some, count, None)
    else:
        some(0, count)


def in_pieces(function: Callable[..., Any], *, alone: bool = True) -> Callable[..., Any]:
    """Have a function of the numbers at each place take large arrays of one shape as `share_out` does.

    Parameters
    ----------
    function : callable
        Takes arrays of one shape; returns another of that shape, or several, or writes to its own.
    alone : bool
        Whether one thread takes pieces too. It pays where much comes between: what is found is copied.

    Examples
    --------
    >>> in_pieces(np.negative)(np.ones(1 << 16)).min().item()
    -1.0
    """

    @functools.wraps(function)
    def applied(x: Array, *more: Array) -> Any:
        arrays = (x, *more)
        small = x.size <= _PIECE or not (alone or _several_threads())
        if small or not all(_is_flat(each) and each.shape == x.shape for each in arrays):
            return function(*arrays)
        flat = [each.reshape(-1) for each in arrays]
        kinds = function(*[each[:0] for each in flat])  # of nothing: how many, and their number types
        found = [np.empty_like(flat[0], kind.dtype) for kind in _several(kinds)]

        def work(*parts: Array) -> None:
            values = _several(function(*parts[len(found) :]))
            for part, value in zip(parts[: len(found)], values, strict=True):
                part[...] = value

        share_out(work, *found, *flat)
        shaped = tuple(each.reshape(x.shape) for each in found)
        return shaped if isinstance(kinds, tuple) else shaped[0] if shaped else None

    return applied


def rows_of(*arrays: Array) -> list[Array]:
    """Return arrays as rows, (n, d): views of those that lie in memory one row after the other.

    Parameters
    ----------
    *arrays : (..., d)
        Each has a width of its own.

    Examples
    --------
    >>> [each.shape for each in rows_of(np.ones((2, 3, 4)), np.ones((2, 3, 1)))]
    [(6, 4), (6, 1)]
    """
    return [each.reshape(-1, each.shape[-1]) for each in arrays]


def mean_of_products(a: Array, b: Array) -> Array:
    r"""Return :math:`\langle a b \rangle` of each row, (n, 1), without an array of the products.

    Parameters
    ----------
    a, b : (n, d)
        Rows.

    Examples
    --------
    >>> mean_of_products(np.array([[1.0, 3.0]]), np.array([[1.0, 1.0]])).tolist()
    [[2.0]]
    """
    return namespace(a=a, b=b).einsum("td,td->t", a, b)[:, None] / a.shape[1]


def _several_threads() -> bool:
    compiling = sys.modules.get(_COMPILING)
    return compiling is not None and compiling.numba.get_num_threads() > 1


def _several(returned: Any) -> tuple[Array, ...]:
    if isinstance(returned, tuple):
        return returned
    return () if returned is None else (returned,)


def _is_flat(array: Array) -> bool:
    return isinstance(array, np.ndarray) and array.flags.c_contiguous
