"""Products of large matrices, which the threads of compiled loops share in place of the library's own."""

from __future__ import annotations

import functools
import importlib
import math
import os
import sys
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from neurogate.attention import gpu
from neurogate.attention.arrays import Array, owner
from neurogate.attention.pieces import COMPILING, in_shares, threads

__all__ = ["ONE_EACH", "matmul"]

_ALONE, _SHARED = 1 << 18, 1 << 22  # multiplications that one thread does, and that are worth sharing
_LINES = 32  # of a matrix, for which a thread prepares the other one


def matmul(a: Array, b: Array) -> Array:
    """Return the product of matrices, or of stacks of them; threads of compiled loops share a large one.

    The library's own threads wait for more work, busily, for a tenth of a second after each product, on the
    cores of those others; and of a stack they share out matrix by matrix, which takes longer than one thread
    does alone. So the library has a thread for each of ours, which take matrices of a stack, rows, or
    columns. There are as many as both have; the last bits of a product may depend on how many. On a GPU
    cuBLAS reads stacks that are turned round as they lie, which CuPy's own product copies.

    Parameters
    ----------
    a : (..., n, m)
    b : (..., m, k)

    Examples
    --------
    >>> matmul(np.ones((5, 1, 2)), np.ones((2, 3)))[0].tolist()
    [[2.0, 2.0, 2.0]]
    """
    if not isinstance(a, np.ndarray):
        compiled = gpu.kernels(sys.modules[owner("a", a)], "products")
        return a @ b if compiled is None else compiled.matmul(a, b)
    if not type(a) is type(b) is np.ndarray or min(a.ndim, b.ndim) < 2:
        return a @ b
    if max(a.size * b.shape[-1], a.shape[-2] * b.size) < _ALONE:
        return a @ b
    importlib.import_module(COMPILING)  # or bits would depend on what was done before
    most = min(threads(), ONE_EACH.threads())
    if most == 1:
        return a @ b
    shape = (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
    parts = {axis: min(count if axis < -2 else count // _LINES, most)
             for axis, count in zip(range(-len(shape), 0), shape, strict=True)}  # fmt: skip
    cut = max(parts, key=lambda axis: parts[axis])
    found, length = np.empty(shape, np.result_type(a, b)), -(-shape[cut] // max(parts[cut], 1))

    def some(first: int, last: int) -> None:
        part = slice(first * length, last * length)
        left, right = (each if cut == same else _part(each, cut, part) for each, same in ((a, -1), (b, -2)))
        np.matmul(left, right, out=_part(found, cut, part))

    with ONE_EACH:
        if math.prod(shape) * a.shape[-1] < _SHARED or parts[cut] < 2:
            return np.matmul(a, b, out=found)
        in_shares(some, parts[cut])
    return found


def _part(array: Array, axis: int, part: slice) -> Array:
    if array.ndim < -axis or (axis < -2 and array.shape[axis] == 1):  # it is the same for all
        return array
    return array[(..., part, *(slice(None),) * (-axis - 1))]


class _OneEach:
    """While anybody is in here, every thread that multiplies matrices does so by itself."""

    def __init__(self) -> None:
        self._lock, self._inside, self._before = threading.Lock(), 0, list[int]()

    def threads(self) -> int:
        """Return how many threads the library has while nobody is in here."""
        with self._lock:
            return min(self._before if self._inside else self._now(), default=1)

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._before = self._now()
                self._limit([1] * len(self._before))
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._limit(self._before)

    def forked(self) -> None:
        """Begin anew: in a child process nobody is in here but the thread that made it."""
        if self._inside:
            self._limit(self._before)
        self._lock, self._inside = threading.Lock(), 0

    @staticmethod
    def _now() -> list[int]:
        return [library.num_threads for library in _libraries()]

    @staticmethod
    def _limit(counts: Sequence[int]) -> None:
        for library, count in zip(_libraries(), counts, strict=True):
            library.set_num_threads(count)


@functools.cache
def _libraries() -> Sequence[Any]:
    """Return the libraries of matrix products; looking for them takes milliseconds."""
    found: Sequence[Any] = ThreadpoolController().select(user_api="blas").lib_controllers
    return found


ONE_EACH = _OneEach()
"""The one there is: the libraries belong to the whole process."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=ONE_EACH.forked)
