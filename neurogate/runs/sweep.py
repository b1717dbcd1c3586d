"""A sweep on its way: which runs are missing, who works on them, what to do when something goes wrong.

Here lives the driver. Points come from `neurogate.config.sweep`, what a batch does from
`neurogate.runs.together`, the processes from `neurogate.runs.pool`. A finished run is a folder, whoever
made it; so a sweep that was stopped, by whatever means, is continued by the same call.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from pathlib import Path
from typing import Annotated, Literal

import attrs

from neurogate.config.memory import memory_mb
from neurogate.config.sharing import batches
from neurogate.config.sweep import Point
from neurogate.errors import Outcome
from neurogate.runs import pool, store
from neurogate.runs.interrupt import stop_requests
from neurogate.runs.lease import Leases
from neurogate.runs.probe import warm
from neurogate.runs.together import Ended
from neurogate.runs.worker import Task, work
from neurogate.units import Count, Domain, NonNegative, Positive, settings

__all__ = ["LARGEST_BATCH", "Event", "Options", "sweep"]

LARGEST_BATCH = 64
"""Runs in a batch, at most, if nothing else is asked for."""

_POLL_S = 0.2
_ELSEWHERE_S = 2.0
_STOP = ".stop"


@settings
class Options:
    """How a sweep is executed; nothing here changes a bit of any run.

    Parameters
    ----------
    jobs : int
        Processes on this machine.
    batch : int
        Runs that share a session, at most; 0 chooses.
    scheduler : str
        Address of a Dask scheduler, to use its workers instead.
    timeout_s : float
        Seconds that a run may take, as its share of a batch; 0 for as long as it likes.
    retries : int
        How often a batch whose worker died is tried again.
    fail_fast : bool
        Whether the first failure stops the sweep.
    checkpoint_every_s : float
        Seconds between two checkpoints.
    memory_mb : float
        Memory that all batches under way may take together.
    """

    jobs: Count = 1
    batch: Annotated[int, Domain(0)] = 0
    scheduler: str = ""
    timeout_s: NonNegative = 0.0
    retries: Annotated[int, Domain(0)] = 2
    fail_fast: bool = False
    checkpoint_every_s: NonNegative = 10.0
    memory_mb: Positive = 4096.0


@attrs.frozen
class Event:
    """Something that happened to a run.

    Parameters
    ----------
    kind : "stored", "started", "elsewhere", "again" or "ended"
        It was there already; a worker has it; another driver has it; its worker died and it is tried
        again; it ended.
    point : Point
    ended : Ended or None
        How, if it ended.
    """

    kind: Literal["stored", "started", "elsewhere", "again", "ended"]
    point: Point
    ended: Ended | None = None


@attrs.define
class _Batch:
    """Points that share a session, and how often a worker has died on them."""

    points: list[Point]
    tries: int = 0


def sweep(
    points: Sequence[Point], folder: Path, options: Options, tell: Callable[[Event], object]
) -> Counter[Outcome]:
    """Execute every run that is not stored yet.

    Parameters
    ----------
    points : sequence of Point
    folder : pathlib.Path
        That of the sweep, beside those of its runs. While it holds a file ``.stop``, workers stop, wherever
        they are; ``failed/`` gets the logs of runs that failed.
    options : Options
    tell : callable
        Is told what happens to each run, in this thread.

    Returns
    -------
    Counter
        How many runs have each outcome; those that could not be begun are cancelled.

    Raises
    ------
    RequestError
        If the scheduler does not answer, or a stored run is damaged.
    """
    stop_file = folder / _STOP
    stop_file.unlink(missing_ok=True)
    with Leases() as leases, stop_requests() as asked:
        driver = _Driver(folder, options, tell, leases, asked)
        try:
            return driver.run(points)
        finally:
            stop_file.unlink(missing_ok=True)


@attrs.define
class _Driver:
    folder: Path
    options: Options
    tell: Callable[[Event], object]
    leases: Leases
    asked: Callable[[], bool]
    counts: Counter[Outcome] = attrs.field(factory=Counter)
    queue: deque[_Batch] = attrs.field(factory=deque)
    under_way: dict[Future[list[Ended]], _Batch] = attrs.field(factory=dict)

    @property
    def out(self) -> Path:
        return self.folder.parent

    @property
    def stop_file(self) -> Path:
        return self.folder / _STOP

    def run(self, points: Sequence[Point]) -> Counter[Outcome]:
        missing = [point for point in points if not self._is_stored(point)]
        self.queue.extend(self._batches(missing))
        elsewhere: list[Point] = []
        warmed = self.options.jobs == 1 or not missing
        while self.queue or elsewhere:
            with self._workers() as workers, contextlib.suppress(*pool.WORKER_DIED):
                if not warmed:
                    workers.submit(warm, missing[0].simulation).result()
                    warmed = True
                self._drain(workers, elsewhere)
            if self._stops():
                break
            if not self.queue and elsewhere:
                time.sleep(_ELSEWHERE_S)
                left = [point for point in elsewhere if not self._is_stored(point)]
                self.queue.extend(self._batches(left))
                elsewhere.clear()
        begun = sum(self.counts.values())
        if begun < len(points):
            self.counts[Outcome.CANCELLED] += len(points) - begun
        return self.counts

    def _batches(self, points: Sequence[Point]) -> Iterator[_Batch]:
        if not points:
            return
        simulations = [point.simulation for point in points]
        each_mb = max(sum(memory_mb(simulation).values()) for simulation in simulations)
        fitting = int(self.options.memory_mb / self.options.jobs / each_mb)
        most = self.options.batch or max(1, min(LARGEST_BATCH, fitting))
        for places in batches(simulations, most, 1 if self.options.batch else self.options.jobs):
            yield _Batch([points[place] for place in places])

    def _workers(self) -> contextlib.AbstractContextManager[Executor]:
        if self.options.scheduler:
            return pool.connect(self.options.scheduler)
        return pool.local(self.options.jobs)

    def _drain(self, workers: Executor, elsewhere: list[Point]) -> None:
        """Keep the workers busy until nothing is left to do here."""
        try:
            while self.queue or self.under_way:
                while self.queue and len(self.under_way) < self.options.jobs and not self._stops():
                    self._submit(workers, self.queue.popleft(), elsewhere)
                if not self.under_way:
                    return
                finished, _ = wait(self.under_way, _POLL_S, FIRST_COMPLETED)
                if self._stops():
                    self.stop_file.touch()
                for future in finished:
                    self._collect(future)
        except pool.WORKER_DIED:
            for batch in self.under_way.values():
                self._try_again(batch)
            self.under_way.clear()
            raise
        except BaseException:
            self.stop_file.touch()  # whoever is still at work keeps what it has and ends
            raise

    def _stops(self) -> bool:
        failed = self.counts[Outcome.FAILED] + self.counts[Outcome.DIVERGED] + self.counts[Outcome.TIMED_OUT]
        return self.asked() or bool(self.options.fail_fast and failed)

    def _submit(self, workers: Executor, batch: _Batch, elsewhere: list[Point]) -> None:
        mine = []
        for point in batch.points:
            if not self.leases.acquire(self._run_folder(point)):
                elsewhere.append(point)
                self.tell(Event("elsewhere", point))
            elif not self._is_stored(point):
                mine.append(point)
                self.tell(Event("started", point))
        if mine:
            batch.points = mine
            task = Task(
                [point.simulation for point in mine], self.out, self.stop_file,
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
        except Exception:  # noqa: BLE001  a worker says what went wrong in it, so this is the end of a worker
            self._try_again(self.under_way.pop(future))
            return
        del self.under_way[future]
        for point in batch.points:
            self._end(point, ended[point.hash])

    def _try_again(self, batch: _Batch) -> None:
        """Put a batch whose worker died back, run by run after the first time, or give it up."""
        batch.tries += 1
        left = [point for point in batch.points if not self._is_stored(point)]
        if batch.tries > self.options.retries:
            message = f"Its worker died {batch.tries} times; it may need more memory than there is."
            for point in left:
                self._end(point, Ended(point.hash, Outcome.FAILED, 0.0, message))
            return
        for point in left:
            self.leases.release(self._run_folder(point))
            self.tell(Event("again", point))
        pieces = [left] if batch.tries == 1 else [[point] for point in left]
        self.queue.extend(_Batch(piece, batch.tries) for piece in pieces if piece)

    def _end(self, point: Point, ended: Ended) -> None:
        self.counts[ended.outcome] += 1
        if ended.log:
            failed = self.folder / "failed"
            failed.mkdir(exist_ok=True)
            (failed / f"{point.hash[:12]}.log").write_text(ended.log + "\n", "utf-8")
        self.leases.release(self._run_folder(point))
        self.tell(Event("ended", point, ended))

    def _is_stored(self, point: Point) -> bool:
        """Say whether a run is there, and count it if it is."""
        found = store.find(self.out, point.simulation)
        if found is None:
            return False
        self.counts[found.outcome] += 1
        self.leases.release(self._run_folder(point))
        self.tell(Event("stored", point))
        return True

    def _run_folder(self, point: Point) -> Path:
        return store.folder_of(point.simulation, self.out)
