"""Where batches are executed: processes of this machine, or the workers of a Dask cluster.

Both are asked through `concurrent.futures.Executor`, so a sweep does not know which it has. A process of
this machine ends when its driver is gone, and keeps what it has done in checkpoints first. `Workers` are
there for as long as whoever made them wants: for one sweep, or for all the rounds of a search.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, NamedTuple, Self

import attrs

from neurogate.config import AnySimulation
from neurogate.errors import RequestError
from neurogate.runs.probe import warm

__all__ = ["WORKER_DIED", "Cluster", "Processes", "Workers", "cluster", "connect", "driver_is_gone", "local"]

WORKER_DIED: tuple[type[BaseException], ...] = (BrokenProcessPool,)
"""What a future raises if the process that worked on it is gone."""

_CONNECT_S = 10
_ADDRESS = re.compile(r"(?:(?:tcp|tls|ucx|wss?)://)?(?:\[[^\[\]/]+\]|[^\[\]/:\s]+):(\d{1,5})")
_WATCH_S = 0.5
_ENDED_IN_S = 5.0
_NO_LIMIT = 8e9  # bytes of a worker that does not say how many it may take
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
    _width: int = attrs.field(default=0, init=False)
    _is_warm: bool = attrs.field(default=False, init=False)
    _held: contextlib.ExitStack = attrs.field(factory=contextlib.ExitStack, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        self.end(at_once=kind is not None)

    def ready(
        self, simulation: AnySimulation, width: int, stop: Callable[[], bool] = lambda: False
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

        Raises
        ------
        RequestError
            As for `connect`.
        """
        if self._executor is None or self._width != width:
            self.end()
            made = connect(self.scheduler) if self.scheduler else local(width)
            self._executor, self._width = self._held.enter_context(made), width
        if not self._is_warm and width > 1:
            warming = self._executor.submit(warm, simulation)
            while not (stops := stop()) and not wait((warming,), _WATCH_S).done:
                pass
            if stops:
                self._kill()
            else:
                warming.result()
                self._is_warm = True
        return self._executor

    def end(self, *, at_once: bool = False) -> None:
        """End the workers; `ready` makes new ones.

        Parameters
        ----------
        at_once : bool
            Whether those of this machine are killed; what they are at is then lost but for checkpoints.
        """
        if at_once:
            self._kill()
        self._executor = None
        self._held.close()

    def _kill(self) -> None:
        if isinstance(self._executor, Processes):
            self._executor.kill()


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
    context = multiprocessing.get_context("spawn")
    return Processes(jobs, mp_context=context, initializer=_begin, initargs=(os.getpid(),))


class Processes(ProcessPoolExecutor):
    """Processes whose end does not wait for ever if one of them is killed at that very moment.

    One that waits for work holds the lock of the queue. If it is killed when all work is done, it takes the
    lock with it; the others never hear that they should end, and `ProcessPoolExecutor` waits for them.
    """

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes when what they were asked for is done, as `ProcessPoolExecutor.shutdown`."""
        manager: Any = self._executor_manager_thread
        processes = [*(self._processes or {}).values()]
        super().shutdown(wait=False, cancel_futures=cancel_futures)
        while wait and manager is not None and manager.is_alive():
            manager.join(_WATCH_S)
            if any(one.exitcode for one in processes):
                manager.join(_ENDED_IN_S)  # it ends the others by itself if it has noticed
                for one in processes:
                    one.kill()

    def kill(self) -> None:
        """End the processes at once, whatever they are at."""
        for one in [*(self._processes or {}).values()]:
            one.kill()


def _begin(driver: int) -> None:
    """Prepare a process: one thread for linear algebra, and an eye on the driver."""
    # What is to be limited must be loaded.
    import numpy as np  # noqa: F401
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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


@contextlib.contextmanager
def connect(address: str) -> Iterator[Executor]:
    """Yield the workers of an existing Dask cluster.

    Parameters
    ----------
    address : str
        Of the scheduler, as ``tcp://host:8786``.

    Raises
    ------
    RequestError
        If Dask is not installed, the address is none, nothing answers there, or it has no workers.
    """
    with _client(address) as client:
        yield client.get_executor(pure=False)


class Cluster(NamedTuple):
    """What a Dask cluster has to offer.

    Parameters
    ----------
    threads : int
        Tasks that it works on at once.
    each_mb : float
        Memory that each of them may take: half of a thread's share in the memory of its worker, where that is
        smallest.

    Examples
    --------
    >>> Cluster(threads=320, each_mb=1000.0).threads
    320
    """

    threads: int
    each_mb: float


def cluster(address: str) -> Cluster:
    """Ask a Dask cluster what it has to offer.

    Parameters
    ----------
    address : str

    Raises
    ------
    RequestError
        As for `connect`.
    """
    with _client(address) as client:
        workers = list(client.scheduler_info()["workers"].values())
    shares = [(one["memory_limit"] or _NO_LIMIT) / one["nthreads"] for one in workers]
    return Cluster(sum(one["nthreads"] for one in workers), min(shares) / 2 / 1e6)


@contextlib.contextmanager
def _client(address: str) -> Iterator[Any]:
    _check_address(address)  # a client that is given another one fails once more when it is cleared away
    try:
        from distributed import Client
    except ImportError as error:
        raise RequestError(
            f'A scheduler needs Dask, which is missing ({error}); pip install "neurogate[dask]".'
        ) from None
    try:
        client: Any = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise RequestError(
            f"No Dask scheduler answers at {address} within {_CONNECT_S} s ({error}); "
            "start one with `dask scheduler`, or leave --scheduler out to use this machine."
        ) from error
    with client:
        if not client.nthreads():
            raise RequestError(
                f"The Dask scheduler at {address} has no workers; start one with `dask worker {address}`."
            )
        yield client


def _check_address(address: str) -> None:
    """Refuse what cannot be the address of a scheduler.

    Examples
    --------
    >>> _check_address("tcp://host")
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: The scheduler's address is tcp://host; it must be as tcp://host:8786, ...
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found[1]) < 2**16:
        raise RequestError(
            f"The scheduler's address is {address}; it must be as tcp://host:8786, its port from 1 to 65535. "
            "Give what `dask scheduler` says when it starts, or leave --scheduler out to use this machine."
        )
