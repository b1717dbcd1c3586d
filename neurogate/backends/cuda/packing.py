"""Structures for kernels, laid out as the C++ sources declare them."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from struct import Struct
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
    """Return the fields of a structure of the kernels, in order, each with the letter of its type.

    Parameters
    ----------
    header, struct : str
        File in the folder of the sources, and name.

    Examples
    --------
    >>> list(fields("samples.cuh", "Bins").items())[2:4]
    [('rate', 'd'), ('x', 'q')]
    """
    text = re.sub(r"//.*", "", (folder() / header).read_text("utf-8"))
    body = re.search(_STRUCT.format(struct), text, re.DOTALL | re.MULTILINE)
    found = {}
    for kind, names in _DECLARATION.findall(body.group(1) if body else ""):
        for name in names.split(","):
            number = kind == "double" and "*" not in name
            found[name.strip("* \n")] = "d" if number else "q"
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


@functools.cache
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

    Its type tells nothing of the fields: CuPy would ask for a description of them all at each launch, which
    takes ten times as long as the launch.

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
    names, layout, kind = _layout(header, struct)
    return np.frombuffer(layout.pack(*[values[name] for name in names]), kind)


@functools.cache
def _layout(header: str, struct: str) -> tuple[tuple[str, ...], Struct, np.dtype[np.void]]:
    letters = fields(header, struct)
    layout = Struct("=" + "".join(letters.values()))
    return tuple(letters), layout, np.dtype((np.void, layout.size))


def threads_for(n: int) -> int:
    """Return how many threads work on `n` neurons: whole warps.

    Examples
    --------
    >>> threads_for(37), threads_for(5000)
    (64, 512)
    """
    return min(MOST_THREADS, -(-max(n, 1) // 32) * 32)
