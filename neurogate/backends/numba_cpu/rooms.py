"""Memory for what is replaced again and again, such as the P of least squares.

A large array that is made anew at each step costs more than what is written into it: the system hands out
its pages one by one, cleared. Here an array's successor gets the memory of an earlier one that nobody looks
at any more. Who holds an array owns it: it does not change as long as it, or a view of it, is there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .lanes import aligned_copy

__all__ = ["successor"]

Array = npt.NDArray[Any]


class _Room:
    """Memory that goes back to its line of arrays when the last view of it is gone."""

    def __init__(self, memory: Array, free: list[Array]) -> None:
        self.__array_interface__ = memory.__array_interface__
        self.memory, self.free = memory, free

    def __del__(self) -> None:
        self.free.append(self.memory)


def successor(array: Array) -> Array:
    """Return room for what an array turns into: of its shape and type, aligned, with anything in it.

    Parameters
    ----------
    array : array
        If it is a successor itself, memory of its line is used again.

    Returns
    -------
    array
        Zeros, or what an earlier array of the line held.

    Examples
    --------
    >>> first = successor(np.ones((2, 2)))
    >>> second, place = successor(first), first.ctypes.data
    >>> del first
    >>> successor(second).ctypes.data == place
    True
    """
    free = _line(array)
    memory = free.pop() if free else aligned_copy(np.zeros_like(array, order="C"))
    return np.asarray(_Room(memory, free))


def _line(array: Array) -> list[Array]:
    """Return the free memory of the line that an array belongs to as a whole; a line begins where none is."""
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    like = isinstance(owner, _Room) and (owner.memory.shape, owner.memory.dtype) == (array.shape, array.dtype)
    return owner.free if like else []
