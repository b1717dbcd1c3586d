"""How long a sweep will take, by short runs in the very workers that would execute it.

All of them measure at once, since processes that share a machine slow each other down.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import fmean

from neurogate.config import AnySimulation
from neurogate.errors import RunError
from neurogate.runs.pool import WORKER_DIED, Workers
from neurogate.runs.probe import seconds_per_run, warm

__all__ = ["expected_seconds"]

_MEASURING = 8


def expected_seconds(
    simulations: Sequence[AnySimulation], runs: int, width: int, scheduler: str = ""
) -> float:
    """Return the time from the start of the workers to the end of the report.

    Parameters
    ----------
    simulations : sequence of Simulation or WaveformSimulation
        A batch of the runs.
    runs : int
        How many there are in all.
    width : int
        Batches at once.
    scheduler : str
        Address of a Dask scheduler; empty for processes of this machine.

    Raises
    ------
    RequestError
        If the scheduler does not answer, something cannot be drawn, or the backend cannot run.
    RunError
        If a worker dies, or the memory is used up.
    """
    try:
        return _expected_seconds(simulations, runs, width, scheduler)
    except WORKER_DIED:
        raise RunError(
            "A worker died while it measured how long a run takes; it was killed, or needs more memory than "
            "there is. Fewer --jobs need less; without --dry-run a worker that dies is replaced."
        ) from None
    except MemoryError as error:
        raise RunError(
            f"The memory was used up while it was measured how long a run takes ({error}). Fewer --jobs or a "
            "smaller --batch need less, and so do fewer neurons or replicas."
        ) from error


def _expected_seconds(simulations: Sequence[AnySimulation], runs: int, width: int, scheduler: str) -> float:
    began = time.perf_counter()
    with Workers(scheduler) as workers:
        executor = workers.ready(simulations[0], width)
        executor.submit(warm, simulations[0]).result()
        start_s = time.perf_counter() - began
        measuring = [executor.submit(seconds_per_run, simulations) for _ in range(min(width, _MEASURING))]
        each_s = fmean(future.result() for future in measuring)
    # The report loads libraries too, and takes about as long as a start.
    return 2 * start_s + each_s * runs / width
