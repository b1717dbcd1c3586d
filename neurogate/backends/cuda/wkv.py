"""The memory of RWKV-4 on a GPU; arrays are CuPy's and stay where they are.

The same functions as `numba_cpu.wkv`, in the number type of k. Exponentials are the GPU's own, so the last
bits may differ.
"""

from __future__ import annotations

from typing import Any

from . import device as devices
from .device import library
from .packing import fields, instance, pack, threads_for

__all__ = ["recurrent", "recurrent_backward"]

Array = Any
_MOST = 128  # threads of a block: more blocks fill more of the GPU


def recurrent(
    k: Array, v: Array, w: Array, u: Array, mean: Array, mass: Array
) -> tuple[Array, Array, Array, tuple[Array, Array]]:
    """Take the steps forward.

    Parameters and returns are those of `neurogate.attention.operators.wkv.recurrent`.

    Examples
    --------
    See `neurogate.backends.numba_cpu.wkv.recurrent`.
    """
    xp = library(k)
    given = {"k": k, "v": v, "w": w, "u": u}
    made = {name: xp.empty(k.shape, k.dtype) for name in ("y", "means", "masses")}
    after = {"mean": mean.astype(k.dtype, order="C"), "mass": mass.astype(k.dtype, order="C")}
    _launch("wkv_remember", given, made | after)
    return made["y"], made["means"], made["masses"], (after["mean"], after["mass"])


def recurrent_backward(
    dy: Array, k: Array, v: Array, w: Array, u: Array, means: Array, masses: Array
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Take the steps backward.

    Parameters and returns are those of `neurogate.attention.operators.wkv.recurrent_backward`.

    Examples
    --------
    See `neurogate.backends.numba_cpu.wkv.recurrent_backward`.
    """
    xp, one = library(k), (len(k), k.shape[2])
    given = {"dy": dy, "k": k, "v": v, "w": w, "u": u, "means": means, "masses": masses}
    made = {name: xp.empty(k.shape, k.dtype) for name in ("dk", "dv")}
    summed = {name: xp.zeros(one, k.dtype) for name in ("dw", "du", "mean", "mass")}
    _launch("wkv_remember_adjoint", given, made | summed)
    dw, du, dmean, dmass = summed.values()
    return made["dk"], made["dv"], dw.sum(axis=0), du.sum(axis=0), dmean, dmass


def _launch(kernel: str, given: dict[str, Array], made: dict[str, Array]) -> None:
    batch, steps, channels = given["k"].shape
    if not given["k"].size:
        return
    device, xp, dtype = devices.current(), library(given["k"]), given["k"].dtype
    arrays = {name: xp.ascontiguousarray(array, dtype) for name, array in given.items()} | made
    absent = dict.fromkeys(fields("wkv.cuh", "Wkv"), 0)
    shape = {"batch": batch, "steps": steps, "channels": channels}
    addresses = {name: device.address(array) for name, array in arrays.items()}
    threads = min(_MOST, threads_for(batch * channels))
    grid = (-(-batch * channels // threads), 1)
    packed = pack("wkv.cuh", "Wkv", absent | shape | addresses)
    device.launch(instance(kernel, dtype), packed, grid, threads, 0, wait=False)
