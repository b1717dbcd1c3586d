"""Large arrays of NumPy, piece by piece: what comes between stays small, and threads share the work."""

from __future__ import annotations

import functools
import math
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from neurogate.attention.arrays import Array, namespace

__all__ = [
    "COMPILING", "in_pieces", "in_shares", "mean_of_products", "rows_of", "share_out", "stacked", "threads",
]  # fmt: skip

_PIECE = 1 << 18  # numbers: sharing fewer costs more than it saves
_HERE = threading.local()  # whether this thread has its share of something already
COMPILING = "neurogate.backends.numba_cpu.compiling"
"""The module that makes a process have compiled loops."""


def threads() -> int:
    """Return how many threads share work: those of compiled loops, once there are any in this process.

    Within a share it is one.

    Examples
    --------
    >>> threads() >= 1
    True
    """
    compiling = sys.modules.get(COMPILING)
    return compiling.numba.get_num_threads() if compiling and not getattr(_HERE, "shared", False) else 1


def share_out(work: Callable[..., object], *arrays: Array) -> None:
    """Call a function that writes to its arrays: for large ones of NumPy, with piece after piece of them.

    What comes between is of the size of a piece. Threads share out the pieces as they do the compiled loops,
    once there are any in this process; neither they nor their number change the bits of what is computed for
    each place of the first axis by itself. Pieces are so large because each call on one has threads wait for
    each other: with those of a cache, two took longer than one.

    Parameters
    ----------
    work : callable
        Takes as many arrays as follow.
    *arrays : array
        They have their first axis in common, along which they are cut.

    Examples
    --------
    >>> x, y = np.ones((4, 1 << 17)), np.zeros(4)
    >>> share_out(lambda x, y: x.sum(axis=1, out=y), x, y)
    >>> y.tolist()
    [131072.0, 131072.0, 131072.0, 131072.0]
    """
    length, largest = len(arrays[0]), max(each.size for each in arrays)
    if largest <= _PIECE or not isinstance(arrays[0], np.ndarray):
        work(*arrays)
        return
    step = max(_PIECE * length // largest, 1)

    def some(first: int, last: int) -> None:
        for at in range(first * step, last * step, step):
            work(*[each[at : at + step] for each in arrays])

    in_shares(some, -(-length // step))


def in_shares(some: Callable[[int, int], object], count: int) -> None:
    """Call a function for parts next to each other, which threads share.

    Parameters
    ----------
    some : callable
        Takes the first part and the one after the last.
    count : int
        Of all parts.

    Examples
    --------
    >>> taken = np.zeros(5)
    >>> in_shares(lambda first, last: taken[first:last].fill(1), 5)
    >>> taken.tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    if threads() == 1:
        some(0, count)
        return
    how = np.geterr()  # each thread has its own
    compiling: Any = sys.modules[COMPILING]

    def share(first: int, last: int) -> None:
        numba = compiling.numba  # of which each thread has a number of threads of its own
        before, _HERE.shared = numba.get_num_threads(), True
        numba.set_num_threads(1)
        try:
            with np.errstate(**how):
                some(first, last)
        finally:
            numba.set_num_threads(before)
            _HERE.shared = False

    compiling.in_shares(share, count, None)


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
    >>> in_pieces(np.negative)(np.ones(1 << 19)).min().item()
    -1.0
    """

    @functools.wraps(function)
    def applied(x: Array, *more: Array) -> Any:
        arrays = (x, *more)
        small = x.size <= _PIECE or not (alone or threads() > 1)
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


def stacked(first: Array, *beside: Array) -> list[Array]:
    """Return arrays with one axis in place of many, along which `share_out` cuts them.

    Parameters
    ----------
    first : (..., n, m)
        In memory one row after the other, so that a view of it comes back: its rows, or its matrices if there
        is anything beside it.
    *beside : array
        They broadcast to the first one; what they repeat within a matrix, or for all, is not written out.

    Examples
    --------
    >>> [each.shape for each in stacked(np.zeros((5, 3, 2, 4)), np.ones((2, 1)))]
    [(15, 2, 4), (15, 2, 1)]
    """
    kept = 2 if beside else 1
    ahead = first.shape[:-kept]
    count = math.prod(ahead)
    arrays = [first.reshape(count, *first.shape[-kept:])]
    for each in beside:
        whole = each.reshape((1,) * (first.ndim - each.ndim) + each.shape)
        core = whole.shape[-kept:]
        if whole.size == math.prod(core):
            arrays.append(np.broadcast_to(whole.reshape(core), (count, *core)))
        else:
            arrays.append(np.broadcast_to(whole, (*ahead, *core)).reshape(count, *core))
    return arrays


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
    return [each.reshape(math.prod(each.shape[:-1]), each.shape[-1]) for each in arrays]


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


def _several(returned: Any) -> tuple[Array, ...]:
    if isinstance(returned, tuple):
        return returned
    return () if returned is None else (returned,)


def _is_flat(array: Array) -> bool:
    return isinstance(array, np.ndarray) and array.flags.c_contiguous
