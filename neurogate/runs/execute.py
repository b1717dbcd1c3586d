"""Run a simulation to its end and store what came out.

Here lives the order of things: look for the stored run, check memory and disk, continue, simulate, store.
The model lives in the session, what is stored in `neurogate.runs.keeping`.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurogate import config
from neurogate.config.memory import memory_mb
from neurogate.errors import RequestError, RunDiverged, RunError
from neurogate.runs import store
from neurogate.runs.checkpoint import Checkpoint
from neurogate.runs.course import EVERY_S, Course, Progress
from neurogate.runs.keeping import Arrays, diverged, done, keep, summarise
from neurogate.runs.log import collected_lines
from neurogate.runs.versions import differences, versions

if TYPE_CHECKING:
    from neurogate.runs.course import AnySession

    Opener = Callable[[config.AnySimulation], AnySession]

__all__ = ["execute"]

_LOG = logging.getLogger(__name__)
_SMALLER = "Lower run.replicas or reservoir.n, record less, or raise run.memory_limit_mb."


def execute(
    simulation: config.AnySimulation,
    out: str | Path = "runs",
    *,
    force: bool = False,
    progress: Progress = lambda done, total, phase: None,
    open_session: Opener | None = None,
    checkpoint_every_s: float = EVERY_S,
) -> store.Run:
    """Return the stored run of a simulation, simulating it if it is not there yet.

    Parameters
    ----------
    simulation : neurogate.config.Simulation or neurogate.config.WaveformSimulation
        What to run.
    out : str or pathlib.Path
        The folder that holds run folders.
    force : bool
        Run again even if the run is stored; the stored one gives way when the new one is complete.
    progress : callable
        Called before the first and after every trial (or piece of a run) with those done, those in all and
        the phase.
    open_session : callable, optional
        Makes the session; `neurogate.config.build.session` by default.
    checkpoint_every_s : float
        Seconds between two checkpoints.

    Returns
    -------
    neurogate.runs.store.Run
        The stored run. Its outcome is ``done`` or ``diverged``.

    Raises
    ------
    RequestError
        Before anything is made: the machine's memory is too small, `out` cannot be written to, or the
        stored run is damaged.
    RunCancelled
        The user stopped the run. The same call continues it.
    RunError
        The run could not be finished or stored. The same call continues it.
    """
    software, content_hash = versions(), config.content_hash(simulation)
    folder = store.folder_named(simulation.name, content_hash, Path(out))
    checkpoint = Checkpoint.beside(folder, {"hash": content_hash, **software})
    if not force and (found := store.find(Path(out), simulation)):
        _LOG.info("%s holds this run already (%s); --force runs it again.", folder, found.outcome)
        if other := differences(found.summary["versions"], software):
            _LOG.info("It was made by other software: %s.", other)
        # A kill just after the folder appeared has left its checkpoint.
        with contextlib.suppress(OSError):
            checkpoint.clear()
        return found
    with collected_lines() as log:
        # A simulation over its own limit cannot be made, so this is a message and no check.
        need_mb, limit_mb = sum(memory_mb(simulation).values()), simulation.run.memory_limit_mb
        _LOG.info("The run takes about %.0f MB of memory (run.memory_limit_mb is %.0f).", need_mb, limit_mb)
        session = _open(simulation, open_session)
        store.prepare(folder.parent)
        course = Course(session, checkpoint, log, checkpoint_every_s, simulation.task.part)
        with _cancellable(course):
            course.resume(checkpoint.read())
            lost = _simulate(course, progress)
            with course.secured():
                facts, arrays = (diverged(lost), {}) if lost else _judge(course)
                summary = summarise(
                    simulation, content_hash, folder, course.session, facts, course.wall_time_s, software
                )
                keep(folder, simulation, summary, arrays, log, replace=force)
    checkpoint.clear()
    return store.load(folder)


def _open(simulation: config.AnySimulation, opener: Opener | None) -> AnySession:
    if opener is None:
        from neurogate.config.build import session

        opener = session
    try:
        opened = opener(simulation)
        _ = opened.position  # takes the memory, which a session does when it is first looked at
    except MemoryError as error:
        raise RequestError(f"The run does not fit this machine's memory ({error}). {_SMALLER}") from error
    return opened


@contextlib.contextmanager
def _cancellable(course: Course) -> Iterator[None]:
    """Say of a run that is stopped how it goes on."""
    try:
        yield
    except KeyboardInterrupt:
        raise course.cancelled() from None
    except MemoryError as error:
        raise RunError(f"The memory of this machine is used up ({error}). {_SMALLER}") from error


def _simulate(course: Course, progress: Progress) -> RunDiverged | None:
    try:
        course.finish(progress)
    except RunDiverged as error:
        _LOG.warning("%s", error)
        return error
    _LOG.info("Simulated %d %ss in %.1f s.", course.session.total, course.part, course.wall_time_s)
    return None


def _judge(course: Course) -> tuple[dict[str, Any], Arrays]:
    try:
        result = course.session.result()
    except RequestError as error:
        raise RunError(f"The run is done but cannot be judged: {error}") from error
    return done(result), result.arrays
