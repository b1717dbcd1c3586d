"""What a worker of a sweep does with one batch, whatever goes wrong in it."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path

import attrs

from neurogate import config
from neurogate.errors import NeurogateError, Outcome
from neurogate.runs.pool import driver_is_gone
from neurogate.runs.together import Ended, run_together

__all__ = ["Task", "work"]


@attrs.frozen
class Task:
    """A batch as it is sent to a worker.

    Parameters
    ----------
    simulations : sequence of Simulation or WaveformSimulation
        That can share a session.
    out : pathlib.Path
        The folder that holds run folders, which the worker sees too.
    stop_file : pathlib.Path
        The worker stops when it is there.
    timeout_s, checkpoint_every_s : float
        As for `neurogate.runs.together.run_together`.
    """

    simulations: Sequence[config.AnySimulation]
    out: Path
    stop_file: Path
    timeout_s: float
    checkpoint_every_s: float


def work(task: Task) -> list[Ended]:
    """Run a batch and say how each run ended; what breaks a batch is looked for run by run.

    Parameters
    ----------
    task : Task
    """
    if task.stop_file.exists():
        return [Ended(config.content_hash(one), Outcome.CANCELLED) for one in task.simulations]
    ended: list[Ended] = []
    try:
        with driver_is_gone() as gone:
            runs = run_together(
                task.simulations,
                task.out,
                stop=lambda: gone() or task.stop_file.exists(),
                timeout_s=task.timeout_s,
                checkpoint_every_s=task.checkpoint_every_s,
            )
            for one in runs:
                ended.append(one)  # noqa: PERF402  what has ended before an error counts
    except Exception as error:  # noqa: BLE001
        known = {one.hash for one in ended}
        left = [one for one in task.simulations if config.content_hash(one) not in known]
        if len(left) == 1:
            return [*ended, _failed(left[0], error)]
        for other in left:
            ended += work(attrs.evolve(task, simulations=[other]))
    return ended


def _failed(simulation: config.AnySimulation, error: Exception) -> Ended:
    message = str(error) if isinstance(error, NeurogateError) else f"{type(error).__name__}: {error}"
    return Ended(config.content_hash(simulation), Outcome.FAILED, 0.0, message, traceback.format_exc())
