"""Structures for kernels, laid out as the C++ sources declare them."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from .device import Device
from .sources import folder

__all__ = ["MOST_THREADS", "Arrays", "fields", "instance", "pack", "threads_for"]

Array = npt.NDArray[Any]

_STRUCT = r"struct {} {{(.*?)^}};"
_DECLARATION = re.compile(r"^\s*(?:const )?(?:unsigned )?(\w+(?: long)?) *([^;(]*);", re.MULTILINE)


@functools.cache
def fields(header: str, struct: str) -> Mapping[str, str]:
    """Return the fields of a structure of the kernels, in order, each with its NumPy type.

    Parameters
    ----------
    header, struct : str
        File in the folder of the sources, and name.

    Examples
    --------
    >>> list(fields("samples.cuh", "Bins").items())[2:4]
    [('rate', '<f8'), ('x', '<i8')]
    """
    text = re.sub(r"//.*", "", (folder() / header).read_text("utf-8"))
    body = re.search(_STRUCT.format(struct), text, re.DOTALL | re.MULTILINE)
    found = {}
    for kind, names in _DECLARATION.findall(body.group(1) if body else ""):
        for name in names.split(","):
            number = kind == "double" and "*" not in name
            found[name.strip("* \n")] = "<f8" if number else "<i8"
    return found


MOST_THREADS = 512
"""Of a block, as the launch bounds of the kernels say."""


class Arrays:
    """Arrays on a device, by name.

    Parameters
    ----------
    device : Device
    arrays : mapping
        NumPy arrays; the device gets copies.
    """

    def __init__(self, device: Device, arrays: Mapping[str, Array]) -> None:
        self._device = device
        self._shapes = {name: (array.shape, array.dtype) for name, array in arrays.items()}
        self._there = device.upload({name: np.ascontiguousarray(array) for name, array in arrays.items()})

    def addresses(self) -> dict[str, int]:
        """Return where each array begins."""
        return {name: self._device.address(array) for name, array in self._there.items()}

    def fetch(self, name: str) -> Array:
        """Return an array as it is now."""
        shape, dtype = self._shapes[name]
        if 0 in shape:
            return np.zeros(shape, dtype)
        return self._device.download(self._there[name]).reshape(shape)


def instance(kernel: str, dtype: npt.DTypeLike) -> str:
    """Return what a kernel for one type of numbers is called in C++.

    Examples
    --------
    >>> instance("readout", "float64")
    'readout<double>'
    """
    return f"{kernel}<{'float' if np.dtype(dtype) == np.float32 else 'double'}>"


def pack(header: str, struct: str, values: Mapping[str, int | float]) -> Array:
    """Return a structure of the kernels as an array of size one; every field is 8 bytes.

    The array's type tells nothing of the fields: at each launch CuPy would ask it for a description of them all,
    which takes ten times as long as the launch.

    Parameters
    ----------
    header, struct : str
        As in `fields`.
    values : mapping
        One number for each field, or more.

    Examples
    --------
    >>> values = dict.fromkeys(fields("samples.cuh", "Bins"), 1)
    >>> pack("samples.cuh", "Bins", values | {"rate": 0.5}).tobytes()[16:24] == np.float64(0.5).tobytes()
    True
    """
    kind, plain = _layout(header, struct)
    return np.array(tuple([values[name] for name in kind.names or ()]), kind).view(plain)


@functools.cache
def _layout(header: str, struct: str) -> tuple[np.dtype[np.void], np.dtype[np.void]]:
    kind = np.dtype(list(fields(header, struct).items()))
    return kind, np.dtype((np.void, kind.itemsize))


def threads_for(n: int) -> int:
    """Return how many threads work on `n` neurons: whole warps.

    Examples
    --------
    >>> threads_for(37), threads_for(5000)
    (64, 512)
    """
    return min(MOST_THREADS, -(-max(n, 1) // 32) * 32)
