"""Several simulations run as one session, each stored as if it had been run alone.

Here lives what one process does with a batch: sessions are shared (see `neurogate.config.sharing`),
each run can be continued by itself, a run that diverges is stored and the others go on.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import numpy.typing as npt

from neurogate import config
from neurogate.config.hashing import Known
from neurogate.config.sharing import Shared, share
from neurogate.errors import Outcome, RunDiverged, RunError, first_of
from neurogate.runs import store
from neurogate.runs.checkpoint import Checkpoint, Saved, write_together
from neurogate.runs.course import EVERY_S, Course, Progress, RunCancelled
from neurogate.runs.keeping import Arrays, diverged, done, keep, summarise
from neurogate.runs.log import collected_lines
from neurogate.runs.versions import loaded
from neurogate.tasks.parts import Part, join, position, take
from neurogate.tasks.session import Session

__all__ = ["Ended", "run_together"]

if TYPE_CHECKING:
    from neurogate.runs.course import AnySession

_LOG = logging.getLogger(__name__)
_THREADS = 8
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)

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
    refused : bool
        Whether the disk has no room for it, nor for any other.
    """

    hash: str
    outcome: Outcome
    seconds: float = 0.0
    message: str = ""
    log: str = ""
    refused: bool = False


@attrs.frozen
class _Member:
    """One run of a batch."""

    simulation: config.AnySimulation
    hash: str
    folder: Path
    checkpoint: Checkpoint

    @classmethod
    def of(
        cls, simulation: config.AnySimulation, content_hash: str, out: Path, software: Mapping[str, str]
    ) -> _Member:
        folder = store.folder_named(simulation.name, content_hash, out)
        key = {"hash": content_hash, **software}
        return cls(simulation, content_hash, folder, Checkpoint.beside(folder, key))

    def secure(self, state: State, seconds: float, log: Sequence[str]) -> None:
        """Keep the last state of a run that could not be stored, so that no part is simulated twice."""
        with contextlib.suppress(OSError):
            self.checkpoint.write(Saved(state, seconds, list(log)))
        Checkpoint.settle(self.folder)

    def ended(self, outcome: Outcome, seconds: float = 0.0, message: str = "", log: str = "") -> Ended:
        return Ended(self.hash, outcome, seconds, message, log)


@attrs.frozen
class _Checkpoints:
    """The checkpoints of all members, written as that of their session."""

    members: Sequence[_Member]
    shared: Shared
    each_s: Callable[[float], float]  # a member's share of the time that the batch has taken

    @property
    def path(self) -> Path:
        return self.members[0].checkpoint.path

    def write(self, saved: Saved) -> None:
        def write_some(places: Sequence[int]) -> None:
            state = take(saved.state, self.shared.span(places))
            kept = [(self.members[k].checkpoint, self.shared.parts[k].rules) for k in places]
            write_together(kept, Saved(state, self.each_s(saved.wall_time_s), saved.log))
            for k in places:
                Checkpoint.settle(self.members[k].folder)

        with ThreadPoolExecutor(_THREADS) as threads:  # the disk lets each wait for it
            list(threads.map(write_some, self.shared.networks()))


def run_together(
    simulations: Sequence[config.AnySimulation],
    out: Path,
    *,
    progress: Progress = lambda done, total, phase: None,
    stop: Callable[[], bool] = lambda: False,
    timeout_s: float = float("inf"),
    checkpoint_every_s: float = EVERY_S,
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
    software, known = loaded(), Known()
    hashes = [config.content_hash(one, known) for one in simulations]
    for shared in share(simulations):
        members = [_Member.of(simulations[k], hashes[k], out, software) for k in shared.members]
        _clear(out, members)
        kept = {k: found for k, member in enumerate(members) if (found := member.checkpoint.read())}
        done = [position(kept[k].state) if k in kept else 0 for k in range(len(members))]
        for far in sorted(set(done), reverse=True):
            here = [k for k, parts in enumerate(done) if parts == far]
            batch = shared if len(here) == len(members) else shared.only(here)
            chosen = [members[k] for k in here]
            saved = [kept.pop(k) for k in here if k in kept]
            whole = _Batch(batch, chosen, software, progress, stop, timeout_s, checkpoint_every_s)
            yield from whole.run(_joined(saved, batch.parts) if far else None)


def _joined(saved: Sequence[Saved], parts: Sequence[Part]) -> Saved:
    """Make one checkpoint of those of all members."""
    state = join([one.state for one in saved], parts)
    return Saved(state, sum(one.wall_time_s for one in saved), saved[0].log)


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
    earlier_s: float = 0.0  # what each member has taken before one left, and when that was
    since_s: float = 0.0
    given_up: set[tuple[str, int]] = attrs.field(factory=set)
    written: Known = attrs.field(factory=dict)

    def run(self, saved: Saved | None) -> Iterator[Ended]:
        with collected_lines() as log:
            course = Course(
                self.shared.session,
                self._checkpoints(),
                log,
                self.every_s,
                self.members[0].simulation.task.part,
                lambda: self.stop() or self._is_late(course),
            )
            course.resume(saved)
            while self.members:
                try:
                    course.finish(self.progress)
                except RunDiverged as error:
                    yield from self._lose(course, error)
                except RunCancelled as error:
                    late, each_s = self._is_late(course), self._each_s(course.wall_time_s)
                    outcome = Outcome.TIMED_OUT if late else Outcome.CANCELLED
                    message = self._late(course) if late else str(error)
                    yield from [member.ended(outcome, each_s, message) for member in self.members]
                    return
                else:
                    yield from self._keep_all(course)
                    return

    def _checkpoints(self) -> _Checkpoints:
        return _Checkpoints(self.members, self.shared, self._each_s)

    def _each_s(self, wall_time_s: float) -> float:
        return self.earlier_s + (wall_time_s - self.since_s) / max(len(self.members), 1)

    def _is_late(self, course: Course) -> bool:
        return self._each_s(course.wall_time_s) > self.timeout_s

    def _late(self, course: Course) -> str:
        """Say how far the runs are and what lets them go on: the same command would stop at once."""
        done = f"{course.session.position} of {course.session.total} {course.part}s"
        return f"Stopped after {done}, at {self.timeout_s:g} s; a longer --timeout continues there."

    def _lose(self, course: Course, error: RunDiverged) -> Iterator[Ended]:
        """Store the runs that diverged, and go on without them."""
        now_s, session = course.wall_time_s, self.shared.session
        each_s, left = self._each_s(now_s), []
        for k, part in enumerate(self.shared.parts):
            found = _of(error, part)
            if found is None:
                left.append(k)
            else:
                alone = self.shared.session.part(part.replicas, part.rules)
                yield self._keep([*course.log, str(found)], k, alone, each_s, diverged(found), {})
        pairs = {(one.rule, one.replica) for one in error.all if one.rule}
        if len(left) == len(self.members) and pairs <= self.given_up:
            raise RunError(f"What was given up diverges again: {error}")
        self.given_up |= pairs
        self.members = [self.members[k] for k in left]
        self.earlier_s, self.since_s = each_s, now_s
        if not left:
            return
        if isinstance(session, Session) and pairs:
            for rule, replica in pairs:
                session.give_up(rule, replica)
            self.shared = self.shared.keeping(left)
        else:
            rest, part = self.shared.only(left), self.shared.span(left)
            rest.session.restore(take(session.state(copy=False), part))
            self.shared, course.session, self.given_up = rest, rest.session, set()
        course.checkpoint = self._checkpoints()

    def _keep_all(self, course: Course) -> Iterator[Ended]:
        _LOG.info("Simulated %d %ss in %.1f s.", course.session.total, course.part, course.wall_time_s)
        state, each_s = course.session.state(copy=False), self._each_s(course.wall_time_s)
        stored: list[Future[Ended]] = []
        with ThreadPoolExecutor(_THREADS) as threads:
            for places in self.shared.networks():
                # The disk takes the runs of one network while those of the next are judged.
                judged = self._judge(threads, course, places, state, each_s)
                yield from (one.result() for one in stored)
                stored = judged
            yield from (one.result() for one in stored)

    def _judge(
        self, threads: Executor, course: Course, places: Sequence[int], state: State, each_s: float
    ) -> list[Future[Ended]]:
        """Judge each rule of a network once, for all of its runs, and let threads store them side by side.

        If that fails it is done run by run: what cannot be judged or stored costs the others nothing.
        """
        try:
            span = self.shared.span(places)
            session = self.shared.session.part(span.replicas, span.rules)
            session.restore(take(state, span), copy=False)
            result = session.result()
        except Exception as error:  # noqa: BLE001
            if len(places) > 1:
                return [one for k in places for one in self._judge(threads, course, [k], state, each_s)]
            return [threads.submit(self._fail, [*course.log], places[0], each_s, error, state)]
        log = [*course.log]  # the next network goes on writing into it

        def store_one(k: int) -> Ended:
            rules = self.shared.parts[k].rules
            mine = result.of(rules) if rules else result
            return self._keep(log, k, session, each_s, done(mine), mine.arrays, state)

        return [threads.submit(store_one, k) for k in places]

    def _keep(
        self, log: list[str], k: int, session: AnySession, each_s: float, facts: Mapping[str, Any],
        arrays: Arrays, state: State | None = None,
    ) -> Ended:  # fmt: skip
        """Store one run, whose last state is kept if that fails."""
        member = self.members[k]
        try:
            summary = summarise(
                member.simulation, member.hash, member.folder, session, facts, each_s, self.software
            )
            keep(member.folder, member.simulation, summary, arrays, log, draw=False, known=self.written)
        except Exception as error:  # noqa: BLE001
            return self._fail(log, k, each_s, error, state)
        Checkpoint.settle(member.folder)
        return member.ended(Outcome(facts["outcome"]), each_s, facts.get("divergence", {}).get("message", ""))

    def _fail(self, log: list[str], k: int, each_s: float, error: Exception, state: State | None) -> Ended:
        """Say why a run could not be judged or stored, and keep its last state, if it has one."""
        member = self.members[k]
        told = "\n".join([*log, *traceback.format_exception(error)])
        if state is not None:
            member.secure(take(state, self.shared.parts[k]), each_s, log)
        if getattr(error.__cause__, "errno", None) in _NO_ROOM:
            return attrs.evolve(member.ended(Outcome.FAILED, each_s, str(error), told), refused=True)
        return member.ended(Outcome.FAILED, each_s, f"{type(error).__name__}: {error}", told)


def _clear(out: Path, members: Sequence[_Member]) -> None:
    """Remove checkpoints that were not whole when a process that had these runs was killed."""
    names = {member.checkpoint.path.name for member in members}
    for left in out.glob(".*.checkpoint.*.tmp"):
        if left.name.rsplit(".", 2)[0] in names:
            left.unlink(missing_ok=True)


def _of(error: RunDiverged, part: Part) -> RunDiverged | None:
    """Return what one run would tell of a divergence, if it is concerned."""
    rules = list(part.rules.values())
    mine = [one for one in error.all if one.replica in part.replicas and one.rule in ("", *rules)]
    return first_of([one.within(part.replicas) for one in mine], rules) if mine else None
