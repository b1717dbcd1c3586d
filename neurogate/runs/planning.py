"""How many runs go together, and how many batches at once, so that they fit into memory."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from neurogate.config.sharing import batches
from neurogate.config.sweep import Point
from neurogate.runs.room import require_room

__all__ = ["LARGEST_BATCH", "Plan", "plan"]

LARGEST_BATCH = 64
"""Runs in a batch, at most, if nothing else is asked for."""
_RULES_MB = 500.0
"""What the rules of a batch keep, at most, likewise; with more, runs slow each other down."""
_ON_GPU = (512, 4000.0)
"""The same for a GPU, whose processors work on a run each and on all at once."""


@attrs.frozen
class Plan:
    """In which batches runs are executed.

    Parameters
    ----------
    batches : tuple of tuple of int
        Places of the points of each batch.
    width : int
        Batches at once.
    each_mb : float
        Memory that a run takes while it is under way, at most.
    """

    batches: tuple[tuple[int, ...], ...]
    width: int
    each_mb: float


def plan(points: Sequence[Point], jobs: int, batch: int, limit_mb: float) -> Plan:
    """Cut points into batches of which as many as there are jobs, or else as fit into memory, go at once.

    Parameters
    ----------
    points : sequence of Point
        At least one.
    jobs : int
        Batches at once, at most.
    batch : int
        Runs in a batch, at most; 0 chooses.
    limit_mb : float
        Memory for all batches under way.

    Raises
    ------
    RequestError
        If it does not hold one of the runs.

    Examples
    --------
    >>> from neurogate.config.sweep import Sweep, points
    >>> found = plan(points(Sweep(seeds=5), {}), jobs=2, batch=0, limit_mb=1000.0)
    >>> found.batches, found.width
    (((0, 1, 2), (3, 4)), 2)
    """
    require_room(points, limit_mb)
    simulations = [point.simulation for point in points]
    each_mb = max(sum(point.memory_mb.values()) for point in points)
    rules_mb = max(point.memory_mb.get("rules", 0.0) for point in points)
    fitting = int(limit_mb / each_mb)
    width = min(jobs, fitting)
    on_gpu = any(simulation.run.backend == "cuda" for simulation in simulations)
    largest, largest_mb = _ON_GPU if on_gpu else (LARGEST_BATCH, _RULES_MB)
    quickest = min(largest, max(1, int(largest_mb / max(rules_mb, 1.0))))
    most = min(batch or quickest, fitting // width)
    rounds = -(-len(points) // (most * width))
    cut = batches(simulations, most, 1 if batch else width * rounds)
    return Plan(tuple(map(tuple, cut)), width, each_mb)
