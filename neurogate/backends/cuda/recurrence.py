"""The loops of linear attention on a GPU; arrays are CuPy's and stay where they are.

The same functions as `numba_cpu.recurrence`, with the same bits, in the number type of the values.
"""

from __future__ import annotations

from typing import Any

from . import device as devices
from .device import library
from .packing import instance, pack, threads_for

__all__ = ["correct", "correct_adjoint", "scan"]

Array = Any
_MOST = 128  # threads of a block: a head has few columns, and more blocks fill more of the GPU


def scan(
    read: Array, write: Array, value: Array, decay: Array, state: Array, *, columns: bool = False,
    adjoint: bool = False,
) -> tuple[Array, Array]:  # fmt: skip
    """Go through time, and read the state at each step.

    Parameters and returns are those of `numba_cpu.recurrence.scan`.

    Examples
    --------
    See `neurogate.backends.numba_cpu.recurrence.scan`.
    """
    arrays = _ready(read=read, write=write, value=value, decay=decay)
    after, out = state.astype(value.dtype, order="C"), _like(value)
    numbers = {"decays": decay.shape[-1], "by_columns": int(columns), "adjoint": int(adjoint)}
    _launch("recurrence_scan", arrays | {"state": after, "out": out}, numbers)
    return out, after


def correct(
    q: Array, k: Array, v: Array, beta: Array, decay: Array, state: Array
) -> tuple[Array, Array, Array]:
    """Correct what the state holds under each key, and read it.

    Parameters and returns are those of `numba_cpu.recurrence.correct`.

    Examples
    --------
    See `neurogate.backends.numba_cpu.recurrence.correct`.
    """
    arrays = _ready(read=q, write=k, value=v, share=beta, decay=decay)
    after, out, error = state.astype(v.dtype, order="C"), _like(v), _like(v)
    _launch("recurrence_correct", arrays | {"state": after, "out": out, "error": error}, {})
    return out, error, after


def correct_adjoint(
    q: Array, k: Array, do: Array, beta: Array, decay: Array, state: Array
) -> tuple[Array, Array]:
    """Go through the gradients of the states of `correct`, from the last step to the first.

    Parameters and returns are those of `numba_cpu.recurrence.correct_adjoint`.

    Examples
    --------
    See `neurogate.backends.numba_cpu.recurrence.correct_adjoint`.
    """
    arrays = _ready(read=q, write=k, value=do, share=beta, decay=decay)
    after, out = state.astype(do.dtype, order="C"), _like(do)
    _launch("recurrence_correct_adjoint", arrays | {"state": after, "out": out}, {})
    return out, after


def _ready(**arrays: Array) -> dict[str, Array]:
    xp, dtype = library(arrays["value"]), arrays["value"].dtype
    return {name: xp.ascontiguousarray(array, dtype) for name, array in arrays.items()}


def _like(array: Array) -> Array:
    return library(array).empty(array.shape, array.dtype)


def _launch(kernel: str, arrays: dict[str, Array], numbers: dict[str, int]) -> None:
    batch, steps, heads, columns = arrays["value"].shape
    rows = arrays["state"].shape[2]
    if not arrays["out"].size:
        return
    device = devices.current()
    shape = {"steps": steps, "heads": heads, "rows": rows, "columns": columns}
    absent = {"decays": 1, "by_columns": 0, "adjoint": 0, "share": 0, "error": 0}
    addresses = {name: device.address(array) for name, array in arrays.items()}
    given = pack("recurrence.cuh", "Recurrence", absent | shape | numbers | addresses)
    threads = min(_MOST, threads_for(columns))
    grid = (batch * heads, -(-columns // threads))
    device.launch(instance(kernel, arrays["value"].dtype), given, grid, threads, 0, wait=False)
