"""Contenders that run in turn in this process, so that what slows the machine slows all of them.

How many threads they may have is said here too.
"""

from __future__ import annotations

import contextlib
import importlib
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from threadpoolctl import threadpool_limits

__all__ = ["limited", "median_seconds"]


@contextlib.contextmanager
def limited(threads: int) -> Iterator[None]:
    """Limit threads, those of compiled loops too, of which `threadpool_limits` knows nothing.

    Parameters
    ----------
    threads : int
        At most so many; numba never takes more than the machine has.

    Examples
    --------
    >>> import numba
    >>> with limited(1):
    ...     numba.get_num_threads()
    1
    """
    numba: Any = importlib.import_module("numba")
    before = numba.get_num_threads()
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    try:
        with threadpool_limits(threads):
            yield
    finally:
        numba.set_num_threads(before)


def median_seconds(
    contenders: Mapping[str, Callable[[], Any]], repeat: int, rest: float = 0.0, warm: float = 0.0
) -> dict[str, float]:
    """Return the median seconds of each.

    Parameters
    ----------
    contenders : mapping of str to callable
        What is run, without arguments.
    repeat : int
        Runs of each, after a first one that does not count.
    rest : float
        Seconds before each turn, in which threads that wait for more work of the turn before fall asleep.
    warm : float
        Seconds of runs in each turn before the one that counts, after which threads are awake, each on a core
        of its own, and memory is at hand, as in a loop of training.

    Examples
    --------
    >>> median_seconds({"nothing": lambda: None}, 3)["nothing"] >= 0
    True
    """
    spent: dict[str, list[float]] = {name: [] for name in contenders}
    for run in range(repeat + 1):
        for name, once in contenders.items():
            time.sleep(rest)
            began = time.perf_counter()
            while (now := time.perf_counter()) - began < warm:
                once()
            began = now
            once()
            if run:
                spent[name].append(time.perf_counter() - began)
    return {name: statistics.median(seconds) for name, seconds in spent.items()}
