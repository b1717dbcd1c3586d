"""The arrays that everything here computes with: NumPy's or CuPy's, of floating-point numbers.

One source serves both libraries: it asks which one its input belongs to, and takes the functions from there.
"""

from __future__ import annotations

import sys
from typing import Any, TypeAlias

import numpy as np

from neurogate.errors import RequestError

__all__ = ["Array", "Cache", "Namespace", "answers", "fits", "flags", "namespace", "owner"]

Array: TypeAlias = Any
"""A NumPy or CuPy array."""

Cache: TypeAlias = Any
"""What a backward needs of its forward; nobody else looks inside."""

Namespace: TypeAlias = Any
"""The module `numpy` or `cupy`."""


def namespace(**arrays: Array) -> Namespace:
    """Return the library that all given arrays belong to.

    Parameters
    ----------
    **arrays : array or None
        Floating-point arrays by the names that the caller knows them by; None is passed over.

    Returns
    -------
    module
        `numpy` or `cupy`.

    Raises
    ------
    RequestError
        If libraries are mixed, nothing is given, or something is no array of float32 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> namespace(x=np.ones(3), bias=None).__name__
    'numpy'
    >>> namespace(x=np.arange(3))
    Traceback (most recent call last):
    neurogate.errors.RequestError: x is an array of int64. Give float32 or float64, as x.astype(float) is.
    """
    libraries = {name: _library(name, array) for name, array in arrays.items() if array is not None}
    if not libraries:
        raise RequestError(f"{', '.join(arrays)}: nothing was given. Give an array of NumPy or CuPy.")
    if len(set(libraries.values())) > 1:
        told = ", ".join(f"{name} is of {library}" for name, library in libraries.items())
        raise RequestError(f"Arrays of two libraries are mixed: {told}. Move all of them to one of the two.")
    return sys.modules[next(iter(libraries.values()))]


def owner(name: str, array: Array) -> str:
    """Return the name of the library that something belongs to.

    Parameters
    ----------
    name : str
        By which the caller knows it.
    array : array
        Of any number type.

    Raises
    ------
    RequestError
        If it is no array.

    Examples
    --------
    >>> owner("mask", [True])
    Traceback (most recent call last):
    neurogate.errors.RequestError: mask is list. Give an array of NumPy or CuPy.
    """
    plain = not isinstance(array, np.matrix | np.ma.MaskedArray)  # these count in their own way
    library = "numpy" if isinstance(array, np.ndarray) else type(array).__module__.partition(".")[0]
    if not plain or library not in ("numpy", "cupy") or not hasattr(array, "dtype"):
        raise RequestError(f"{name} is {type(array).__name__}. Give an array of NumPy or CuPy.")
    return library


def _library(name: str, array: Array) -> str:
    library = owner(name, array)
    if array.dtype.char not in "fd" or not array.dtype.isnative:
        raise RequestError(
            f"{name} is an array of {array.dtype}. Give float32 or float64, as {name}.astype(float) is."
        )
    return library


def fits(condition: bool, what: str, **arrays: Array) -> None:
    """Complain about shapes unless a condition holds.

    Parameters
    ----------
    condition : bool
        Whether the shapes fit.
    what : str
        What must hold, as it follows "the arrays do not fit:".
    **arrays : array or None
        Those whose shapes are told.

    Raises
    ------
    RequestError
        If the condition does not hold.

    Examples
    --------
    >>> import numpy as np
    >>> fits(False, "the last axis of x must be 3", x=np.ones((2, 4)))
    Traceback (most recent call last):
    neurogate.errors.RequestError: x (2, 4): the last axis of x must be 3.
    """
    if not condition:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items() if array is not None)
        raise RequestError(f"{shapes}: {what}.")


def flags(name: str, shape: tuple[int, ...], what: str, **arrays: Array) -> None:
    """Complain unless an array is of true and false and broadcasts to a shape.

    Parameters
    ----------
    name : str
        Which of the arrays.
    shape : tuple of int
        To which it broadcasts.
    what : str
        What must hold, as `fits` says it.
    **arrays : array
        Those whose shapes are told.

    Raises
    ------
    RequestError
        If it is something else.

    Examples
    --------
    >>> import numpy as np
    >>> flags("mask", (2, 3), "the mask must be of true and false", mask=np.ones(3))
    Traceback (most recent call last):
    neurogate.errors.RequestError: mask (3,): the mask must be of true and false.
    """
    array = arrays[name]
    owner(name, array)
    pairs = zip(reversed(array.shape), reversed(shape), strict=False)
    good = array.dtype == bool and array.ndim <= len(shape) and all(a in (1, n) for a, n in pairs)
    fits(good, what, **arrays)


def answers(dy: Array, shape: tuple[int, ...]) -> None:
    """Complain unless a gradient is shaped as the output that it belongs to.

    Parameters
    ----------
    dy : array
        The gradient.
    shape : tuple of int
        Of the output.

    Raises
    ------
    RequestError
        If it is not.

    Examples
    --------
    >>> import numpy as np
    >>> answers(np.ones((2, 4)), (2, 3))
    Traceback (most recent call last):
    neurogate.errors.RequestError: dy (2, 4): the gradient must be shaped as the output, (2, 3).
    """
    namespace(dy=dy)
    fits(dy.shape == shape, f"the gradient must be shaped as the output, {shape}", dy=dy)
