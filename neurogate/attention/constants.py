"""Arrays that follow from sizes alone, made once and kept."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from neurogate.attention.arrays import Array, Namespace

__all__ = ["constant"]


@functools.lru_cache(maxsize=256)
def constant(made: Callable[..., Array], *sizes: Any, like: np.dtype[Any], xp: Namespace) -> Array:
    """Return a small array that nobody changes: NumPy makes it at the first call, and it is moved once.

    On a GPU each of the dozen steps to such an array would take longer than what is done with it.

    Parameters
    ----------
    made : callable
        Takes the sizes.
    *sizes
        Hashable.
    like : dtype
        Number type of the array.
    xp : module
        `numpy` or `cupy`.

    Examples
    --------
    >>> constant(np.eye, 2, like=np.dtype("float32"), xp=np).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    array = made(*sizes).astype(like)
    array.setflags(write=False)
    return xp.asarray(array)
