"""The program itself, called as users call it, and what can be seen of it from outside.

Here live calls of `neurogate`, its processes, what it says, and how often it takes the lease of a run.
Nothing is changed in the processes: Linux tells of them.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from neurogate.runs.lease import Holder
from tests.reliability.tiny import CHANGES

TINY = ("sweep", "what_when", *(word for change in CHANGES for word in ("--set", change)))
"""A sweep of runs that take milliseconds, but for what is varied in it."""

Process = tuple[int, str]
"""Its number and when it was born: numbers are given again."""

LONGEST_S = 600.0
"""No sweep here needs as long."""

_DONE = re.compile(r"^\[\d+/\d+\] done: (.*?)(?: \(\S+ runs/min, .*\))?$", re.MULTILINE)
_EVENT = struct.Struct("iIII")
_CREATED, _MOVED_TO, _TOO_MANY = 0x100, 0x80, 0x4000


def called(*words: str, said: Path | None = None) -> subprocess.Popen[bytes]:
    """Call `neurogate`; what it says is added to a file, if there is one."""
    with contextlib.ExitStack() as held:
        file = held.enter_context(said.open("ab")) if said else None
        return subprocess.Popen(
            [sys.executable, "-m", "neurogate", *words], stdout=subprocess.DEVNULL, stderr=file
        )


def told_done(said: Path) -> list[str]:
    """Return what is special about each run that a sweep said to be done, in this order."""
    return _DONE.findall(said.read_text("utf-8")) if said.exists() else []


def ended(driver: subprocess.Popen[bytes], said: Path) -> list[str]:
    """Wait until a sweep ends; say so if it failed."""
    code = driver.wait(LONGEST_S)
    return [f"a driver ended with {code}: {last_words(said)}"] if code else []


def send(signal_: signal.Signals, processes: list[int]) -> None:
    """Send a signal to those processes that have not ended."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal_)


def last_words(said: Path) -> str:
    """Return the last line of what was said."""
    return (said.read_text("utf-8").splitlines() or ["nothing"])[-1]


def workers(driver: int) -> set[Process]:
    """Return the processes of a sweep that execute runs: another one cleans up after them."""
    its = {child for child in _children(driver) if b"spawn_main" in _read(Path(f"/proc/{child}/cmdline"))}
    return {(child, when) for child in its if (when := born(child))}


def born(process: int) -> str:
    """Return when a process was born, or nothing if it has ended."""
    state, *rest = _read(Path(f"/proc/{process}/stat")).rpartition(b")")[2].split() or [b"Z"]
    return "" if state == b"Z" else rest[18].decode()


def _children(process: int) -> set[int]:
    tasks = Path("/proc").glob(f"{process}/task/*/children")
    return {int(child) for task in tasks for child in _read(task).split()}


def _read(path: Path) -> bytes:
    """Read what the system says of a process, which may have ended by now."""
    with contextlib.suppress(OSError):
        return path.read_bytes()
    return b""


def alive(processes: set[Process]) -> set[Process]:
    """Return those of some processes that have not ended."""
    return {one for one in processes if born(one[0]) == one[1]}


def unended(out: Path) -> list[str]:
    """Say what is left, or is not there, where a sweep has ended."""
    left = [path.name for path in out.glob(".*") if path.suffix in (".lease", ".checkpoint")]
    made = ("report.html", "table.csv")
    missing = [name for name in made if not any(out.glob(f"*-sweep-*/{name}"))]
    return [*(f"{name} is left" for name in left), *(f"there is no {name}" for name in missing)]


def under_way(out: Path, driver: int) -> set[str]:
    """Return the names of the runs whose lease a driver has and that are not stored."""
    return {name for name in map(_run_of, out.glob(".*.lease")) if _has(driver, out, name)}


def _has(driver: int, out: Path, name: str) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return Holder.read(out / f".{name}.lease").pid == driver and not (out / name).exists()
    return False


def _run_of(lease: Path) -> str:
    return lease.name.removeprefix(".").removesuffix(".lease")


class Begun:
    """Tells which runs are begun in a folder: the system says whenever a lease is taken."""

    def __init__(self, out: Path) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self._events = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if library.inotify_add_watch(self._events, bytes(out), _CREATED | _MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), "cannot watch", str(out))

    def since(self) -> list[str]:
        """Return the names of the runs that were begun since this was asked, as often as they were."""
        return [_run_of(path) for path in map(Path, self._names()) if path.suffix == ".lease"]

    def close(self) -> None:
        os.close(self._events)

    def _names(self) -> Iterator[str]:
        with contextlib.suppress(BlockingIOError):
            while some := os.read(self._events, 1 << 16):
                while some:
                    _, kind, _, length = _EVENT.unpack_from(some)
                    if kind & _TOO_MANY:
                        raise RuntimeError("More happened than the system keeps for who asks so seldom.")
                    name, some = some[_EVENT.size : _EVENT.size + length], some[_EVENT.size + length :]
                    yield name.rstrip(b"\0").decode()
