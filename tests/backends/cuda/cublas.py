"""Products as cuBLAS does them, of what lies at addresses of this machine, and a GPU that only multiplies.

What each call takes is that of CuPy 14.2 (`cublas.pyx`), and what it means that of the manual of cuBLAS:
matrices are stored column by column.
"""

from __future__ import annotations

import ctypes
import types
from typing import Any

import numpy as np

from neurogate.backends.cuda.device import Gpu

HANDLE = 7


def _stored(address: int, dtype: str, rows: int, columns: int, following: int) -> np.ndarray:
    """Return what lies there, (rows, columns), column by column."""
    assert following >= max(rows, 1), "cuBLAS refuses this"
    size = np.dtype(dtype).itemsize
    memory = (ctypes.c_char * (((columns - 1) * following + rows) * size)).from_address(address)
    return np.lib.stride_tricks.as_strided(
        np.frombuffer(memory, dtype), (rows, columns), (size, following * size)
    )


def _multiply(
    dtype: str, handle: int, a_turned: int, b_turned: int, m: int, n: int, k: int,
    alpha: int, a: int, a_next: int, b: int, b_next: int, beta: int, c: int, c_next: int,
) -> None:  # fmt: skip
    assert handle == HANDLE
    assert (_stored(alpha, dtype, 1, 1, 1), _stored(beta, dtype, 1, 1, 1)) == (1, 0)
    left = _stored(a, dtype, k, m, a_next).T if a_turned else _stored(a, dtype, m, k, a_next)
    right = _stored(b, dtype, n, k, b_next).T if b_turned else _stored(b, dtype, k, n, b_next)
    _stored(c, dtype, m, n, c_next)[...] = left @ right


def _many(
    dtype: str, handle: int, a_turned: int, b_turned: int, m: int, n: int, k: int,
    alpha: int, a: int, a_next: int, a_apart: int, b: int, b_next: int, b_apart: int,
    beta: int, c: int, c_next: int, c_apart: int, count: int,
) -> None:  # fmt: skip
    size = np.dtype(dtype).itemsize
    for i in range(count):
        here = [at + i * apart * size for at, apart in ((a, a_apart), (b, b_apart), (c, c_apart))]
        given = alpha, here[0], a_next, here[1], b_next, beta, here[2], c_next
        _multiply(dtype, handle, a_turned, b_turned, m, n, k, *given)


class Multiplier(Gpu):
    """A GPU that multiplies, where the host's memory is its own."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        functions = {
            "sgemm": (_multiply, "f"), "dgemm": (_multiply, "d"),
            "sgemmStridedBatched": (_many, "f"), "dgemmStridedBatched": (_many, "d"),
        }  # fmt: skip
        made = {name: self._noted(name, *each) for name, each in functions.items()}
        cuda = types.SimpleNamespace(cublas=types.SimpleNamespace(**made), get_cublas_handle=lambda: HANDLE)
        self._cupy = types.SimpleNamespace(cuda=cuda)

    def _noted(self, name: str, function: Any, dtype: str) -> Any:
        def noted(*given: int) -> None:
            self.asked.append(name)
            function(dtype, *given)

        return noted

    def address(self, array: Any) -> int:
        """Return where an array of NumPy, or one that the stand-in for CuPy holds, begins."""
        return int(getattr(array, "inner", array).ctypes.data)
