"""Functions of one number on large arrays of NumPy, piece by piece."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable

import numpy as np

from neurogate.attention.arrays import Array

__all__ = ["in_pieces"]

_PIECE = 1 << 15


def in_pieces(function: Callable[..., Array]) -> Callable[..., Array]:
    """Have a function take large arrays of NumPy, all of one shape, in pieces.

    The cache holds a piece with all that comes between. Threads share out the pieces as they do the compiled
    loops, once there are any in this process.

    Parameters
    ----------
    function : callable
        Takes arrays of one shape and returns another of that shape and number type.

    Examples
    --------
    >>> in_pieces(np.negative)(np.ones(1 << 16)).min().item()
    -1.0
    """

    @functools.wraps(function)
    def applied(x: Array, *more: Array) -> Array:
        arrays = (x, *more)
        if x.size <= _PIECE or not all(_is_flat(each) and each.shape == x.shape for each in arrays):
            return function(*arrays)
        flat, y = [each.reshape(-1) for each in arrays], np.empty(x.size, x.dtype)

        def work(first: int, last: int) -> None:
            for at in range(first * _PIECE, last * _PIECE, _PIECE):
                y[at : at + _PIECE] = function(*[each[at : at + _PIECE] for each in flat])

        count = -(-x.size // _PIECE)
        compiling = sys.modules.get("neurogate.backends.numba_cpu.compiling")
        if compiling is None:
            work(0, count)
        else:
            compiling.in_shares(work, count, None)
        return y.reshape(x.shape)

    return applied


def _is_flat(array: Array) -> bool:
    return isinstance(array, np.ndarray) and array.flags.c_contiguous
