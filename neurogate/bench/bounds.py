r"""What this machine could do at best, and how long the work of a workload takes then.

Two ceilings are measured, for working sets that fit the first and the second cache, that take 8 MB, and that
fit no cache: the bandwidth, and the multiply-adds per second of one core. The bandwidth is the larger of that
of the triad a = b + s c and that of a = s a: beyond the first cache a triad must fetch lines of a, which it
does not count, and so what works in place moves more. The bound of a workload is the larger of

.. math:: F / \text{flop rate}, \qquad \sum_i B_i / \text{bandwidth}(W_i)

with F its floating-point operations, and B the bytes that it moves in working sets of size W.

Work for each neuron and step (x is the size of a number): workloads a, b, e 27 flops and 14 x bytes (six
arrays read and written, two read); c 24 flops and 10 x bytes, and 30 operations for its normal number
(a share of ten rounds of a counter-based generator, and the map to a normal); d 14 flops and 10 x bytes.
Work for each synapse that is used: weight and target read, the sum read and written, 3 x + 4 bytes and one
flop (2 x + x bytes and one flop if weights are dense). Work for each update of least squares, on a triangle
that is read and written once, the downdate of the one before waiting for it: 3 :math:`N^2` flops, and
:math:`N^2` x bytes in a working set of :math:`N^2 x / 2` bytes. Replicas are shared out to the threads.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from .workloads import CONNECTED, PER_NEURON, UPDATE_EVERY, Workload

__all__ = ["Ceilings", "Work", "bound_seconds", "ceilings", "half_of_l2", "work"]

_L1, _LARGE, _MEMORY = 24_000, 8_000_000, 128_000_000
"""Bytes that a measurement works on; half of the second cache comes between."""
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_UNITS = {"K": 1024, "M": 1024**2}
_CHAIN = 8
"""Multiply-adds that follow each other: few enough that several chains are under way at once."""


@attrs.frozen
class Ceilings:
    """What one core of this machine can do.

    Parameters
    ----------
    bytes_per_second : mapping of int to float
        Bandwidth for working sets of up to so many bytes.
    flops_per_second : mapping of str to float
        By number type.
    """

    bytes_per_second: Mapping[int, float]
    flops_per_second: Mapping[str, float]

    def bandwidth(self, held: float) -> float:
        """Return the bandwidth for a working set of so many bytes."""
        fitting = [size for size in self.bytes_per_second if held <= 2 * size]
        return self.bytes_per_second[min(fitting, default=max(self.bytes_per_second))]


@attrs.frozen
class Work:
    """What a run has to do: flops, and bytes moved in working sets of so many bytes."""

    flops: float
    traffic: tuple[tuple[float, float], ...]


def work(workload: Workload, dtype: str) -> Work:
    """Return the work of one run, by the formulas above.

    Parameters
    ----------
    workload : Workload
    dtype : str

    Examples
    --------
    >>> from neurogate.bench.workloads import WORKLOADS
    >>> done = work(WORKLOADS["a1000"], "float32")
    >>> round(done.flops / 1e9, 2), done.traffic[0]
    (0.68, (1400000000.0, 32000))
    """
    x, n = np.dtype(dtype).itemsize, workload.n
    moved = float(n) * workload.steps * workload.replicas
    spikes = workload.rate_hz * workload.seconds * n * workload.replicas
    flops, words, reach, each = {
        "force": (27, 14, CONNECTED * n, 3 * x + 4),
        "pulse": (24 + 30, 10, n, 3 * x),
        "scattered": (14, 10, PER_NEURON, 3 * x + 4),
    }[workload.kind]
    stored = n * reach * (each - 2 * x)
    traffic = [(words * x * moved, 8 * n * x), (spikes * reach * each, stored)]
    total = flops * moved + spikes * reach
    if workload.learning:
        updates = workload.steps / UPDATE_EVERY
        traffic.append((n * n * x * updates, n * n * x / 2))
        total += 3 * n * n * updates
    return Work(total, tuple(traffic))


def bound_seconds(workload: Workload, dtype: str, limits: Ceilings) -> float:
    """Return the least seconds that one run could take on this machine.

    Parameters
    ----------
    workload : Workload
    dtype : str
    limits : Ceilings

    Examples
    --------
    >>> from neurogate.bench.workloads import WORKLOADS
    >>> limits = Ceilings({32_000: 250e9, 10**9: 20e9}, {"float32": 83e9})
    >>> round(bound_seconds(WORKLOADS["a1000"], "float32", limits), 4)
    0.0081
    """
    done = work(workload, dtype)
    moving = sum(moved / limits.bandwidth(held) for moved, held in done.traffic)
    cores = min(workload.threads, workload.replicas, os.cpu_count() or 1)
    return max(done.flops / limits.flops_per_second[dtype], moving) / cores


def ceilings(seconds: float = 0.2) -> Ceilings:
    """Measure this machine.

    Parameters
    ----------
    seconds : float
        Time for each of the ten measurements.
    """
    triad, in_place, chain = _compiled()
    moved, rates = {}, {}
    for size in (_L1, half_of_l2(), _LARGE, _MEMORY):
        turns = max(1, 4_000_000 // size)
        arrays, whole = [_aligned(size // 24) for _ in range(3)], _aligned(size // 8)
        spent = _best(functools.partial(triad, *arrays, turns), seconds)
        alone = _best(functools.partial(in_place, whole, turns), seconds)
        moved[size] = turns * max(24 * len(arrays[0]) / spent, 16 * len(whole) / alone)
    for dtype in ("float32", "float64"):
        x = np.full(2048, 0.5, dtype)
        spent = _best(functools.partial(chain, x, x.dtype.type(0.5), x.dtype.type(0.25), 50), seconds)
        rates[dtype] = 2.0 * _CHAIN * len(x) * 50 / spent
    return Ceilings(moved, rates)


def half_of_l2(folder: Path = _CACHES) -> int:
    """Return half of the bytes of a core's second cache; half of 512 KiB where the system does not tell.

    Parameters
    ----------
    folder : Path
        Where Linux describes the caches of a core.

    Examples
    --------
    >>> half_of_l2(Path("nowhere"))
    262144
    """
    for cache in sorted(folder.glob("index*")):
        level, kind, size = (_text(cache / name) for name in ("level", "type", "size"))
        if level == "2" and kind != "Instruction" and size[:-1].isdigit() and size[-1] in _UNITS:
            return int(size[:-1]) * _UNITS[size[-1]] // 2
    return 256 * _UNITS["K"]


def _text(path: Path) -> str:
    """Return what a file of the system says; a dash if there is none or it is empty."""
    try:
        return path.read_text("ascii").strip() or "-"
    except (OSError, ValueError):
        return "-"


def _aligned(count: int) -> Any:
    """Return zeros that begin where a page of memory does, as the fastest loads want it."""
    buffer = np.zeros(count + 512)
    return buffer[(-buffer.ctypes.data % 4096) // 8 :][:count]


def _best(work: Callable[[], object], seconds: float) -> float:
    """Return the shortest time of a call, tried for so many seconds after a first call."""
    work()
    best, began = float("inf"), time.perf_counter()
    while time.perf_counter() - began < seconds:
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def _compiled() -> tuple[Any, Any, Any]:
    import numba

    @numba.njit
    def triad(a: Any, b: Any, c: Any, turns: int) -> None:
        for turn in range(turns):
            scale = 1.0 + turn
            for i in range(a.shape[0]):
                a[i] = b[i] + scale * c[i]

    @numba.njit
    def in_place(a: Any, turns: int) -> None:
        for turn in range(turns):
            scale = 1.0 + turn
            for i in range(a.shape[0]):
                a[i] = scale * a[i]

    @numba.njit(fastmath={"contract"})
    def chain(x: Any, scale: Any, shift: Any, turns: int) -> None:
        for _ in range(turns):
            for i in range(x.shape[0]):
                y = x[i]
                for _ in range(_CHAIN):
                    y = y * scale + shift
                x[i] = y

    return triad, in_place, chain
