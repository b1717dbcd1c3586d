"""Products of matrices on a GPU by cuBLAS itself; arrays are CuPy's and stay where they are.

CuPy copies the matrices of a stack that are turned round, or do not follow one another, before it multiplies;
cuBLAS reads both as they lie. Numbers of float32 are always multiplied as such: CuPy's setting of TF32, which
its own products of two matrices follow, does not count here.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from . import device as devices
from .device import Product, library

__all__ = ["matmul", "planned"]

Array = Any
Sizes: TypeAlias = tuple[int, ...]
_MOST = (1 << 31) - 1  # of what cuBLAS counts in 32 bits


def matmul(a: Array, b: Array) -> Array:
    """Return the product of matrices, or of stacks of them; what cuBLAS cannot read is left to CuPy.

    Parameters
    ----------
    a : (..., n, m)
    b : (..., m, k)

    Examples
    --------
    See `neurogate.attention.products.matmul`.
    """
    product = None
    if a.dtype.char in "fd" and a.dtype == b.dtype:
        product = planned(a.shape, a.strides, b.shape, b.strides, a.itemsize)
    if product is None:
        if b.ndim == 2 < a.ndim:  # else CuPy multiplies matrix by matrix
            return (a.reshape(math.prod(a.shape[:-1]), a.shape[-1]) @ b).reshape(*a.shape[:-1], b.shape[-1])
        return a @ b
    found = library(a).empty(product.shape, a.dtype)
    devices.current().multiply(a, b, found, product)
    return found


@functools.lru_cache(maxsize=1024)
def planned(
    a_shape: Sizes, a_strides: Sizes, b_shape: Sizes, b_strides: Sizes, itemsize: int
) -> Product | None:
    """Return what to ask cuBLAS for; None if it cannot be asked.

    Parameters
    ----------
    a_shape, b_shape : tuple of int
        Shapes of two arrays.
    a_strides, b_strides, itemsize : ints
        In bytes, as arrays have them.

    Examples
    --------
    >>> a, b = np.ones((8, 4, 3)), np.ones((5, 3)).T
    >>> product = planned(a.shape, a.strides, b.shape, b.strides, 8)
    >>> product.shape, product.batch, product.rows, product.b_turned
    ((8, 4, 5), 1, 32, True)
    """
    if min(len(a_shape), len(b_shape)) < 2 or a_shape[-1] != b_shape[-2]:
        return None
    try:
        stack = np.broadcast_shapes(a_shape[:-2], b_shape[:-2])
    except ValueError:
        return None
    batch, (rows, inner), columns = math.prod(stack), a_shape[-2:], b_shape[-1]
    a, b = _lying(a_shape, a_strides, itemsize, batch), _lying(b_shape, b_strides, itemsize, batch)
    sizes = batch, rows, columns, inner
    if a is None or b is None or not 0 < min(sizes) <= max(sizes) <= _MOST:
        return None
    (turned, following, apart), (_, _, b_apart) = a, b
    if not turned and apart == rows * following and not b_apart:  # of rows that all follow one another
        batch, rows = 1, batch * rows
    return Product((*stack, a_shape[-2], columns), batch, rows, columns, inner, *a, *b)


def _lying(
    shape: Sequence[int], strides: Sequence[int], itemsize: int, batch: int
) -> tuple[bool, int, int] | None:
    """Return whether matrices lie column by column, how far lines are apart, and how far matrices are."""
    apart, (rows, columns), (down, along) = _apart(shape[:-2], strides[:-2], batch), shape[-2:], strides[-2:]
    if apart is None or apart % itemsize:
        return None
    for turned, width, far, near in ((False, columns, down, along), (True, rows, along, down)):
        if (near == itemsize or width == 1) and far % itemsize == 0 and width <= far // itemsize <= _MOST:
            return turned, far // itemsize, apart // itemsize
    return None


def _apart(shape: Sequence[int], strides: Sequence[int], batch: int) -> int | None:
    """Return how many bytes matrices are apart, if it is the same for all; 0 if there is one for all."""
    axes = [(length, stride) for length, stride in zip(shape, strides, strict=True) if length > 1]
    if not axes:
        return 0
    even = all(outer == length * inner for (_, outer), (length, inner) in itertools.pairwise(axes))
    return axes[-1][1] if even and math.prod(shape) == batch and axes[-1][1] >= 0 else None
