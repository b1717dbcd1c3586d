"""Formulas that a GPU computes in one launch, and that the threads of a CPU share.

Calls of CuPy cost the host more than their arithmetic.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from neurogate.attention.arrays import Array, Namespace
from neurogate.attention.pieces import in_pieces

__all__ = ["fused", "on_gpu", "summed"]


def fused(formula: Callable[..., Any]) -> Callable[..., Any]:
    """Return a formula as a function of arrays; one kernel on arrays of CuPy, shared by threads on others.

    Parameters
    ----------
    formula : callable
        Takes the library and then arrays, which it may also write to, as `y[...] = x`. It computes each
        number from those at its place: with operators and functions of one number, without `out` and sums.
        Truth values become numbers of a type by `astype`: with Python's numbers CuPy takes half precision.

    Examples
    --------
    >>> import numpy as np
    >>> @fused
    ... def hypotenuse(xp, a, b):
    ...     return xp.sqrt(a * a + b * b)
    >>> hypotenuse(np.array([3.0]), np.array([4.0])).tolist()
    [5.0]
    """
    return on_gpu(formula)(in_pieces(functools.partial(formula, np), alone=False))


def on_gpu(formula: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a function of NumPy's arrays: for those of CuPy, a formula takes its place, as one kernel.

    Parameters
    ----------
    formula : callable
        As `fused` takes it.

    Examples
    --------
    >>> import numpy as np
    >>> @on_gpu(lambda xp, a, b: a * b + a)
    ... def scaled(a, b):
    ...     y = a * b
    ...     y += a
    ...     return y
    >>> scaled(np.array([3.0]), np.array([4.0])).tolist()
    [15.0]
    """

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def applied(first: Array, *more: Any) -> Any:
            if isinstance(first, np.ndarray | np.generic):
                return function(first, *more)
            return _kernel(formula, sys.modules["cupy"])(first, *more)

        return applied

    return decorated


@functools.cache
def _kernel(formula: Callable[..., Any], cupy: Namespace) -> Callable[..., Any]:
    name = "fused_" + "".join(c if c.isalnum() else "_" for c in formula.__name__)
    kernel: Callable[..., Any] = cupy.fuse(kernel_name=name)(functools.partial(formula, cupy))
    return kernel


def summed(first: Array, *more: Array) -> Array:
    """Return the sum of arrays.

    Parameters
    ----------
    first : array
        Of the shape of the sum.
    *more : arrays
        They broadcast to it.

    Examples
    --------
    >>> import numpy as np
    >>> summed(np.ones(1), np.ones(1), np.ones(1)).tolist()
    [3.0]
    """
    return _summed(first, *more) if more else first


@fused
def _summed(xp: Namespace, first: Array, second: Array, *more: Array) -> Array:
    total = first + second
    for each in more:
        total += each
    return total
