"""A disk that refuses: every operation that changes something below a folder can be made to fail.

Which operations there are is not written down but found: those of a command that goes well are counted, and
then the first, the second and so on is refused in turn.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import inspect
import io
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import attrs

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_OPERATIONS = ("mkdir", "rename", "replace", "rmdir", "unlink", "utime", "fsync", "write")
_NEEDS_NO_SPACE = ("rmdir", "unlink", "utime")


@attrs.define
class Disk:
    """Counts what changes something below `root`, and refuses it when its turn comes.

    Parameters
    ----------
    root : pathlib.Path
    error : int
        The number of the error with which the system refuses.
    first, last : int
        The operations that are refused, counted from 0.
    """

    root: Path
    error: int = errno.ENOSPC
    first: int = 1 << 60
    last: int = 1 << 60
    asked: int = 0
    sites: list[str] = attrs.field(factory=list)

    def ask(self, name: str, *paths: Any) -> None:
        """Count an operation, and refuse it if it is its turn."""
        inside = [path for path in map(_path, paths) if path and path.startswith(f"{self.root}")]
        if not inside or (self.error == errno.ENOSPC and name in _NEEDS_NO_SPACE):
            return
        number, self.asked = self.asked, self.asked + 1
        self.sites.append(f"{name} in {_caller()}")
        if self.first <= number <= self.last:
            if name == "sqlite":
                raise sqlite3.OperationalError("database or disk is full")
            raise OSError(self.error, os.strerror(self.error), inside[0])

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Stand between Python and the system."""
        with contextlib.ExitStack() as stack:
            for name in _OPERATIONS:
                stack.enter_context(mock.patch.object(os, name, self._asking(name, getattr(os, name))))
            stack.enter_context(mock.patch.object(os, "open", self._opening(os.open)))
            stack.enter_context(mock.patch.object(sqlite3, "connect", self._connecting(sqlite3.connect)))
            opened = self._files(io.open)
            stack.enter_context(mock.patch.object(io, "open", opened))
            stack.enter_context(mock.patch.object(builtins, "open", opened))
            yield

    def _asking(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def asking(*arguments: Any, **options: Any) -> Any:
            self.ask(name, *arguments[: 2 if name in ("rename", "replace") else 1])
            return real(*arguments, **options)

        return asking

    def _opening(self, real: Callable[..., int]) -> Callable[..., int]:
        def opening(path: Any, flags: int, *rest: Any, **options: Any) -> int:
            if flags & _WRITES:
                self.ask("open", path)
            return real(path, flags, *rest, **options)

        return opening

    def _connecting(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def connecting(path: Any, *rest: Any, **options: Any) -> Any:
            self.ask("sqlite", path)
            return real(path, *rest, **options)

        return connecting

    def _files(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def opened(file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
            path = _path(file)
            if not (path and path.startswith(f"{self.root}") and set(mode) & set("wax+")):
                return real(file, mode, *rest, **options)
            self.ask("open", path)
            raw = _Raw(file, mode.replace("b", "").replace("t", ""), self)
            if options.get("buffering", rest[0] if rest else -1) == 0:
                return raw
            buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding="utf-8")

        return opened


class _Raw(io.FileIO):
    """A file whose every writing asks first."""

    def __init__(self, path: Any, mode: str, disk: Disk) -> None:
        super().__init__(path, mode)
        self.disk, self.path = disk, path

    def write(self, data: Any) -> int:
        self.disk.ask("write", self.path)
        return super().write(data)


def _path(thing: Any) -> str:
    if isinstance(thing, int):
        with contextlib.suppress(OSError):
            return os.readlink(f"/proc/self/fd/{thing}")  # noqa: PTH115  Path would ask again
        return ""
    try:
        return os.path.abspath(os.fspath(thing))  # noqa: PTH100
    except TypeError:
        return ""


def _caller() -> str:
    """Return the function of neurogate that is at work."""
    frame = inspect.currentframe()
    while frame is not None:
        if "/neurogate/" in frame.f_code.co_filename:
            return f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}"
        frame = frame.f_back
    return "elsewhere"
