"""What a readout sees of the traces, on a GPU; defined in `numpy_reference.features`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from . import device as devices
from .packing import Arrays, instance, pack

__all__ = ["high_pass"]

Array = npt.NDArray[Any]


def high_pass(x: Array, gain: Array, memory: Array, rate: float, threads: int = 1) -> tuple[Array, Array]:
    """Remove the slow part of each signal and scale what is left.

    Parameters and returns are those of `numpy_reference.high_pass`.

    Examples
    --------
    See `neurogate.backends.numpy_reference.high_pass`.
    """
    device = devices.current()
    batch, bins, n = x.shape
    there = Arrays(device, {"x": x, "gain": gain, "memory": memory, "out": np.empty_like(x)})
    if x.size:
        given = pack(
            "samples.cuh", "Bins", {"neurons": n, "bins": bins, "rate": float(rate), **there.addresses()}
        )
        device.launch(instance("high_pass", x.dtype), given, (batch, -(-n // 128)), 128, 0)
    return there.fetch("out"), there.fetch("memory")
