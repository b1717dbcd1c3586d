"""One process at a time, for the few milliseconds in which two must not decide at once.

Here live the lock of a folder of runs, which the system takes back from a process that dies, and the time
as the disk that holds the folder tells it. What is decided under the lock stands in `neurogate.runs.lease`
and `neurogate.runs.index`.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["disk_time_s", "locked"]

_LOCK = ".lock"
_PATIENCE_S = 10.0
_TURN_S = 0.002


@contextlib.contextmanager
def locked(out: Path) -> Iterator[bool]:
    """Hold the lock of a folder of runs, and yield whether it could be had.

    Some systems and file systems know no such lock, and a process may be stopped while it holds it. Nobody
    waits for ever, so what is done here must be safe without it, if only rarely wrong.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as out, locked(Path(out)) as alone:
    ...     alone
    True
    """
    try:
        handle = os.open(out / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        yield False
        return
    alone = _lock(handle)
    try:
        yield alone
    finally:
        if alone:
            # Closing is not enough: a child that was forked meanwhile has the handle too.
            _flock(handle, "LOCK_UN")
        os.close(handle)


def disk_time_s(out: Path) -> float:
    """Return the time that the disk would give to a file now: clocks of machines that share one differ.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as out:
    ...     abs(disk_time_s(Path(out)) - time.time()) < 60
    True
    """
    try:
        handle = os.open(out / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        return time.time()
    try:
        os.utime(handle)
        return os.fstat(handle).st_mtime
    except OSError:
        return time.time()
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        try:
            _flock(handle, "LOCK_EX", "LOCK_NB")
        except BlockingIOError:
            time.sleep(_TURN_S)
        except (OSError, ImportError):
            return False
        else:
            return True
    return False


def _flock(handle: int, *flags: str) -> None:
    import fcntl  # Windows has none

    fcntl.flock(handle, sum(getattr(fcntl, flag) for flag in flags))
