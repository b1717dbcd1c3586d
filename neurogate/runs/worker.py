"""What a worker of a sweep does with one batch, whatever goes wrong in it."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path

import attrs

from neurogate import config
from neurogate.config.hashing import Known
from neurogate.errors import NeurogateError, Outcome
from neurogate.runs.pool import driver_is_gone
from neurogate.runs.together import Ended, run_together

__all__ = ["Task", "work"]


@attrs.frozen
class Task:
    """A batch as it is sent to a worker.

    Parameters
    ----------
    simulations : mapping of str to Simulation or WaveformSimulation
        By their content hashes; they can share a session.
    out : pathlib.Path
        The folder that holds run folders, which the worker sees too.
    stop_file : pathlib.Path
        The worker stops when it is there.
    timeout_s, checkpoint_every_s : float
        As for `neurogate.runs.together.run_together`.
    """

    simulations: Mapping[str, config.AnySimulation]
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
        return [Ended(name, Outcome.CANCELLED) for name in task.simulations]
    ended = [Ended(name, Outcome.FAILED, 0.0, why) for name, why in _changed(task).items()]
    known = {one.hash for one in ended}
    left = {name: one for name, one in task.simulations.items() if name not in known}
    try:
        with driver_is_gone() as gone:
            runs = run_together(
                list(left.values()),
                task.out,
                stop=lambda: gone() or task.stop_file.exists(),
                timeout_s=task.timeout_s,
                checkpoint_every_s=task.checkpoint_every_s,
            )
            for one in runs:
                ended.append(one)  # noqa: PERF402  what has ended before an error counts
    except Exception as error:  # noqa: BLE001
        known = {one.hash for one in ended}
        left = {name: one for name, one in left.items() if name not in known}
        if len(left) == 1:
            return [*ended, _failed(next(iter(left)), error)]
        for name, other in left.items():
            ended += work(attrs.evolve(task, simulations={name: other}))
    return ended


def _changed(task: Task) -> dict[str, str]:
    """Say of which simulations a file that they name is no longer what it was when the sweep began."""
    changed, known = {}, Known()
    for name, simulation in task.simulations.items():
        try:
            if config.content_hash(simulation, known) != name:
                changed[name] = "A file that it names has changed since the sweep began; begin it anew."
        except NeurogateError as error:
            changed[name] = str(error)
    return changed


def _failed(name: str, error: Exception) -> Ended:
    message = str(error) if isinstance(error, NeurogateError) else f"{type(error).__name__}: {error}"
    return Ended(name, Outcome.FAILED, 0.0, message, traceback.format_exc())
