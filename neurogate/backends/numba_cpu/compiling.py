"""How kernels are compiled and how replicas are shared out to threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numba

__all__ = ["kernel", "over_replicas"]

_R = TypeVar("_R")


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function for one replica: strict arithmetic, no interpreter lock, cached on disk.

    Parameters
    ----------
    function : callable
        Plain Python that Numba understands.

    Examples
    --------
    >>> kernel(lambda x: x + 1)(2)
    3
    """
    return numba.njit(cache="<lambda>" not in function.__name__, nogil=True, error_model="numpy")(function)


def over_replicas(work: Callable[[int], _R], replicas: int, threads: int) -> list[_R]:
    """Call `work` for every replica, on up to `threads` threads; results come in order.

    Parameters
    ----------
    work : callable
        Takes the index of a replica; must touch that replica's arrays only.
    replicas, threads : int

    Examples
    --------
    >>> over_replicas(lambda b: 10 * b, 3, threads=2)
    [0, 10, 20]
    """
    if threads <= 1 or replicas == 1:
        return [work(b) for b in range(replicas)]
    with ThreadPoolExecutor(max_workers=min(threads, replicas)) as pool:
        return list(pool.map(work, range(replicas)))
