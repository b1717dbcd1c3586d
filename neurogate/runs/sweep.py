"""A sweep on its way: which runs are missing, who works on them, what to do when something goes wrong.

Here lives the driver. Points come from `neurogate.config.sweep`, what a batch does from
`neurogate.runs.together`, the processes from `neurogate.runs.pool`. A finished run is a folder, whoever
made it; so a sweep that was stopped, by whatever means, is continued by the same call.
"""

from __future__ import annotations

import contextlib
import logging
import math
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from pathlib import Path

import attrs

from neurogate import files
from neurogate.config.sweep import Point
from neurogate.errors import Outcome, RunError
from neurogate.runs import pool, store
from neurogate.runs.batch import Batch, why_given_up
from neurogate.runs.checkpoint import Checkpoint
from neurogate.runs.event import Event
from neurogate.runs.interrupt import stop_requests
from neurogate.runs.lease import Leases
from neurogate.runs.options import Options
from neurogate.runs.planning import plan
from neurogate.runs.sweep_folder import changed_at, logged_at
from neurogate.runs.together import Ended
from neurogate.runs.versions import differences, loaded
from neurogate.runs.worker import Task, heard, work

__all__ = ["Event", "Options", "sweep"]

_POLL_S, _LOOK_S, _PATIENCE_S, _SLOW_S = 0.2, 1.0, 10.0, 10.0
_LOG = logging.getLogger(__name__)


def sweep(
    points: Sequence[Point],
    folder: Path,
    options: Options,
    tell: Callable[[Event], object],
    workers: pool.Workers | None = None,
) -> Counter[Outcome]:
    """Execute every run that is not stored yet.

    Parameters
    ----------
    points : sequence of Point
    folder : pathlib.Path
        That of the sweep, beside those of its runs; in its ``failed/`` workers say at once what failed.
    options : Options
    tell : callable
        Is told what happens to each run, in this thread.
    workers : neurogate.runs.pool.Workers, optional
        Who executes runs, if they shall outlive this sweep; by default workers of its own.

    Returns
    -------
    Counter
        How many runs have each outcome; those that could not be begun are cancelled.

    Raises
    ------
    RequestError
        If the scheduler does not answer, a stored run is damaged, or one needs more memory than all may take.
    RunError
        If the disk refuses a lease, a run for want of room, or what tells workers to stop; if workers die
        whenever they begin, or the scheduler is gone.
    """
    folder = folder.resolve()  # workers may stand elsewhere
    stop_file = files.hidden_sibling(folder / "stop", "tmp")
    with Leases() as leases, stop_requests() as asked, contextlib.ExitStack() as held:
        hands = workers or pool.Workers(options.scheduler)
        driver = _Driver(folder, options, tell, stop_file, leases, asked, hands)
        held.callback(driver.remove_stop_file)
        if workers is None:
            held.enter_context(hands)
        return driver.run(points)


@attrs.define
class _Driver:
    folder: Path
    options: Options
    tell: Callable[[Event], object]
    stop_file: Path
    leases: Leases
    asked: Callable[[], bool]
    workers: pool.Workers
    counts: Counter[Outcome] = attrs.field(factory=Counter)
    failures: int = 0
    queue: deque[Batch] = attrs.field(factory=deque)
    under_way: dict[Future[list[Ended]], Batch] = attrs.field(factory=dict)
    elsewhere: list[Point] = attrs.field(factory=list)
    told_elsewhere: set[str] = attrs.field(factory=set)
    other_software: set[str] = attrs.field(factory=set)
    refused: str = ""  # why the disk takes no more runs
    width: int = 1
    looks_at_s: float = 0.0
    hurried_s: float = 0.0  # when the user, who has asked to stop, is told how to do it at once
    seen: list[tuple[int, int]] = attrs.field(factory=list)

    def run(self, points: Sequence[Point]) -> Counter[Outcome]:
        missing = [point for point in points if not self._is_stored(point)]
        self._add(missing)
        while (self.queue or self.elsewhere) and not self._stops():
            ready = self.workers.ready(missing[0].simulation, self.width, self._stops, self.options.retries)
            try:
                self._drain(ready)
            except pool.WORKER_DIED:
                self.workers.end()
            if not self.queue and self.elsewhere:
                self._pause(_LOOK_S)
                left = [point for point in self.elsewhere if not self._is_stored(point)]
                self.elsewhere.clear()
                self._add(left)
        if self.refused:
            stored = self.counts[Outcome.DONE] + self.counts[Outcome.DIVERGED]
            raise RunError(f"Stopped with {stored} of {len(points)} runs stored. {self.refused}")
        if not_begun := len(points) - sum(self.counts.values()):
            self.counts[Outcome.CANCELLED] += not_begun
        return self.counts

    def remove_stop_file(self) -> None:
        """Remove what tells workers to stop, unless some of a cluster have still to hear of it."""
        if self.options.scheduler and any(one.cancelled() or not one.done() for one in self.under_way):
            return
        # A disk that is read-only refuses to remove even what is not there.
        with contextlib.suppress(OSError):
            self.stop_file.unlink(missing_ok=True)

    def _add(self, points: Sequence[Point]) -> None:
        """Queue points in batches that fit into memory."""
        if not points:
            return
        options = self.options
        planned = plan(points, options.jobs, options.batch, options.memory_mb)
        self.width = planned.width
        if self.width < options.jobs:
            _LOG.warning(
                "A run needs %.0f MB, so %d of %d jobs fit into %.0f MB; --memory-mb allows more.",
                planned.each_mb, self.width, options.jobs, options.memory_mb,
            )  # fmt: skip
        self.queue.extend(Batch([points[place] for place in places]) for places in planned.batches)

    def _drain(self, workers: Executor) -> None:
        """Keep the workers busy until nothing is left to do here."""
        try:
            while self.queue or self.under_way:
                while self._may_submit():
                    self._submit(workers, self.queue.popleft())
                if not self.under_way:
                    return
                finished, _ = wait(self.under_way, _POLL_S, FIRST_COMPLETED)
                deserted = self.workers.check()
                self._look()
                if self._stops():
                    if deserted and not finished:
                        self.under_way.clear()  # nobody keeps anything of it
                        return
                    self._call_off()
                for future in finished:
                    self._collect(future)
                if self._ends_what_hangs():
                    return
        except pool.WORKER_DIED as error:
            for batch in self.under_way.values():
                self._try_again(batch, error, alone=len(self.under_way) == 1)
            self.under_way.clear()
            raise
        except BaseException as error:
            with contextlib.suppress(RunError):
                self._call_off()
            patience_s = 0.0 if isinstance(error, KeyboardInterrupt) else _PATIENCE_S
            if wait(self.under_way, patience_s).not_done:
                self.workers.end(at_once=True)
            raise

    def _call_off(self) -> None:
        """Let whoever is at work keep what it has and end."""
        if self.asked() and not self.hurried_s:
            _LOG.info("The trials under way are ended and kept; a second request to stop waits for nothing.")
            self.hurried_s = time.monotonic() + _SLOW_S
        elif self.asked() and time.monotonic() > self.hurried_s:
            self.hurried_s = math.inf
            _LOG.warning(
                "Workers are still busy after %.0f s; a second Ctrl-C does not wait for them.", _SLOW_S
            )
        try:
            self.stop_file.touch()
        except OSError as error:
            raise RunError(
                f"Workers cannot be told to stop by {self.stop_file} ({error.strerror or error}) and are "
                "ended. What is finished is kept, and the same command continues."
            ) from error

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._stops():
            time.sleep(_POLL_S)

    def _may_submit(self) -> bool:
        """Say whether the next batch may begin; one that may kill its worker has all to itself."""
        if not self.queue or self._stops():
            return False
        suspect = self.queue[0].suspect or any(batch.suspect for batch in self.under_way.values())
        return not self.under_way if suspect else len(self.under_way) < self.width

    def _stops(self) -> bool:
        return self.asked() or bool(self.refused or (self.options.fail_fast and self.failures))

    def _submit(self, workers: Executor, batch: Batch) -> None:
        mine = []
        for point in batch.points:
            if not self.leases.acquire(self._run_folder(point)):
                self.elsewhere.append(point)
                if point.hash not in self.told_elsewhere:
                    self.told_elsewhere.add(point.hash)
                    self.tell(Event("elsewhere", point))
            elif not self._is_stored(point):
                mine.append(point)
                self.tell(Event("started", point))
        if mine:
            batch.points, batch.begun_s = mine, time.monotonic()
            batch.logged = {point.hash: logged_at(self.folder, point.hash) for point in mine}
            task = Task(
                {point.hash: point.simulation for point in mine}, self.folder, self.stop_file,
                self.options.timeout_s or math.inf, self.options.checkpoint_every_s,
            )  # fmt: skip
            try:
                self.under_way[workers.submit(work, task)] = batch
            except pool.WORKER_DIED:
                self.queue.appendleft(batch)
                raise

    def _collect(self, future: Future[list[Ended]]) -> None:
        batch = self.under_way[future]
        try:
            ended = {one.hash: one for one in future.result()}
        except pool.WORKER_DIED:
            raise
        except Exception as error:  # noqa: BLE001  a worker says what went wrong in it, so this is its end
            self._try_again(self.under_way.pop(future), error, alone=True)
            return
        del self.under_way[future]
        self.refused = next((one.message for one in ended.values() if one.refused), self.refused)
        for point in batch.points:
            if point.hash not in batch.told:
                self._end(point, ended[point.hash])

    def _look(self) -> None:
        """Tell at once of runs that are stored, or failed, while others of their batch are under way."""
        if time.monotonic() < self.looks_at_s:
            return
        self.looks_at_s = time.monotonic() + _LOOK_S
        before, self.seen = self.seen, [*self.seen[-1:], changed_at(self.folder)]
        if before == self.seen[-1:] * 2:  # once is not enough: the clock of a disk is coarse
            return
        for batch in self.under_way.values():
            for point in batch.points:
                self._told(batch, point)

    def _told(self, batch: Batch, point: Point) -> bool:
        """Say whether it is told how a run ended, after telling it if its worker has left word."""
        name = point.hash
        if name not in batch.told and (
            ended := heard(self._run_folder(point), self.folder, name, batch.logged[name])
        ):
            batch.told.add(name)
            self._end(point, ended)
        return name in batch.told

    def _ends_what_hangs(self) -> bool:
        """Kill the workers of this machine if one hangs: its runs are given up, the others go on anew."""
        timeout_s = self.options.timeout_s or math.inf
        hanging = [batch for batch in self.under_way.values() if batch.hangs(timeout_s)]
        if not hanging or self.options.scheduler:
            return False
        self.workers.end(at_once=True)
        for batch in self.under_way.values():
            left = [point for point in batch.points if not self._told(batch, point)]
            if batch not in hanging:
                self._queue_again(left, [Batch(left)] if left else [])
                continue
            message = f"Its worker hung far beyond {timeout_s:g} s and was killed; repeat it to try again."
            for point in left:
                self._end(point, Ended(point.hash, Outcome.TIMED_OUT, timeout_s, message))
        self.under_way.clear()
        return True

    def _try_again(self, batch: Batch, error: BaseException, *, alone: bool) -> None:
        """Put a batch whose worker died back, run by run if it was alone, or give it up."""
        left = [point for point in batch.points if not self._told(batch, point)]
        deaths = batch.deaths + alone
        if deaths > self.options.retries and len(left) == 1:
            message = why_given_up(deaths, error)
            self._end(left[0], Ended(left[0].hash, Outcome.FAILED, 0.0, message))
        else:
            self._queue_again(left, batch.again(left, alone=alone))

    def _queue_again(self, points: Sequence[Point], batches: Sequence[Batch]) -> None:
        for point in points:
            self.leases.release(self._run_folder(point))
            self.tell(Event("again", point))
        self.queue.extend(batches)

    def _end(self, point: Point, ended: Ended) -> None:
        stored = ended.outcome in (Outcome.DONE, Outcome.DIVERGED)
        if stored and not self._run_folder(point).exists():
            message = (
                f"Its worker stored it where this machine does not see it; all must see {self.folder.parent}."
            )
            ended = Ended(point.hash, Outcome.FAILED, ended.seconds, message)
        self.counts[ended.outcome] += 1
        self.failures += ended.outcome not in (Outcome.DONE, Outcome.CANCELLED)
        Checkpoint.settle(self._run_folder(point))
        self.leases.release(self._run_folder(point))
        self.tell(Event("ended", point, ended))

    def _is_stored(self, point: Point) -> bool:
        """Say whether a run is there, and count it if it is."""
        folder = self._run_folder(point)
        store.restore(folder)
        if not folder.exists():
            return False
        run = store.load(folder)
        self.counts[run.outcome] += 1
        self._compare(run)
        Checkpoint.settle(folder)
        self.leases.release(folder)
        self.tell(Event("stored", point, stored=run.outcome))
        return True

    def _compare(self, run: store.Run) -> None:
        """Say once of each way in which software differs from that which made stored runs."""
        other = differences(run.summary["versions"], loaded())
        if other and other not in self.other_software:
            self.other_software.add(other)
            _LOG.warning("%s stays as it is, and was made by other software: %s.", run.path.name, other)

    def _run_folder(self, point: Point) -> Path:
        return store.folder_named(point.simulation.name, point.hash, self.folder.parent)
