"""Several simulations run as one session, each stored as if it had been run alone.

Here lives what one process does with a batch: sessions are shared (see `neurogate.config.sharing`),
checkpoints are kept for each run by itself, a run that diverges is stored and the others go on.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np
import numpy.typing as npt

from neurogate import config
from neurogate.config.sharing import Shared, share
from neurogate.errors import Outcome, RunDiverged
from neurogate.runs import store
from neurogate.runs.checkpoint import Checkpoint, Saved
from neurogate.runs.course import Course, Progress, RunCancelled
from neurogate.runs.keeping import Arrays, diverged, done, keep, summarise
from neurogate.runs.log import collected_lines
from neurogate.runs.versions import versions
from neurogate.tasks.parts import Part, join, position, take
from neurogate.tasks.session import Session

__all__ = ["Ended", "run_together"]

_LOG = logging.getLogger(__name__)

State = Mapping[str, npt.NDArray[np.generic]]


@attrs.frozen
class Ended:
    """How one run of a batch ended.

    Parameters
    ----------
    hash : str
        Content hash of the simulation.
    outcome : Outcome
    seconds : float
        Its share of the time that the batch took.
    message : str
        Why, if it is not done.
    log : str
        Everything that was logged, if it failed.
    """

    hash: str
    outcome: Outcome
    seconds: float = 0.0
    message: str = ""
    log: str = ""


@attrs.frozen
class _Member:
    """One run of a batch."""

    simulation: config.AnySimulation
    folder: Path
    checkpoint: Checkpoint
    position: int  # parts done when its checkpoint was written

    @classmethod
    def of(cls, simulation: config.AnySimulation, out: Path, software: Mapping[str, str]) -> _Member:
        folder = store.folder_of(simulation, out)
        checkpoint = Checkpoint.beside(folder, {"hash": config.content_hash(simulation), **software})
        saved = checkpoint.read()
        return cls(simulation, folder, checkpoint, 0 if saved is None else position(saved.state))

    def ended(self, outcome: Outcome, seconds: float = 0.0, message: str = "", log: str = "") -> Ended:
        return Ended(config.content_hash(self.simulation), outcome, seconds, message, log)


@attrs.frozen
class _Checkpoints:
    """The checkpoints of all members, written and read as that of their session."""

    members: Sequence[_Member]
    parts: Sequence[Part]

    @property
    def path(self) -> Path:
        return self.members[0].checkpoint.path

    def write(self, saved: Saved) -> None:
        each_s = saved.wall_time_s / len(self.members)
        for member, part in zip(self.members, self.parts, strict=True):
            member.checkpoint.write(Saved(take(saved.state, part), each_s, saved.log))

    def read(self) -> Saved | None:
        if not self.members[0].position:
            return None
        saved = [one for member in self.members if (one := member.checkpoint.read())]
        if len(saved) < len(self.members):
            return None
        state = join([one.state for one in saved], self.parts)
        return Saved(state, sum(one.wall_time_s for one in saved), saved[0].log)


def run_together(
    simulations: Sequence[config.AnySimulation],
    out: Path,
    *,
    progress: Progress = lambda done, total, phase: None,
    stop: Callable[[], bool] = lambda: False,
    timeout_s: float = float("inf"),
    checkpoint_every_s: float = 10.0,
) -> Iterator[Ended]:
    """Run simulations that can share a session, and store each in its folder.

    Parameters
    ----------
    simulations : sequence of Simulation or WaveformSimulation
        One of `neurogate.config.sharing.groups`, or some of one.
    out : pathlib.Path
        The folder that holds run folders.
    progress : callable
        As for `neurogate.runs.execute.execute`.
    stop : callable
        Says whether to stop at the next opportunity; what is done is kept in checkpoints.
    timeout_s : float
        Seconds that a run may take, as its share of the batch.
    checkpoint_every_s : float

    Yields
    ------
    Ended
        For every run, as soon as it is stored or given up.

    Raises
    ------
    RequestError
        If something cannot be drawn, or the backend cannot run here.
    """
    store.prepare(out)
    software = versions()
    for shared in share(simulations):
        members = [_Member.of(simulations[place], out, software) for place in shared.members]
        for far in sorted({member.position for member in members}, reverse=True):
            here = [k for k, member in enumerate(members) if member.position == far]
            batch = shared if len(here) == len(members) else shared.only(here)
            chosen = [members[k] for k in here]
            yield from _Batch(batch, chosen, software, progress, stop, timeout_s, checkpoint_every_s).run()


@attrs.define
class _Batch:
    """Runs that are equally far, on their way."""

    shared: Shared
    members: Sequence[_Member]
    software: Mapping[str, str]
    progress: Progress
    stop: Callable[[], bool]
    timeout_s: float
    every_s: float

    def run(self) -> Iterator[Ended]:
        with collected_lines() as log:
            course = Course(
                self.shared.session,
                _Checkpoints(self.members, self.shared.parts),
                log,
                self.every_s,
                self.members[0].simulation.task.part,
                lambda: self.stop() or self._is_late(course),
            )
            course.resume()
            while self.members:
                try:
                    course.finish(self.progress)
                except RunDiverged as error:
                    yield from self._lose(course, error)
                except RunCancelled as error:
                    outcome = Outcome.TIMED_OUT if self._is_late(course) else Outcome.CANCELLED
                    each_s = course.wall_time_s / len(self.members)
                    yield from [member.ended(outcome, each_s, str(error)) for member in self.members]
                    return
                else:
                    yield from self._keep_all(course)
                    return

    def _is_late(self, course: Course) -> bool:
        return course.wall_time_s > self.timeout_s * len(self.members)

    def _lose(self, course: Course, error: RunDiverged) -> Iterator[Ended]:
        """Store the runs that diverged, and go on without them."""
        session, lost, each_s = self.shared.session, [], course.wall_time_s / len(self.members)
        for k, part in enumerate(self.shared.parts):
            if error.replica in part.replicas and error.rule in ("", *part.rules.values()):
                lost.append(k)
                own = RunDiverged(
                    error.quantity, error.value, replica=part.replicas.index(error.replica),
                    step=error.step, neuron=error.neuron,
                )  # fmt: skip
                yield self._keep(course, self.members[k], part, each_s, own)
        left = [k for k in range(len(self.members)) if k not in lost]
        self.members = [self.members[k] for k in left]
        if not left:
            return
        if isinstance(session, Session) and error.rule:
            session.give_up(error.rule, error.replica)
            self.shared = self.shared.keeping(left)
        else:
            rest, part = self.shared.only(left), self.shared.span(left)
            rest.session.restore(take(session.state(), part))
            self.shared, course.session = rest, rest.session
        course.checkpoint = _Checkpoints(self.members, self.shared.parts)

    def _keep_all(self, course: Course) -> Iterator[Ended]:
        _LOG.info("Simulated %d %ss in %.1f s.", course.session.total, course.part, course.wall_time_s)
        state, each_s = course.session.state(), course.wall_time_s / len(self.members)
        for member, part in zip(self.members, self.shared.parts, strict=True):
            yield self._keep(course, member, part, each_s, take(state, part))

    def _keep(
        self, course: Course, member: _Member, part: Part, each_s: float, found: State | RunDiverged
    ) -> Ended:
        """Store one run, given its last state, or why it has none."""
        simulation, folder = member.simulation, member.folder
        one = self.shared.session.part(part.replicas, part.rules)
        try:
            arrays: Arrays = {}
            if isinstance(found, RunDiverged):
                facts, message = diverged(found), str(found)
            else:
                one.restore(found)
                result = one.result()
                facts, arrays, message = done(result), result.arrays, ""
            summary = summarise(simulation, folder, one, facts, each_s) | {"versions": self.software}
            keep(folder, simulation, summary, arrays, course.log, draw=False)
        except Exception as error:  # noqa: BLE001
            log = "\n".join([*course.log, traceback.format_exc()])
            return member.ended(Outcome.FAILED, each_s, f"{type(error).__name__}: {error}", log)
        member.checkpoint.remove()
        return member.ended(Outcome(facts["outcome"]), each_s, message)
