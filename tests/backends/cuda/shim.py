"""The kernels on a CPU: built by g++ with `host_shim.hpp`, behind the interface of a device."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from neurogate.backends.cuda import sources

HERE = Path(__file__).parent
FLAGS = ["-x", "c++", "-std=c++17", "-O1", "-ffp-contract=off", "-U_FORTIFY_SOURCE", "-fPIC", "-shared"]
FLAGS += ["-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas"]


def build(compiler: str, folder: Path) -> ctypes.CDLL:
    """Compile every kernel into a shared object."""
    built = folder / "kernels.so"
    places = [f"-I{sources.folder()}", f"-I{HERE}", str(HERE / "host_shim.cpp"), "-o", str(built)]
    subprocess.run([compiler, *FLAGS, *places], check=True)
    return ctypes.CDLL(str(built))


class Shim:
    """A device whose memory is the host's, with few processors and small blocks."""

    def __init__(
        self,
        library: ctypes.CDLL,
        shared_bytes: int = 100_000,
        most_threads: int = 64,
        backwards: bool = False,
    ) -> None:
        self.multiprocessors = 3
        self.shared_bytes = shared_bytes
        self.launched: list[str] = []
        self._library, self._most, self.backwards = library, most_threads, backwards

    def upload(self, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {key: array.copy() if array.size else np.zeros(8, np.uint8) for key, array in arrays.items()}

    def download(self, array: np.ndarray) -> np.ndarray:
        return array.copy()

    def address(self, array: np.ndarray) -> int:
        return int(array.ctypes.data)

    def launch(
        self,
        kernel: str,
        given: np.ndarray,
        grid: tuple[int, int],
        threads: int,
        shared: int,
        *,
        wait: bool = True,
    ) -> None:
        assert shared <= self.shared_bytes
        self.launched.append(kernel)
        together = kernel.startswith("reservoir_grid")
        ctypes.c_int.in_dll(self._library, "backwards").value = self.backwards
        run = getattr(self._library, kernel.replace("<", "_").rstrip(">"))
        run(ctypes.c_void_p(given.ctypes.data), *grid, min(threads, self._most), shared, int(together))
