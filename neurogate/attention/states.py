"""What a recurrent layer carries from one piece of a sequence to the next, and whether a given one fits."""

from __future__ import annotations

from typing import Any

from neurogate.attention.arrays import Array, Namespace, fits, namespace, owner
from neurogate.attention.options import whole_number
from neurogate.errors import RequestError

__all__ = ["library", "restored", "sequences"]


def library(xp: Namespace) -> None:
    """Complain unless something is one of the two libraries of arrays.

    Parameters
    ----------
    xp : module
        `numpy` or `cupy`.

    Raises
    ------
    RequestError
        If it is something else.

    Examples
    --------
    >>> library("cupy")
    Traceback (most recent call last):
    neurogate.errors.RequestError: xp is 'cupy'. Give the module numpy or cupy.
    """
    if getattr(xp, "__name__", "") not in ("numpy", "cupy"):
        raise RequestError(f"xp is {xp!r}. Give the module numpy or cupy.")


def sequences(batch: int, xp: Namespace) -> int:
    """Return how many sequences a state is for, unless that is no number, or `xp` no library.

    Parameters
    ----------
    batch : int
        What was asked for.
    xp : module
        `numpy` or `cupy`.

    Raises
    ------
    RequestError
        If one of them is something else.

    Examples
    --------
    >>> import numpy as np
    >>> sequences(-1, np)
    Traceback (most recent call last):
    neurogate.errors.RequestError: batch is -1. Give a whole number of sequences, of at least 0.
    """
    library(xp)
    return whole_number("batch", batch, 0, of="sequences")


def restored(state: Any, like: Any, x: Array) -> Any:
    """Return a given state as a layer keeps it, in the number type of its input.

    Parameters
    ----------
    state : array, number or tuple
        What ``cache.state`` was, perhaps read from a file in between.
    like : array, number or tuple
        What `start` gives. Its axes of no length may have any in the state, but for that of the batch.
    x : array
        The input.

    Raises
    ------
    RequestError
        If the state does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> x, none = np.ones((1, 4, 6)), np.ones((1, 2, 0, 3))
    >>> restored(np.ones((1, 2, 5, 3)), none, x).shape
    (1, 2, 5, 3)
    >>> restored(np.ones((1, 2, 5, 4)), none, x)
    Traceback (most recent call last):
    neurogate.errors.RequestError: x (1, 4, 6), state (1, 2, 5, 4): state must be (1, 2, n, 3).
    """
    return _restored("state", state, like, x)


def _restored(name: str, given: Any, like: Any, x: Array) -> Any:
    if isinstance(like, tuple):
        return _tuple(name, given, like, x)
    if like is None:
        return None
    if isinstance(like, int):
        return whole_number(name, given, 0, of="steps")
    return _array(name, given, like, x)


def _tuple(name: str, given: Any, like: Any, x: Array) -> Any:
    parts = getattr(like, "_fields", None) or [f"layer {i}" for i in range(len(like))]
    if not isinstance(given, tuple | list) or len(given) != len(like):
        told = type(given).__name__ + (f" of {len(given)}" if isinstance(given, tuple | list) else "")
        raise RequestError(f"{name} is {told}. Give ({', '.join(parts)}), as start and cache.state are.")
    found = [_restored(f"{name}.{part}", a, b, x) for part, a, b in zip(parts, given, like, strict=True)]
    grown = {f"{name}.{part}": (a, b.shape.index(0, 1)) for part, a, b in zip(parts, found, like, strict=True)
             if 0 in getattr(b, "shape", ())[1:]}  # fmt: skip
    even = len({a.shape[axis] for a, axis in grown.values()}) < 2
    fits(even, "they must be equally long", **{part: a for part, (a, _) in grown.items()})
    return type(like)(*found) if hasattr(like, "_fields") else tuple(found)


def _array(name: str, given: Any, like: Array, x: Array) -> Array:
    said, library = {name: given}, owner(name, given)
    if like.dtype.kind == "f":
        namespace(x=x, **said)
    else:
        same = library == owner("x", x) and given.dtype.kind == like.dtype.kind
        fits(same, f"{name} must be of {like.dtype}, and of the library of x", x=x, **said)
    ends = zip(given.shape[1:], like.shape[1:], strict=False)
    same = given.ndim == like.ndim and len(given) == len(like) and all(b in (0, a) for a, b in ends)
    wanted = ", ".join([str(len(like)), *(str(n or "n") for n in like.shape[1:])])
    fits(same, f"{name} must be ({wanted})", x=x, **said)
    return given.astype(x.dtype if like.dtype.kind == "f" else like.dtype, copy=False)
