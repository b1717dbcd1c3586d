"""What of this machine a process may use: its cores and its memory.

A batch system, ``taskset`` or a container allots less than there is; Linux says so in the affinity of the
process and in its control groups. What is made of that is decided by whoever asks.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["cores", "free_mb"]

_GUESS_MB = 8192.0
_V2 = "memory.max", "memory.current", ""
_V1 = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"


def cores(root: Path = Path("/")) -> int:
    """Return how many cores this process may use.

    Those it may run on, but no more than each control group around it may keep busy, rounded up.

    Parameters
    ----------
    root : pathlib.Path
        Where ``proc`` and ``sys`` are.

    Examples
    --------
    >>> 1 <= cores() <= os.cpu_count()
    True
    """
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min([usable, *map(math.ceil, _quotas(root))])


def free_mb(root: Path = Path("/")) -> float:
    """Return the memory that this process can still take, or a guess where the machine does not say.

    The least of what the machine has available and what each control group around the process has left.
    Files that are in memory for the next reader only give way to a process, so they do not count as used.

    Parameters
    ----------
    root : pathlib.Path
        Where ``proc`` and ``sys`` are.

    Examples
    --------
    >>> free_mb() > 0
    True
    """
    found = [*_available(root / "proc/meminfo"), *_left(root)]
    return max(min(found) / 1e6, 1.0) if found else _GUESS_MB


def _available(meminfo: Path) -> Iterator[int]:
    for name, words in _fields(meminfo).items():
        if name == "MemAvailable:":
            yield 1024 * int(words[0])


def _left(root: Path) -> Iterator[int]:
    """Yield the bytes that each control group around this process leaves."""
    for group, kind in _groups(root, "memory"):
        yield from _left_in(group, *(_V1 if kind else _V2))


def _left_in(group: Path, limit: str, usage: str, prefix: str) -> Iterator[int]:
    # No limit is the word max, no file or a number larger than any memory.
    with contextlib.suppress(OSError, ValueError):
        most, used = (int((group / name).read_text()) for name in (limit, usage))
        stat = _fields(group / "memory.stat")
        kept = sum(int(stat[f"{prefix}{name}_file"][0]) for name in ("active", "inactive"))
        yield most - used + kept


def _quotas(root: Path) -> Iterator[float]:
    """Yield how many cores each control group around this process may keep busy."""
    for group, kind in _groups(root, "cpu"):
        # No limit is the word max, no file or a negative number.
        with contextlib.suppress(OSError, ValueError):
            files = ("cpu.cfs_quota_us", "cpu.cfs_period_us") if kind else ("cpu.max",)
            quota, period = (int(word) for name in files for word in (group / name).read_text().split())
            if quota > 0 < period:
                yield quota / period


def _groups(root: Path, kind: str) -> Iterator[tuple[Path, str]]:
    """Yield the control groups around this process; those of the first version with their kind."""
    with contextlib.suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, kinds, path = line.split(":", 2)
            if not kinds or kind in kinds.split(","):
                mine, inner = kind if kinds else "", Path(path.lstrip("/"))
                for group in (inner, *inner.parents):
                    yield root / "sys/fs/cgroup" / mine / group, mine


def _fields(path: Path) -> dict[str, list[str]]:
    """Read lines of a name and what is said of it."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    return {name: words for name, *words in (line.split() for line in lines if line.strip())}
