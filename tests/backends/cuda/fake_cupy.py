"""As much of CuPy as the backend uses, with the kernels on a CPU: a GPU that can be told to fail.

What each call takes and raises is that of CuPy 14.2 (`function.pyx`, `memory.pyx`, `compiler.py`).
"""

from __future__ import annotations

import ctypes
import importlib.machinery
import types
import weakref
from typing import Any

import numpy as np

from tests.backends.cuda.shim import Shim

OPTIN = 100_000


class CUDARuntimeError(RuntimeError): ...


class CUDADriverError(RuntimeError): ...


class OutOfMemoryError(MemoryError): ...


class CompileException(Exception):
    def __init__(self, message: str) -> None:
        super().__init__()
        self._message = message

    def __str__(self) -> str:
        return self._message


class FakeGpu:
    """The GPU behind the module: its memory, its faults, and what it was asked.

    Parameters
    ----------
    library : ctypes.CDLL
        The kernels, compiled for a CPU.
    memory : int
        Bytes in all.
    """

    def __init__(self, library: ctypes.CDLL, memory: int = 10**9) -> None:
        self.shim = Shim(library, OPTIN)
        self.memory, self.used, self.number = memory, 0, 0
        self.fail: dict[str, Exception] = {}
        self.compiled: list[tuple[str, tuple[str, ...]]] = []
        self.together: list[bool] = []

    def meet(self, call: str) -> None:
        """Fail if that was asked for."""
        if call in self.fail:
            raise self.fail[call]

    def free(self, nbytes: int) -> None:
        self.used -= nbytes


class Ndarray:
    def __init__(self, gpu: FakeGpu, shape: tuple[int, ...], dtype: np.dtype) -> None:
        gpu.meet("empty")
        nbytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if gpu.used + nbytes > gpu.memory:
            raise OutOfMemoryError(
                f"Out of memory allocating {nbytes:,} bytes (allocated so far: {gpu.used:,} bytes)."
            )
        gpu.used += nbytes
        weakref.finalize(self, gpu.free, nbytes)
        self.there = np.empty(shape, dtype)
        self.data = types.SimpleNamespace(ptr=self.there.ctypes.data)

    def set(self, array: np.ndarray) -> None:
        assert (array.shape, array.dtype) == (self.there.shape, self.there.dtype)
        assert self.there.size
        self.there[...] = array


class Device:
    def __init__(self, gpu: FakeGpu) -> None:
        gpu.meet("Device")
        self._gpu, self.id = gpu, gpu.number
        self.attributes = {
            "MultiProcessorCount": gpu.shim.multiprocessors,
            "MaxSharedMemoryPerBlockOptin": OPTIN,
        }

    @property
    def mem_info(self) -> tuple[int, int]:
        return self._gpu.memory - self._gpu.used, self._gpu.memory

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None: ...


class Function:
    def __init__(self, gpu: FakeGpu, name: str) -> None:
        self.ptr, self.most_shared = id(self), 48 * 1024
        self._gpu, self._name = gpu, name

    def __call__(
        self,
        grid: tuple[int, ...],
        block: tuple[int, ...],
        args: tuple[Any, ...],
        shared_mem: int = 0,
        stream: object = None,
        enable_cooperative_groups: bool = False,
    ) -> None:
        self._gpu.meet("launch")
        (given,) = args
        if not isinstance(given, np.ndarray) or given.size != 1:
            raise TypeError("Only numpy.ndarrays of size one can be passed by value.")
        if shared_mem > self.most_shared:
            raise CUDADriverError("CUDA_ERROR_INVALID_VALUE: invalid argument")
        self._gpu.together.append(enable_cooperative_groups)
        self._gpu.shim.launch(self._name, given, grid, block[0], shared_mem)


class Module:
    def __init__(self, gpu: FakeGpu) -> None:
        self._gpu = gpu

    def load(self, code: bytes) -> None:
        assert code.startswith(b"code of ")

    def get_function(self, mangled: str) -> Function:
        made = Function(self._gpu, mangled.removeprefix("mangled "))
        _FUNCTIONS[made.ptr] = made
        return made


_FUNCTIONS: weakref.WeakValueDictionary[int, Function] = weakref.WeakValueDictionary()


def _compile(gpu: FakeGpu, code: str, options: tuple[str, ...], filename: str, expressions: tuple[str, ...]):
    gpu.meet("compile")
    assert all(f" {expression.partition('<')[0]}(" in code for expression in expressions)
    gpu.compiled.append((filename, options))
    return b"code of " + filename.encode(), {name: f"mangled {name}" for name in expressions}


def _set_attribute(function: int, attribute: int, value: int) -> None:
    if value > OPTIN:
        raise CUDADriverError("CUDA_ERROR_INVALID_VALUE: invalid argument")
    _FUNCTIONS[function].most_shared = value


def module(gpu: FakeGpu) -> types.ModuleType:
    """Return what `import cupy` gives."""
    made = types.ModuleType("cupy")
    made.__spec__ = importlib.machinery.ModuleSpec("cupy", None)
    made.empty = lambda shape, dtype: Ndarray(gpu, shape, dtype)
    made.asnumpy = lambda array: (gpu.meet("asnumpy"), array.there.copy())[1]
    made.get_default_memory_pool = lambda: types.SimpleNamespace(free_bytes=lambda: 0)
    made.cuda = types.SimpleNamespace(
        Device=lambda: Device(gpu),
        Module=lambda: Module(gpu),
        get_current_stream=lambda: types.SimpleNamespace(synchronize=lambda: gpu.meet("synchronize")),
        runtime=types.SimpleNamespace(
            getDeviceProperties=lambda number: {"name": b"Fake GPU"}, getDevice=lambda: gpu.number
        ),
        memory=types.SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
        driver=types.SimpleNamespace(
            CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES=8, funcSetAttribute=_set_attribute
        ),
        compiler=types.SimpleNamespace(
            CompileException=CompileException,
            compile_using_nvrtc=lambda code, options, filename, name_expressions: _compile(
                gpu, code, options, filename, name_expressions
            ),
        ),
    )
    return made
