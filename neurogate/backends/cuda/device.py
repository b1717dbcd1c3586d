"""The GPU: memory, compilation and launches through CuPy, and its failures in one sentence each.

CuPy's `RawModule` is left alone: it adds ``-ftz=true``, which sets tiny float32 numbers to zero, and so a GPU
would give other bits than a CPU.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from ...errors import RunError
from .sources import OPTIONS, file_of, source

__all__ = ["Device", "Gpu", "Product", "current", "library"]

Array = npt.NDArray[Any]

_UNASKED_BYTES = 48 << 10
"""Of shared memory, which every kernel may have."""
# By the letter of a number type: the factors 1 and 0, which cuBLAS reads where they lie, and its functions.
_SCALARS = {letter: np.array([1, 0], letter) for letter in "fd"}
_ONE_AND_ZERO = {letter: (one.ctypes.data, one[1:].ctypes.data) for letter, one in _SCALARS.items()}
_GEMM = {"f": "sgemm", "d": "dgemm"}


class Product(NamedTuple):
    """A product of stacks of matrices, (rows, inner) by (inner, columns), in numbers along memory.

    Attributes
    ----------
    shape : tuple of int
        Of what is found, which lies in memory without gaps.
    batch, rows, columns, inner : int
        How many products there are, and their sizes.
    a_turned, a_next, a_apart, b_turned, b_next, b_apart : int
        For each factor: whether a matrix lies column by column, how far its lines are apart, and how far
        matrices are.
    """

    shape: tuple[int, ...]
    batch: int
    rows: int
    columns: int
    inner: int
    a_turned: bool
    a_next: int
    a_apart: int
    b_turned: bool
    b_next: int
    b_apart: int


class Device(Protocol):
    """What the functions of this backend ask of a device."""

    multiprocessors: int
    shared_bytes: int

    def upload(self, arrays: Mapping[str, Array]) -> dict[str, Any]:
        """Return copies of arrays on the device."""

    def download(self, array: Any) -> Array:
        """Return a copy of a device's array."""

    def address(self, array: Any) -> int:
        """Return where a device's array begins."""

    def launch(
        self,
        kernel: str,
        given: Array,
        grid: tuple[int, int],
        threads: int,
        shared: int,
        *,
        wait: bool = True,
    ) -> None:
        """Run a kernel, such as ``readout<float>``, with a structure as its argument; wait for its end."""

    def multiply(self, a: Any, b: Any, found: Any, product: Product) -> None:
        """Write a product of matrices; do not wait for its end."""


class Gpu:
    """The GPU that is CuPy's current one when this is made."""

    def __init__(self) -> None:
        try:
            import cupy

            self._cupy, self._device = cupy, cupy.cuda.Device()
            attributes = self._device.attributes
        except (ImportError, RuntimeError) as error:
            raise RunError(
                f"CuPy cannot use a GPU here ({_brief(error)}). Update the NVIDIA driver, install the CuPy "
                "of its CUDA version (cupy-cuda12x or cupy-cuda13x), or use numba."
            ) from error
        self.multiprocessors = int(attributes["MultiProcessorCount"])
        self.shared_bytes = int(attributes["MaxSharedMemoryPerBlockOptin"])
        self._explained = _Explained(self._device)

    def upload(self, arrays: Mapping[str, Array]) -> dict[str, Any]:
        """Return copies of arrays on the GPU; an empty one has a byte, so that it has an address."""
        needed = sum(array.nbytes for array in arrays.values())
        with self._explained:
            free, there_is = self._device.mem_info
            free += self._cupy.get_default_memory_pool().free_bytes()
            if needed > there_is:
                raise _too_large(needed, free, there_is)
            there = {}
            try:
                for name, array in arrays.items():
                    there[name] = self._copied(array)
            except self._cupy.cuda.memory.OutOfMemoryError as error:
                there.clear()  # whoever keeps the error shall not keep the memory
                raise _too_large(needed, free, there_is) from error
            return there

    def _copied(self, array: Array) -> Any:
        """Copy explicitly: where memory is shared, CuPy's `asarray` would hand the host's own to a kernel."""
        given = array if array.size else np.zeros(1, np.uint8)
        there = self._cupy.empty(given.shape, given.dtype)
        there.set(given)
        return there

    def download(self, array: Any) -> Array:
        """Return a copy of a GPU's array."""
        with self._explained:
            return np.asarray(self._cupy.asnumpy(array))

    def address(self, array: Any) -> int:
        """Return where a GPU's array begins."""
        return int(array.data.ptr)

    def launch(
        self,
        kernel: str,
        given: Array,
        grid: tuple[int, int],
        threads: int,
        shared: int,
        *,
        wait: bool = True,
    ) -> None:
        """Run a kernel; blocks of a grid run together or not at all."""
        with self._explained:
            function = self._function(kernel)
            if shared > _UNASKED_BYTES:
                driver = self._cupy.cuda.driver
                most = driver.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
                driver.funcSetAttribute(function.ptr, most, shared)
            together = kernel.startswith("reservoir_grid")
            function(grid, (threads,), (given,), shared_mem=shared, enable_cooperative_groups=together)
            if wait:
                self._cupy.cuda.get_current_stream().synchronize()

    def multiply(self, a: Any, b: Any, found: Any, product: Product) -> None:
        """Have cuBLAS multiply: it takes columns for what are rows here, and so the second factor first.

        As CuPy's own products it works on the current device and stream, and its failures are CuPy's.
        """
        letter = a.dtype.char
        (one, zero), name = _ONE_AND_ZERO[letter], _GEMM[letter]
        _, batch, rows, columns, inner, a_turned, a_next, a_apart, b_turned, b_next, b_apart = product
        given = columns, rows, inner, one, self.address(b), b_next
        a, found = self.address(a), self.address(found)
        cublas, handle = self._cupy.cuda.cublas, self._cupy.cuda.get_cublas_handle()
        if batch == 1:
            getattr(cublas, name)(handle, b_turned, a_turned, *given, a, a_next, zero, found, columns)
        else:
            getattr(cublas, f"{name}StridedBatched")(
                handle, b_turned, a_turned, *given, b_apart, a, a_next, a_apart, zero, found, columns,
                rows * columns, batch,
            )  # fmt: skip

    @functools.cache  # noqa: B019
    def _function(self, kernel: str) -> Any:
        """Compile a kernel for one type of numbers."""
        compiler = self._cupy.cuda.compiler
        name = file_of(kernel)
        try:
            code, names = compiler.compile_using_nvrtc(
                source(name), OPTIONS, filename=name, name_expressions=(kernel,)
            )
        except compiler.CompileException as error:
            raise RunError(
                f"The kernel {kernel} cannot be compiled for this GPU ({_brief(error)}). "
                "Update CuPy (pip install -U 'neurogate[cuda]'), or use numba."
            ) from error
        module = self._cupy.cuda.Module()
        module.load(code)
        return module.get_function(names[kernel])


def _brief(error: BaseException) -> str:
    """Return the first line of an error; CuPy wraps what stops its import in pages of advice."""
    wrapped = error.__cause__ if isinstance(error, ImportError) else None
    return str(wrapped or error).strip().partition("\n")[0].rstrip(".")


class _Explained:
    """While in here, work is on a GPU; every failure of CUDA is a RuntimeError of CuPy."""

    def __init__(self, device: Any) -> None:
        self._device = device

    def __enter__(self) -> None:
        self._device.__enter__()

    def __exit__(self, kind: object, error: BaseException | None, *trace: object) -> None:
        self._device.__exit__(kind, error, *trace)
        if isinstance(error, RuntimeError):
            raise RunError(
                f"The GPU stopped with {_brief(error)}; the state that the run began with is as it was. "
                "Start again, or use numba."
            ) from error


def _too_large(needed: int, free: int, there_is: int) -> RunError:
    return RunError(
        f"The run needs {needed / 1e6:,.1f} MB of the GPU's {there_is / 1e6:,.1f} MB, "
        f"and {free / 1e6:,.1f} MB are free. Run fewer replicas or neurons at once, record less, "
        "or use numba."
    )


def current() -> Device:
    """Return the GPU to use, which is CuPy's current one; each is made once for each process.

    Raises
    ------
    RunError
        If the GPU does not answer.
    """
    try:
        import cupy

        number = cupy.cuda.runtime.getDevice()
    except (ImportError, RuntimeError):  # what it is, `Gpu` says
        number = None
    return _gpu(number)


@functools.cache
def _gpu(number: int | None) -> Device:
    return Gpu()


def library(array: Any) -> Any:
    """Return the module that an array belongs to.

    Parameters
    ----------
    array : array

    Examples
    --------
    >>> library(np.ones(3)).__name__
    'numpy'
    """
    kind: type = type(array)
    return _module(kind)


@functools.cache
def _module(kind: type) -> Any:
    return sys.modules[kind.__module__.partition(".")[0]]
