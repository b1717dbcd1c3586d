"""CuPy itself, without a GPU: it has what the backend asks of it, and compiles our kernels as we say."""

from __future__ import annotations

import ctypes
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from neurogate.backends.cuda.packing import fields, instance, pack
from neurogate.backends.cuda.sources import OPTIONS, file_of, source
from tests.backends.cuda import fake_cupy, nvrtc
from tests.backends.cuda.cublas import Multiplier


@pytest.fixture(scope="session")
def cupy() -> ModuleType:
    return pytest.importorskip(
        "cupy",
        reason="CuPy is not installed; to get it: pip install 'neurogate[cuda]'.",
        exc_type=ImportError,
    )


def _missing(real: object, fake: object, place: str = "cupy") -> list[str]:
    """List what a fake offers and the real thing does not, with their places."""
    names = [name for name in vars(fake) if not name.startswith("_")]
    found = []
    for name in names:
        if not hasattr(real, name):
            found.append(f"{place}.{name}")
        elif isinstance(getattr(fake, name), SimpleNamespace | type):
            found += _missing(getattr(real, name), getattr(fake, name), f"{place}.{name}")
    return found


def test_cupy_has_what_the_fake_of_it_has(cupy: ModuleType) -> None:
    fake = fake_cupy.module(fake_cupy.FakeGpu(ctypes.CDLL(None)))
    assert _missing(cupy, fake) == []
    assert _missing(cupy.cuda.Module, fake_cupy.Module) == []
    assert _missing(cupy.ndarray, fake_cupy.Ndarray) == []
    assert _missing(cupy, Multiplier()._cupy) == []
    assert {"attributes", "id", "mem_info", "__enter__"} <= set(dir(cupy.cuda.Device))
    number = cupy.cuda.driver.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
    assert number == fake.cuda.driver.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
    for name in ("MultiProcessorCount", "MaxSharedMemoryPerBlockOptin"):
        assert hasattr(cupy.cuda.runtime, f"cudaDevAttr{name}")


def test_every_failure_of_cuda_is_a_runtime_error(cupy: ModuleType) -> None:
    cuda = cupy.cuda
    for error in (cuda.runtime.CUDARuntimeError, cuda.driver.CUDADriverError, cuda.nvrtc.NVRTCError,
                  cuda.cublas.CUBLASError):  # fmt: skip
        assert issubclass(error, RuntimeError)
    assert not issubclass(cuda.memory.OutOfMemoryError, RuntimeError)


def test_a_structure_is_passed_by_value_as_it_lies_in_memory(cupy: ModuleType) -> None:
    given = pack("run.cuh", "Run", dict.fromkeys(fields("run.cuh", "Run"), 1))
    assert given.size == 1
    assert given.dtype.itemsize == 8 * len(fields("run.cuh", "Run")) <= 4096
    assert cupy.cuda.function.CNumpyArray(given).ptr == given.ctypes.data


@pytest.mark.parametrize("kernel", ["reservoir_block", "high_pass"])
def test_cupy_compiles_one_kernel_with_our_options(
    kernel: str, cupy: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = cupy.cuda.compiler
    monkeypatch.setattr(compiler, "_get_arch_for_options_for_nvrtc", lambda arch: ("-arch=sm_90", "cubin"))
    given: list[str] = []
    compile_ = compiler._NVRTCProgram.compile
    monkeypatch.setattr(
        compiler._NVRTCProgram,
        "compile",
        lambda program, options, log: (given.extend(options), compile_(program, options, log))[1],
    )
    name = instance(kernel, np.float32)
    code, names = compiler.compile_using_nvrtc(
        source(file_of(name)), OPTIONS, filename=file_of(name), name_expressions=(name,)
    )
    assert code.startswith(b"\x7fELF")
    assert names[name].encode() in code
    assert set(given) == {*OPTIONS, *nvrtc.OF_CUPY, "-arch=sm_90"}
