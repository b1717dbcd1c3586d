"""How kernels are compiled and kept on disk, and how replicas are shared out to threads.

Numba keeps compiled code until the file of its function changes. A kernel here also holds the code of
other files, so what it is kept under is the digest of all of them: none outlives a change of any.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, TypeVar

import numba

__all__ = ["in_shares", "kernel", "over_replicas", "part"]

_R = TypeVar("_R")
_log = logging.getLogger("neurogate")
_HERE = Path(__file__).parent
_PIECES = 4  # for each thread
_KERNEL: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}
_PART = {**_KERNEL, "no_cpython_wrapper": True}


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function for one replica: strict arithmetic, no interpreter lock, kept on disk if possible.

    Parameters
    ----------
    function : callable
        Plain Python that Numba understands.

    Examples
    --------
    >>> kernel(lambda x: x + 1)(2)
    3
    """
    compiled: Any = numba.njit(**_KERNEL)(function)
    try:
        compiled.enable_caching()
    except RuntimeError:  # no folder to keep code in, or a function without a file
        return compiled
    cache = compiled._cache
    cache._cache_file._source_stamp = _digest()  # Numba has no public way to say it
    cache.load_overload = functools.partial(_load, cache, cache.load_overload)
    cache.save_overload = functools.partial(_keep, cache, cache.save_overload)
    return compiled


def part(function: Callable[..., Any]) -> Any:
    """Compile a function that only kernels call: what Python would need to call it is left out.

    Parameters
    ----------
    function : callable

    Examples
    --------
    >>> twice = part(lambda x: 2 * x)
    >>> kernel(lambda x: twice(x) + 1)(3)
    7
    """
    return numba.njit(**_PART)(function)


def _load(cache: Any, load: Callable[..., Any], *arguments: Any) -> Any:
    """Load kept code, or say that there is none; what cannot be read, as after a full disk, is forgotten."""
    try:
        kept = load(*arguments)
    except Exception:  # noqa: BLE001
        _keep(cache, cache.flush)
        kept = None
    if kept is None:
        _tell()
    return kept


def _keep(cache: Any, write: Callable[..., Any], *arguments: Any) -> None:
    """Write to where code is kept; a folder that takes nothing, as a full one, costs time and not the run."""
    try:
        write(*arguments)
    except OSError as error:
        cache.disable()
        _tell_of_refusal(cache.cache_path, error.strerror or str(error))


@functools.cache
def _tell_of_refusal(folder: str, reason: str) -> None:
    """Say it once in a process."""
    _log.warning(
        "Compiled code cannot be kept in %s (%s), so every process compiles anew for some seconds; "
        "NUMBA_CACHE_DIR names another folder.",
        folder, reason,
    )  # fmt: skip


@functools.cache
def _tell() -> None:
    """Say it once in a process."""
    _log.info("Compiling the simulator for this kind of run: a few seconds, kept for later runs.")


@functools.cache
def _digest() -> str:
    """Return the digest of every source that ends up in a kernel."""
    sources = [*sorted(_HERE.glob("*.py")), _HERE.parent / "layout.py", _HERE.parent / "noise.py"]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


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


def in_shares(work: Callable[[int, int], object], replicas: int, threads: int | None) -> None:
    """Call `work` for replicas next to each other, on up to `threads` threads, the calling one among them.

    For replicas that are too short to be handed out one by one. Who is held up takes fewer of them.

    Parameters
    ----------
    work : callable
        Takes the first index and the one after the last; must touch these replicas' arrays only.
    replicas : int
    threads : int, optional
        As many as Numba would take if left out.

    Examples
    --------
    >>> in_shares(print, 5, threads=1)
    0 5
    """
    count = max(min(numba.get_num_threads() if threads is None else threads, replicas), 1)
    size = max(replicas // (_PIECES * count if count > 1 else 1), 1)
    pieces = iter([(first, min(first + size, replicas)) for first in range(0, replicas, size)])

    def take() -> None:
        for piece in pieces:
            work(*piece)

    others = [_team(count - 1).submit(take) for _ in range(1, count)]
    try:
        take()
    finally:  # who has not begun finds nothing left
        begun = [other for other in others if not other.cancel()]
        wait(begun)
    for other in begun:
        other.result()


@functools.cache
def _team(count: int) -> ThreadPoolExecutor:
    """Return threads that stay: to start one can take as long as a share."""
    return ThreadPoolExecutor(max_workers=count)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_team.cache_clear)  # a child has none of its parent's threads
