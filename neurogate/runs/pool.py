"""Where batches are executed: processes of this machine, or the workers of a Dask cluster.

Both are asked through `concurrent.futures.Executor`, so a sweep does not know which it has. A process of
this machine ends when its driver is gone, and keeps what it has done in checkpoints first. `Workers` are
there for as long as whoever made them wants: for one sweep, or for all the rounds of a search.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from typing import Any, Self

import attrs

from neurogate.attention.memory import keep_memory
from neurogate.config import AnySimulation
from neurogate.errors import RunError
from neurogate.runs.cluster import Watch, connect
from neurogate.runs.probe import warm

__all__ = ["WORKER_DIED", "Processes", "Workers", "died", "driver_is_gone", "local"]

WORKER_DIED: tuple[type[BaseException], ...] = (BrokenProcessPool,)
"""What a future raises if the process of this machine that worked on it is gone."""

_WATCH_S = 0.5
_ENDED_IN_S = 5.0
_HANGS_S = 30.0  # after which one that has nothing to do and does not end never will
_gone = threading.Event()
_idle = threading.Event()


@attrs.define
class Workers:
    """The workers of one sweep, or of several one after another; leaving a ``with`` block ends them.

    Parameters
    ----------
    scheduler : str
        Address of a Dask scheduler; empty for processes of this machine.

    Examples
    --------
    >>> from neurogate.config import Simulation
    >>> with Workers() as workers:
    ...     first, second = (workers.ready(Simulation(name="mine"), 1) for _ in range(2))
    >>> first is second
    True
    """

    scheduler: str = ""
    _executor: Executor | None = attrs.field(default=None, init=False)
    _watch: Watch | None = attrs.field(default=None, init=False)
    _compared: bool = attrs.field(default=False, init=False)
    _width: int = attrs.field(default=0, init=False)
    _is_warm: bool = attrs.field(default=False, init=False)
    _held: contextlib.ExitStack = attrs.field(factory=contextlib.ExitStack, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        self.end(at_once=kind is not None)

    def ready(
        self,
        simulation: AnySimulation,
        width: int,
        stop: Callable[[], bool] = lambda: False,
        retries: int = 0,
    ) -> Executor:
        """Return workers that find compiled what a simulation needs.

        Parameters
        ----------
        simulation : Simulation or WaveformSimulation
            The first of many that are alike.
        width : int
            Batches at once.
        stop : callable
            Says whether nobody wants them any more. If it does so while they compile, that is broken off;
            they are of no use then but to be ended.
        retries : int
            How often others are made if they die.

        Raises
        ------
        RequestError
            As for `neurogate.runs.cluster.connect`.
        RunError
            If they die each time or cannot begin, or the scheduler is gone.
        """
        for _ in range(retries + 1):
            if self._executor is None or self._width != width:
                self.end()
                self._executor, self._width = self._made(width), width
            if self._is_warm or width == 1 or self._warms(self._executor, simulation, stop):
                return self._executor
            self.end()
        raise RunError(
            f"Workers died before they began, {retries + 1} times. There may be too little memory for them "
            '(fewer --jobs need less), or a script calls sweep() without `if __name__ == "__main__":`. Mend '
            "that and repeat the command; what is finished is kept."
        )

    def _made(self, width: int) -> Executor:
        if not self.scheduler:
            return self._held.enter_context(local(width))
        client = self._held.enter_context(connect(self.scheduler))
        self._watch = Watch(client, self.scheduler)
        if not self._compared:
            self._watch.compare()
        self._compared = True
        return client.get_executor(pure=False)  # type: ignore[no-any-return]

    def _warms(self, executor: Executor, simulation: AnySimulation, stop: Callable[[], bool]) -> bool:
        """Compile, and say whether the worker that does so lives; if nobody wants it, it is killed."""
        try:
            warming = executor.submit(warm, simulation)
            if isinstance(executor, Processes):
                executor.begin()
            while not stop():
                if wait((warming,), _WATCH_S).done:
                    warming.result()
                    self._is_warm = True
                    return True
                self.check()
        except RunError:
            raise
        except Exception as error:
            self.check()
            if not died(error):
                raise RunError(
                    f"A worker cannot begin ({type(error).__name__}: {error}). Mend that and repeat the "
                    "command; what is finished is kept."
                ) from error
            return False
        self._kill()
        return True

    def check(self) -> bool:
        """Say whether workers of a cluster are all gone; those of this machine are replaced by `ready`.

        Raises
        ------
        RunError
            If the scheduler is gone.
        """
        return self._watch is not None and self._watch.look()

    def end(self, *, at_once: bool = False) -> None:
        """End the workers; `ready` makes new ones.

        Parameters
        ----------
        at_once : bool
            Whether those of this machine are killed; what they are at is then lost but for checkpoints.
        """
        if at_once:
            self._kill()
        self._executor = self._watch = None
        self._held.close()

    def _kill(self) -> None:
        if isinstance(self._executor, Processes):
            self._executor.kill()


def died(error: BaseException) -> bool:
    """Say whether what a future raises means that its worker is gone, here or on a cluster.

    Parameters
    ----------
    error : BaseException

    Examples
    --------
    >>> died(BrokenProcessPool()), died(ImportError("No module named 'numba'"))
    (True, False)
    """
    gone = (*WORKER_DIED, CancelledError, OSError)
    return isinstance(error, gone) or type(error).__name__ == "KilledWorker"  # Dask is loaded if it is used


def local(jobs: int) -> Executor:
    """Return `jobs` processes of this machine, made when they are needed.

    Parameters
    ----------
    jobs : int

    Examples
    --------
    >>> with local(1) as processes:
    ...     processes.submit(abs, -3).result()
    3
    """
    with _held():  # the process that tracks what they share begins here
        return Processes(jobs)


class Processes(ProcessPoolExecutor):
    """Processes whose end does not wait for ever if one of them hangs, or is killed at that very moment.

    One that waits for work holds the lock of the queue. If it is killed when all work is done, it takes the
    lock with it; the others never hear that they should end, and `ProcessPoolExecutor` waits for them.

    Ctrl-C is for the driver, which tells them what it means; a terminal sends it to all, and so it does what
    it sends when it goes (SIGHUP).

    Parameters
    ----------
    jobs : int
        How many there are at most; each is made when it is needed, or when they `begin`.
    """

    def __init__(self, jobs: int) -> None:
        context = multiprocessing.get_context("spawn")
        super().__init__(jobs, mp_context=context, initializer=_begin, initargs=(os.getpid(),))
        self.jobs = jobs

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Ask for something, as `ProcessPoolExecutor.submit`."""
        with _held():
            return super().submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes when what they were asked for is done, as `ProcessPoolExecutor.shutdown`."""
        manager: Any = self._executor_manager_thread
        processes, asked = [*(self._processes or {}).values()], self._pending_work_items
        super().shutdown(wait=False, cancel_futures=cancel_futures)
        until = math.inf
        while wait and manager is not None and manager.is_alive():
            manager.join(_WATCH_S)
            if not asked:
                until = min(until, time.monotonic() + _HANGS_S)
            if any(one.exitcode for one in processes) or time.monotonic() > until:
                manager.join(_ENDED_IN_S)  # it ends the others by itself if it has noticed
                for one in processes:
                    one.kill()

    def begin(self) -> None:
        """Make those that are not there yet, while those that are have something to do."""
        for _ in range(len(self._processes or ()), self.jobs):
            self.submit(os.getpid)

    def kill(self) -> None:
        """End the processes at once, whatever they are at."""
        for one in [*(self._processes or {}).values()]:
            one.kill()


@contextlib.contextmanager
def _held() -> Iterator[None]:
    """Block what a terminal sends: processes that begin meanwhile never get it, this one afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        resource_tracker.ensure_running()  # which unblocks Ctrl-C when it begins
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(driver: int) -> None:
    """Prepare a process: signals are the driver's, on whom it has an eye."""
    for name in {"SIGINT", "SIGHUP"} & set(dir(signal)):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    keep_memory()  # each trial needs as much as the last, and pages from the system cost a tenth of its time
    _idle.set()
    threading.Thread(target=_watch, args=(driver,), daemon=True).start()


def _watch(driver: int) -> None:
    while os.getppid() == driver:
        time.sleep(_WATCH_S)
    _gone.set()
    _idle.wait()
    os._exit(1)


@contextlib.contextmanager
def driver_is_gone() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether the driver of this process has died; meanwhile the process stays.

    Examples
    --------
    >>> with driver_is_gone() as gone:
    ...     gone()
    False
    """
    _idle.clear()
    try:
        yield _gone.is_set
    finally:
        _idle.set()
