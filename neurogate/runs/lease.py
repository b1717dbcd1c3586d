"""Who executes a run: a lease beside its folder, so that two drivers on one store execute each run once.

Here live taking, keeping alive, taking over and giving back. A lease is a promise of work, never of truth:
who finds the folder of a run uses it, whoever made it, and who comes late may still store the same bits.

The lease of ``<name>-<hash12>`` is the hidden file ``.<name>-<hash12>.lease``, made by exclusive create; its
time of change is the heartbeat. It is taken over after two missed heartbeats, or at once if its holder was a
process of this machine that is dead.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import os
import platform
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs

from neurogate import files
from neurogate.errors import RunError
from neurogate.runs.lock import disk_time_s, locked

__all__ = ["Holder", "Leases", "holder", "lease_of"]

_LOG = logging.getLogger(__name__)
_HEARTBEAT_S = 15.0
_LONGEST_S = 3600.0
_WRITTEN_IN_S = 1.0
_MISSED = 2


@attrs.frozen
class Holder:
    """What a lease says of the process that holds it.

    Parameters
    ----------
    host : str
        Its machine, told apart from others of the same name, and from itself after a restart.
    pid : int
        Its number there.
    token : str
        Random, so that a process can tell its own lease from one that replaced it.
    heartbeat_s : float
        How often it says that it lives.

    Examples
    --------
    >>> Holder("node7", 4242, "5f2c", 15.0).pid
    4242
    """

    host: str
    pid: int
    token: str
    heartbeat_s: float

    @classmethod
    def read(cls, lease: Path) -> Holder:
        """Read a lease; one that makes no sense is being written this very moment, or its writer is dead."""
        try:
            read = cls(**json.loads(lease.read_text("utf-8")))
            if 0.0 < read.heartbeat_s <= _LONGEST_S and read.pid > 0:
                return read
        except (ValueError, TypeError):
            pass
        return cls("", 0, "", _WRITTEN_IN_S)


def lease_of(folder: Path) -> Path:
    """Return where the lease of a run folder is.

    Examples
    --------
    >>> lease_of(Path("runs/what_when-0123456789ab")).name
    '.what_when-0123456789ab.lease'
    """
    return folder.with_name(f".{folder.name}.lease")


def holder(folder: Path) -> Holder | None:
    """Return who is executing a run, or None if nobody is who is known to live.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as out, Leases() as leases:
    ...     run = Path(out) / "what_when-0123456789ab"
    ...     before = holder(run)
    ...     taken = leases.acquire(run)
    ...     before, taken, holder(run).pid == os.getpid()
    (None, True, True)
    """
    return _living(lease_of(folder))


def _living(lease: Path) -> Holder | None:
    try:
        found, beat_s = Holder.read(lease), lease.stat().st_mtime
    except FileNotFoundError:
        return None
    # A heartbeat far in the future is none either: a clock was set back, and nobody has beaten since.
    if abs(disk_time_s(lease.parent) - beat_s) > _MISSED * found.heartbeat_s:
        return None
    return None if found.host == _host() and not _lives(found.pid) else found


@attrs.define
class Leases:
    """The leases of one driver; one thread keeps them all alive. Leaving a ``with`` block gives them back.

    Parameters
    ----------
    heartbeat_s : float
        How often the leases are renewed. A driver that says nothing for twice as long loses them.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as out, Leases() as mine, Leases() as theirs:
    ...     run = Path(out) / "what_when-0123456789ab"
    ...     first = mine.acquire(run), theirs.acquire(run)
    ...     mine.release(run)
    ...     first, theirs.acquire(run)
    ((True, False), True)
    """

    heartbeat_s: float = _HEARTBEAT_S
    _held: set[Path] = attrs.field(factory=set, init=False)
    _missed: set[Path] = attrs.field(factory=set, init=False)
    _token: str = attrs.field(factory=lambda: secrets.token_hex(8), init=False)
    _guard: threading.Lock = attrs.field(factory=threading.Lock, init=False)
    _stop: threading.Event = attrs.field(factory=threading.Event, init=False)
    _thread: threading.Thread | None = attrs.field(default=None, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def held(self) -> frozenset[Path]:
        """The run folders whose leases are held; one that others took over is no longer among them."""
        with self._guard:
            return frozenset(self._held)

    def acquire(self, folder: Path) -> bool:
        """Take the lease of a run folder if nobody who lives has it; say whether it is held now.

        Whoever had it before may have finished the run: look for its folder after this, not before.

        Raises
        ------
        RunError
            If the disk refuses the lease.
        """
        if folder in self.held:
            return True
        try:
            taken = self._take(folder)
        except OSError as error:
            raise RunError(
                f"The lease {lease_of(folder)} cannot be written: {error.strerror or error}. "
                "Mend that and repeat the command; it continues where it stopped."
            ) from error
        if taken:
            with self._guard:
                self._held.add(folder)
            self._start()
        return taken

    def release(self, folder: Path) -> None:
        """Give a lease back if it is still held, or remove that of a process that is gone.

        A disk that refuses leaves it to grow old.
        """
        with self._guard:
            self._held.discard(folder)
        lease = lease_of(folder)
        if not lease.exists():
            return
        with contextlib.suppress(OSError), locked(folder.parent):
            if self._may_remove(lease):
                _remove(lease, self._may_remove)

    def close(self) -> None:
        """Give all leases back and end the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        for folder in self.held:
            self.release(folder)

    def _take(self, folder: Path) -> bool:
        lease, content = lease_of(folder), self._content()
        if _create(lease, content):
            return True
        if holder(folder) is not None:
            return False
        with locked(folder.parent):
            # Under the lock nobody else takes over or gives back: what is dead stays so until it is replaced.
            if not lease.exists():
                return _create(lease, content)
            if holder(folder) is not None:
                return False
            with files.replacing(lease) as file:
                file.write(content)
            return True

    def _content(self) -> bytes:
        mine = Holder(_host(), os.getpid(), self._token, self.heartbeat_s)
        return json.dumps(attrs.asdict(mine)).encode()

    def _is_mine(self, lease: Path) -> bool:
        return Holder.read(lease).token == self._token

    def _may_remove(self, lease: Path) -> bool:
        return self._is_mine(lease) or _living(lease) is None

    def _start(self) -> None:
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._beat, name="neurogate leases", daemon=True)
            self._thread.start()

    def _beat(self) -> None:
        while not self._stop.wait(self.heartbeat_s):
            for folder in self.held:
                # A disk in trouble is no reason to stop: at worst others take over.
                with contextlib.suppress(OSError):
                    self._renew(folder)

    def _renew(self, folder: Path) -> None:
        lease = lease_of(folder)
        if not lease.exists() and folder not in self._missed:
            self._missed.add(folder)  # somebody who looks whether it is dead may have it for a moment
        elif lease.exists() and self._is_mine(lease):
            os.utime(lease)
            self._missed.discard(folder)
        elif folder in self.held:
            _LOG.warning("The lease of %s is lost; whoever else executes the run stores the same.", folder)
            with self._guard:
                self._held.discard(folder)


def _create(lease: Path, content: bytes) -> bool:
    """Make a lease unless there is one; whoever is killed meanwhile leaves it whole, or none."""
    if lease.exists():
        return False
    written = files.hidden_sibling(lease, "tmp")
    try:
        _write(written, content)
        try:
            os.link(written, lease)
        except FileExistsError:
            return False
        except OSError:  # files have one name each here
            return _written_in_place(lease, content)
        return True
    finally:
        written.unlink(missing_ok=True)


def _written_in_place(lease: Path, content: bytes) -> bool:
    try:
        _write(lease, content)
    except FileExistsError:
        return False
    except OSError:
        lease.unlink(missing_ok=True)
        raise
    return True


def _write(path: Path, content: bytes) -> None:
    with path.open("xb", buffering=0) as file:
        file.write(content)


def _remove(lease: Path, may: Callable[[Path], bool]) -> None:
    """Remove a lease unless others have just taken it over, which they can where there is no lock."""
    doomed = files.hidden_sibling(lease, "tmp")
    lease.rename(doomed)
    may_go = False
    with contextlib.suppress(OSError):
        may_go = may(doomed)
    if not may_go:
        _put_back(doomed, lease)
    doomed.unlink(missing_ok=True)


def _put_back(doomed: Path, lease: Path) -> None:
    """Give a lease its name again, unless somebody has just taken that."""
    try:
        os.link(doomed, lease)
    except FileExistsError:
        pass
    except OSError:  # files have one name each here
        doomed.rename(lease)


@functools.cache
def _host() -> str:
    """Name this machine, this start of it and, in a container, the processes that it sees."""
    parts = [platform.node()]
    with contextlib.suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip())
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(parts)


def _lives(pid: int) -> bool:
    # Signal 0 only asks on POSIX; on Windows it would end the process.
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    with contextlib.suppress(OSError):  # what has ended keeps its number until its parent asks for it
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    return True
