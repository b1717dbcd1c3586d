"""The CUDA compiler as a library, through ctypes: no GPU needed.

``python -m tests.backends.cuda.nvrtc`` writes what each kernel takes to
``benchmarks/results/cuda_kernels.json``.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

from neurogate.backends.cuda.packing import instance
from neurogate.backends.cuda.sources import OPTIONS, source

FILES = ("reservoir.cu", "samples.cu", "recurrence.cu", "wkv.cu", "rows.cu")
TYPES = ("float32", "float64")

__all__ = [
    "ARCHITECTURES", "FILES", "OF_CUPY", "TABLE", "TYPES", "Usage", "compile_cuda", "library", "usage",
    "version",
]  # fmt: skip
TABLE = Path(__file__).parents[3] / "benchmarks" / "results" / "cuda_kernels.json"

ARCHITECTURES = ("sm_75", "sm_80", "sm_90")
STRICT = ("-Werror", "all-warnings", "--ptxas-options=-v")
OF_CUPY = ("--device-as-default-execution-space",)  # what CuPy adds to our options
_KERNEL = re.compile(r"^__global__ void __launch_bounds__\([^)]*\) (\w+)\(", re.MULTILINE)
_ENTRY = re.compile(
    r"Compiling entry function '([^']+)'.*?(\d+) bytes stack frame, (\d+) bytes spill stores, "
    r"(\d+) bytes spill loads.*?Used (\d+) registers",
    re.DOTALL,
)


class Usage(NamedTuple):
    """What a kernel takes of a multiprocessor."""

    registers: int
    stack_bytes: int
    spilled_bytes: int


def library() -> ctypes.CDLL | None:
    """Load libnvrtc from the package of NVIDIA, or return None."""
    spec = importlib.util.find_spec("nvidia")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for path in sorted(Path(folder).glob("*/lib/libnvrtc.so.*[0-9]")):
            return ctypes.CDLL(str(path))
    return None


def compile_cuda(nvrtc: ctypes.CDLL, name: str, architecture: str) -> tuple[bytes, str]:
    """Return the code of one file of kernels, in both types of numbers, and what the compiler said.

    The code is the machine's for ``sm_90``, and assembly for ``compute_90``.
    """
    program = ctypes.c_void_p()
    text = source(name)
    assert not nvrtc.nvrtcCreateProgram(ctypes.byref(program), text.encode(), name.encode(), 0, None, None)
    kernels = [instance(kernel, dtype) for kernel in _KERNEL.findall(text) for dtype in TYPES]
    for kernel in kernels:
        assert not nvrtc.nvrtcAddNameExpression(program, kernel.encode())
    options = [option.encode() for option in (f"-arch={architecture}", *OPTIONS, *OF_CUPY, *STRICT)]
    failed = nvrtc.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*options))
    log = _fetch(nvrtc, program, "ProgramLog").decode()
    assert not failed, log
    for kernel in kernels:
        mangled = ctypes.c_char_p()
        assert not nvrtc.nvrtcGetLoweredName(program, kernel.encode(), ctypes.byref(mangled))
        log = log.replace(f"'{mangled.value.decode()}'", f"'{kernel}'")
    return _fetch(nvrtc, program, "PTX" if architecture.startswith("compute") else "CUBIN"), log


def _fetch(nvrtc: ctypes.CDLL, program: ctypes.c_void_p, what: str) -> bytes:
    size = ctypes.c_size_t()
    assert not getattr(nvrtc, f"nvrtcGet{what}Size")(program, ctypes.byref(size))
    text = ctypes.create_string_buffer(size.value)
    assert not getattr(nvrtc, f"nvrtcGet{what}")(program, text)
    return text.raw


def usage(log: str) -> dict[str, Usage]:
    """Return what each kernel takes, from what the compiler said."""
    return {
        name: Usage(int(registers), int(stack), int(stores) + int(loads))
        for name, stack, stores, loads, registers in _ENTRY.findall(log)
    }


def version(nvrtc: ctypes.CDLL) -> str:
    """Return the compiler's version, such as 13.5."""
    major, minor = ctypes.c_int(), ctypes.c_int()
    nvrtc.nvrtcVersion(ctypes.byref(major), ctypes.byref(minor))
    return f"{major.value}.{minor.value}"


def _table(nvrtc: ctypes.CDLL) -> dict[str, object]:
    kernels: dict[str, dict[str, dict[str, int]]] = {}
    for architecture in ARCHITECTURES:
        for name in FILES:
            for kernel, found in usage(compile_cuda(nvrtc, name, architecture)[1]).items():
                kernels.setdefault(kernel, {})[architecture] = found._asdict()
    return {"nvrtc": version(nvrtc), "options": OPTIONS, "kernels": dict(sorted(kernels.items()))}


def main() -> None:
    """Write the table, or say why not."""
    nvrtc = library()
    if nvrtc is None:
        sys.exit("There is no libnvrtc here; to get one: pip install nvidia-cuda-nvrtc.")
    TABLE.write_text(json.dumps(_table(nvrtc), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
