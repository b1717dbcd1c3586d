"""What a worker of a sweep does with one batch, whatever goes wrong in it."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import attrs

from neurogate import config
from neurogate.config.hashing import Known
from neurogate.errors import NeurogateError, Outcome
from neurogate.runs import store
from neurogate.runs.pool import driver_is_gone
from neurogate.runs.sweep_folder import keep_log, logged_at, read_log
from neurogate.runs.threads import one_thread
from neurogate.runs.together import Ended, run_together

__all__ = ["Task", "heard", "work"]

_ASKED_EVERY_S = 0.2


@attrs.frozen
class Task:
    """A batch as it is sent to a worker.

    Parameters
    ----------
    simulations : mapping of str to Simulation or WaveformSimulation
        By their content hashes; they can share a session.
    folder : pathlib.Path
        Of the sweep, beside those of its runs; the worker sees it too.
    stop_file : pathlib.Path
        The worker stops when it is there.
    timeout_s, checkpoint_every_s : float
        As for `neurogate.runs.together.run_together`.
    """

    simulations: Mapping[str, config.AnySimulation]
    folder: Path
    stop_file: Path
    timeout_s: float
    checkpoint_every_s: float


def work(task: Task) -> list[Ended]:
    """Run a batch and say how each run ended; what breaks a batch is looked for run by run.

    Why a run failed is written into the folder of the sweep as soon as that is known.

    Parameters
    ----------
    task : Task
    """
    ended = []
    for one in _ended(task):
        if one.outcome is Outcome.FAILED:
            keep_log(task.folder, one.hash, one.message, one.log)
        ended.append(one)
    return ended


def heard(run: Path, folder: Path, content_hash: str, before: int) -> Ended | None:
    """Return how a run ended, if its worker has left word of that while others are under way.

    Parameters
    ----------
    run, folder : pathlib.Path
        Where the run is stored if it does not fail, and the folder of the sweep.
    content_hash : str
    before : int
        What `neurogate.runs.sweep_folder.logged_at` said when it was begun.

    Examples
    --------
    >>> heard(Path("mine-01"), Path("mine-sweep-02"), "0123456789abcdef", before=0) is None
    True
    """
    if run.exists():
        stored = store.load(run, ["summary.json"])
        why = stored.summary.get("divergence", {}).get("message", "")
        return Ended(content_hash, stored.outcome, stored.summary["wall_time_s"], why)
    if logged_at(folder, content_hash) in (0, before):
        return None
    return Ended(content_hash, Outcome.FAILED, 0.0, *read_log(folder, content_hash))


def _ended(task: Task) -> Iterator[Ended]:
    if task.stop_file.exists():
        yield from (Ended(name, Outcome.CANCELLED) for name in task.simulations)
        return
    changed = _changed(task)
    yield from (Ended(name, Outcome.FAILED, 0.0, why) for name, why in changed.items())
    left = {name: one for name, one in task.simulations.items() if name not in changed}
    try:
        with driver_is_gone() as gone, one_thread():
            runs = run_together(
                list(left.values()),
                task.folder.parent,
                stop=_seldom(lambda: gone() or task.stop_file.exists()),
                timeout_s=task.timeout_s,
                checkpoint_every_s=task.checkpoint_every_s,
            )
            for one in runs:
                del left[one.hash]
                yield one
    except Exception as error:  # noqa: BLE001
        if len(left) == 1:
            yield _failed(next(iter(left)), error)
            return
        for name, other in left.items():
            yield from _ended(attrs.evolve(task, simulations={name: other}))


def _seldom(ask: Callable[[], bool]) -> Callable[[], bool]:
    """Keep a "no" for a while: to ask a disk takes longer than some trials do."""
    answer, again_s = False, 0.0

    def asked() -> bool:
        nonlocal answer, again_s
        if not answer and time.monotonic() >= again_s:
            answer, again_s = ask(), time.monotonic() + _ASKED_EVERY_S
        return answer

    return asked


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
