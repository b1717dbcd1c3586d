"""How cost grows: with neurons, with synapses of each neuron, with replicas, with simulated time.

Each series changes one number of the 4-parameter network of workload d and keeps the rest, the sum of the
weights of a neuron included. The slope of log time against log size is 1 where cost grows in proportion.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np

from ..network.assemble import assemble
from ..network.recording import Recording
from .engine import scattered_parts

__all__ = ["SERIES", "Point", "scale", "slope"]


@attrs.frozen
class Point:
    """One network of a series."""

    n: int = 1000  # neurons
    per_neuron: int = 100  # synapses from each
    replicas: int = 1  # copies of the network
    steps: int = 2000  # of 0.1 ms


SERIES = {
    "neurons": ("n", (1000, 2000, 4000, 8000, 16_000)),
    "synapses_per_neuron": ("per_neuron", (50, 100, 200, 400, 800)),
    "replicas": ("replicas", (1, 4, 16, 64)),
    "steps": ("steps", (2000, 4000, 8000, 16_000)),
}
"""What changes, and to which values."""


def slope(sizes: Any, seconds: Any) -> float:
    """Return the slope of log seconds against log size, by least squares.

    Parameters
    ----------
    sizes, seconds : sequence of float

    Examples
    --------
    >>> round(slope([1, 2, 4], [3.0, 6.0, 12.0]), 6)
    1.0
    """
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def scale(
    dtype: str, backend: str, repeat: int, tell: Callable[[str], object], base: Point | None = None
) -> list[dict[str, Any]]:
    """Measure every series in this process; one row for each point, with the slope of its series.

    Parameters
    ----------
    dtype, backend : str
    repeat : int
        Runs of each point; they are interleaved, and the median counts.
    tell : callable
        Is told how far it is.
    base : Point, optional
        What does not change; a small one makes a short test.
    """
    base = base or Point()
    unit = Point()
    rows = []
    for name, (field, values) in SERIES.items():
        tell(f"scale {name}: {len(values)} sizes, {dtype}")
        sizes = [max(1, value * getattr(base, field) // getattr(unit, field)) for value in values]
        runs = [_run(attrs.evolve(base, **{field: size}), dtype, backend) for size in sizes]
        times: list[list[float]] = [[] for _ in runs]
        for turn in range(repeat + 1):
            for run, spent in zip(runs, times, strict=True):
                seconds = run()
                spent += [seconds] if turn else []
        medians = [statistics.median(spent) for spent in times]
        steepness = slope(sizes, medians)
        rows += [
            {"workload": f"scale {name}", "backend": backend, "dtype": dtype, "size": size,
             "seconds": median, "slope": steepness, "runs": repeat}
            for size, median in zip(sizes, medians, strict=True)
        ]  # fmt: skip
    return rows


def _run(point: Point, dtype: str, backend: str) -> Callable[[], float]:
    reservoir, start = assemble(
        **scattered_parts(point.n, point.per_neuron),
        seeds=range(point.replicas), dt_ms=0.1, dtype=dtype, backend=backend,
    )  # fmt: skip
    inputs = np.zeros((point.replicas, point.steps, 0), dtype)
    record = [Recording(variable="spikes", stride=point.steps)]

    def once() -> float:
        began = time.perf_counter()
        reservoir.run(start, inputs, record)
        return time.perf_counter() - began

    return once
