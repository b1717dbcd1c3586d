"""The arrays that everything here computes with: of floats, in NumPy or CuPy as the input is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from neurogate.attention.shapes import is_optional, misfit
from neurogate.errors import RequestError

__all__ = [
    "Array", "Cache", "Namespace", "alike", "answers", "fits", "flags", "namespace", "owner", "shaped",
    "together",
]  # fmt: skip

Array: TypeAlias = Any
"""A NumPy or CuPy array."""

Cache: TypeAlias = Any
"""What a backward needs of its forward; nobody else looks inside."""

Namespace: TypeAlias = Any
"""The module `numpy` or `cupy`."""

_TAKEN: dict[tuple[type, Any], Namespace] = {}
"""Libraries by type and number type of what was taken: every operator asks."""


def namespace(*optional: str, **arrays: Array) -> Namespace:
    """Return the library that all given arrays belong to.

    Parameters
    ----------
    *optional : str
        Names of arrays that may be None.
    **arrays : array or None
        Floating-point arrays by the names that the caller knows them by.

    Raises
    ------
    RequestError
        If libraries are mixed, or something is no array of float32 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> namespace("bias", x=np.ones(3), bias=None).__name__
    'numpy'
    >>> namespace(x=np.arange(3))
    Traceback (most recent call last):
    neurogate.errors.RequestError: x is an array of int64. Give float32 or float64, as x.astype(float) is.
    """
    if optional:
        arrays = {name: array for name, array in arrays.items() if array is not None or name not in optional}
    found = None
    for array in arrays.values():
        library = _TAKEN.get((type(array), getattr(array, "dtype", None)))
        if library is None or found not in (None, library):
            return _taken(**arrays)
        found = library
    return found


def _taken(**arrays: Array) -> Namespace:
    xp = together(**arrays)
    for name, array in arrays.items():
        if array.dtype.char not in "fd" or not array.dtype.isnative:
            wanted = f"Give float32 or float64, as {name}.astype(float) is."
            raise RequestError(f"{name} is an array of {array.dtype}. {wanted}")
        if type(array).__name__ == "ndarray":
            _TAKEN[type(array), array.dtype] = xp
    return xp


def together(**arrays: Array) -> Namespace:
    """Return the library that arrays of any number types belong to.

    Parameters
    ----------
    **arrays : array
        By the names that the caller knows them by.

    Raises
    ------
    RequestError
        If libraries are mixed, or something is no array.

    Examples
    --------
    >>> import numpy as np
    >>> together(logits=np.ones((1, 2)), labels=np.array([1])).__name__
    'numpy'
    """
    libraries = {name: owner(name, array) for name, array in arrays.items()}
    if len({*libraries.values()}) > 1:
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


def shaped(shapes: str, **arrays: Array) -> None:
    """Complain unless arrays have the shapes that a docstring would give them.

    Whether they are of one library is asked by `namespace` or `together`.

    Parameters
    ----------
    shapes : str
        As in the example. A letter is the same number everywhere; more axes may stand where "..." is first.
    **arrays : array or None
        Of any number type; None is what may be left out, "optional".

    Raises
    ------
    RequestError
        If the shapes are others.

    Examples
    --------
    >>> import numpy as np
    >>> shapes = "x : (..., d); w : (e, d or 1); bias : (e,), optional"
    >>> shaped(shapes, x=np.ones((7, 5, 3)), w=np.ones((2, 1)), bias=None)
    >>> shaped(shapes, x=np.ones((5, 3)), w=np.ones((2, 4)))
    Traceback (most recent call last):
    neurogate.errors.RequestError: x (5, 3), w (2, 4): the shapes must be x : (..., d); w : (e, d or 1).
    """
    said = misfit(shapes, tuple([(name, getattr(a, "shape", a is None)) for name, a in arrays.items()]))
    if said:
        given = {name: a for name, a in arrays.items() if a is not None or not is_optional(shapes, name)}
        together(**given)
        fits(False, said, **given)


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
    together(**arrays)
    pairs = zip(reversed(array.shape), reversed(shape), strict=False)
    good = array.dtype == bool and array.ndim <= len(shape) and all(a in (1, n) for a, n in pairs)
    fits(good, what, **arrays)


def answers(dy: Array, shape: tuple[int, ...], cache: Cache = (), name: str = "dy") -> Array:
    """Return a gradient in the number type of its forward; complain unless it belongs to the output.

    Parameters
    ----------
    dy : array
        The gradient.
    shape : tuple of int
        Of the output.
    cache : Cache
        Whose arrays say which library and which number type the forward had.
    name : str
        By which the caller knows the gradient.

    Raises
    ------
    RequestError
        If it is of another shape or library.

    Examples
    --------
    >>> import numpy as np
    >>> answers(np.ones(2), (2,), (np.ones(2, "float32"),)).dtype
    dtype('float32')
    >>> answers(np.ones((2, 4)), (2, 3))
    Traceback (most recent call last):
    neurogate.errors.RequestError: dy (2, 4): the gradient must be shaped as the output, (2, 3).
    """
    dy = alike(dy, cache, name)
    fits(dy.shape == shape, f"the gradient must be shaped as the output, {shape}", **{name: dy})
    return dy


def alike(dy: Array, cache: Cache, name: str = "dy") -> Array:
    """Return a gradient in the number type of its forward; complain if it is of another library.

    Parameters
    ----------
    dy : array
        The gradient.
    cache : Cache
        Whose arrays say which library and which number type the forward had.
    name : str
        By which the caller knows the gradient.

    Raises
    ------
    RequestError
        If it is of another library, or no array of float32 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> alike(np.ones(2), {"x": np.ones((3, 2), "float32")}).dtype
    dtype('float32')
    """
    namespace(**{name: dy})
    kept = next(_arrays(cache, "fc"), None)
    some = next(_arrays(cache), None) if kept is None else kept
    if some is not None and type(some) is not type(dy):
        together(**{name: dy, "the output": some})
    return dy if kept is None else dy.astype(kept.dtype.char.lower(), copy=False)


def _arrays(cache: Cache, kinds: str = "fcbiu") -> Iterator[Array]:
    """Yield the arrays in a cache whose number type is of some kinds."""
    parts = cache.values() if isinstance(cache, dict) else cache
    if isinstance(cache, tuple | list | dict):
        for part in parts:
            yield from _arrays(part, kinds)
    elif hasattr(cache, "dtype") and not isinstance(cache, np.generic) and cache.dtype.kind in kinds:
        yield cache
