"""The GPU: memory, modules and launches through CuPy, and its failures in one sentence each."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ...errors import RunError
from .sources import OPTIONS, source

__all__ = ["Device", "Gpu", "current"]

Array = npt.NDArray[Any]
_MODULES = {"reservoir_block": "reservoir.cu", "reservoir_grid": "reservoir.cu"}


class Device(Protocol):
    """What the functions of this backend ask of a device."""

    multiprocessors: int
    shared_bytes: int

    def upload(self, array: Array) -> Any:
        """Return a copy of an array on the device."""

    def download(self, array: Any) -> Array:
        """Return a copy of a device's array."""

    def address(self, array: Any) -> int:
        """Return where a device's array begins."""

    def launch(
        self, name: str, dtype: str, given: Array, grid: tuple[int, int], threads: int, shared: int
    ) -> None:
        """Run a kernel with one argument, a structure, and wait for its end."""


class Gpu:
    """The current GPU of CuPy."""

    def __init__(self) -> None:
        import cupy

        self._cupy = cupy
        with self._explained():
            attributes = cupy.cuda.Device().attributes
        self.multiprocessors = int(attributes["MultiProcessorCount"])
        self.shared_bytes = int(attributes["MaxSharedMemoryPerBlockOptin"])

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        cuda = self._cupy.cuda
        broken = (cuda.runtime.CUDARuntimeError, cuda.driver.CUDADriverError, cuda.compiler.CompileException)
        try:
            yield
        except cuda.memory.OutOfMemoryError as error:
            raise RunError(
                f"The GPU's memory is full ({error}); run fewer replicas at once, record less, or use numba."
            ) from error
        except broken as error:
            raise RunError(
                f"The GPU stopped with {error}; nothing of this run is kept. Try again, or use numba."
            ) from error

    def upload(self, array: Array) -> Any:
        """Return a copy of an array on the GPU; an empty one has a byte, so that it has an address."""
        with self._explained():
            return self._cupy.asarray(array if array.size else np.zeros(1, np.uint8))

    def download(self, array: Any) -> Array:
        """Return a copy of a GPU's array."""
        with self._explained():
            return np.asarray(self._cupy.asnumpy(array))

    def address(self, array: Any) -> int:
        """Return where a GPU's array begins."""
        return int(array.data.ptr)

    def launch(
        self, name: str, dtype: str, given: Array, grid: tuple[int, int], threads: int, shared: int
    ) -> None:
        """Run a kernel and wait for its end; blocks of a grid run together or not at all."""
        with self._explained():
            kernel = self._module(_MODULES.get(name, "samples.cu")).get_function(f"{name}_{dtype}")
            kernel.max_dynamic_shared_size_bytes = shared
            together = name == "reservoir_grid"
            kernel.kernel(grid, (threads,), (given,), shared_mem=shared, enable_cooperative_groups=together)
            self._cupy.cuda.get_current_stream().synchronize()

    @functools.cache  # noqa: B019
    def _module(self, name: str) -> Any:
        return self._cupy.RawModule(code=source(name), options=OPTIONS, backend="nvrtc")


@functools.cache
def current() -> Device:
    """Return the GPU to use, made once for each process.

    Raises
    ------
    RunError
        If the GPU does not answer.
    """
    return Gpu()
