"""Every kernel compiles without a GPU and without a warning, and what it keeps fits into registers."""

from __future__ import annotations

import ctypes
import json

import pytest

from neurogate.backends.cuda import sources
from neurogate.backends.cuda.packing import MOST_THREADS, instance
from tests.backends.cuda import nvrtc

NAMES = {
    "reservoir.cu": {"reservoir_block", "reservoir_grid"},
    "samples.cu": {"readout", "normalised_delta", "least_squares", "high_pass"},
    "recurrence.cu": {"recurrence_scan", "recurrence_correct", "recurrence_correct_adjoint"},
    "wkv.cu": {"wkv_remember", "wkv_remember_adjoint"},
    "rows.cu": {
        "rows_softmax",
        "rows_softmax_adjoint",
        "rows_norm",
        "rows_norm_adjoint",
        "rows_heads",
        "rows_windows",
    },
}
EXPONENTIAL = {"wkv.cu", "rows.cu"}  # these call exp, which is made of fused multiplications on a GPU
REGISTERS = 65536  # of a multiprocessor


@pytest.fixture(scope="session")
def compiler() -> ctypes.CDLL:
    found = nvrtc.library()
    if found is None:
        pytest.skip(
            "There is no libnvrtc to compile the kernels with; to get one: pip install nvidia-cuda-nvrtc."
        )
    return found


@pytest.mark.parametrize("architecture", nvrtc.ARCHITECTURES)
@pytest.mark.parametrize("name", nvrtc.FILES)
def test_kernels_compile_and_fit(name: str, architecture: str, compiler: ctypes.CDLL) -> None:
    code, log = nvrtc.compile_cuda(compiler, name, architecture)
    found = nvrtc.usage(log)
    assert code.startswith(b"\x7fELF")
    assert set(found) == {instance(kernel, dtype) for kernel in NAMES[name] for dtype in nvrtc.TYPES}
    for kernel, usage in found.items():
        stored = _as_stored(kernel, architecture, compiler, usage)
        assert (kernel, usage) == (kernel, stored), (
            "To write the table anew: python -m tests.backends.cuda.nvrtc"
        )
        assert usage.registers * (256 if "grid" in kernel else MOST_THREADS) <= REGISTERS
        assert (kernel, usage.spilled_bytes) == (kernel, 0)


def _as_stored(kernel: str, architecture: str, compiler: ctypes.CDLL, found: nvrtc.Usage) -> nvrtc.Usage:
    """Return what the table of results says; another compiler than that which wrote it may find otherwise."""
    stored = json.loads(nvrtc.TABLE.read_text("utf-8"))
    if stored["nvrtc"] != nvrtc.version(compiler):
        return found
    return nvrtc.Usage(**stored["kernels"][kernel][architecture])


@pytest.mark.parametrize("name", [name for name in nvrtc.FILES if name not in EXPONENTIAL])
def test_arithmetic_is_that_of_a_cpu(name: str, compiler: ctypes.CDLL) -> None:
    text = nvrtc.compile_cuda(compiler, name, "compute_90")[0].decode()
    assert "mul.f32" in text or "mul.rn.f32" in text
    assert [name for name in (".ftz", "fma.", ".approx", ".full.") if name in text] == []


def test_what_blocks_tell_each_other_is_not_read_through_the_cache_of_constants(
    compiler: ctypes.CDLL,
) -> None:
    text = nvrtc.compile_cuda(compiler, "reservoir.cu", "compute_90")[0].decode()
    assert "ld.global.nc" not in text


def test_a_kernel_with_a_warning_is_refused(compiler: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvrtc, "source", lambda name: "__global__ void f() { int unused; }")
    with pytest.raises(AssertionError, match="never referenced"):
        nvrtc.compile_cuda(compiler, "wrong.cu", "sm_90")


def test_no_body_calls_cuda() -> None:
    allowed = {"team.cuh", *nvrtc.FILES}
    calls = ("threadIdx", "blockIdx", "blockDim", "gridDim", "__sync", "atomic", "__threadfence")
    for path in sources.folder().glob("*.cu*"):
        if path.name not in allowed:
            assert not [call for call in calls if call in path.read_text("utf-8")], path.name


def test_no_floating_point_atomics() -> None:
    text = (sources.folder() / "team.cuh").read_text("utf-8")
    assert [line.count("atomicAdd(arrived, ") for line in text.splitlines() if "atomicAdd" in line] == [1, 1]
