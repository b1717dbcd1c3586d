"""What killed processes left beside the runs, and removing it.

Here lives telling leftovers from what somebody may still be at work on; nothing else is ever deleted. Whether
runs are as they were written is checked in `neurogate.runs.upkeep`.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import attrs

from neurogate import files
from neurogate.runs import manifest
from neurogate.runs.lease import holder
from neurogate.runs.lock import disk_time_s, locked
from neurogate.runs.upkeep import QUARANTINE, Tell, inside, is_sound

__all__ = ["Freed", "bytes_text", "gc"]

_UNFINISHED = re.compile(r"\.(.+?)(?:\.checkpoint|\.lease)?\.[0-9a-f]{12}\.tmp(?:-wal|-shm)?")
_HOLDS_MORE = re.compile(r".+-(?:sweep|tune)-[0-9a-f]{12}")
_LEFT = re.compile(r"\.(.+-[0-9a-f]{12})\.(lease|checkpoint|old)")
_STALE_S = 3600.0

_Mark = tuple[int, int]


@attrs.frozen
class Freed:
    """What was removed.

    Parameters
    ----------
    things : int
        How many files and folders.
    size : int
        Bytes that they held.
    refused : int
        How many could not be removed.

    Examples
    --------
    >>> Freed(things=2, size=4096, refused=0).size
    4096
    """

    things: int = 0
    size: int = 0
    refused: int = 0


class _Leftover(NamedTuple):
    path: Path
    what: str
    stays: str  # why it is not removed; empty if it is
    mark: _Mark
    size: int


def gc(out: Path, tell: Tell = lambda line: None, *, dry_run: bool = False) -> Freed:
    """Remove what killed processes left beside the runs in a folder.

    That is: unfinished folders and files that nobody has touched for an hour, those in the folders of sweeps
    and searches too; leases of processes that are gone, checkpoints of runs that are done, runs that were
    replaced. Everything else stays.

    Parameters
    ----------
    out : pathlib.Path
        The folder that holds run folders.
    tell : callable
        Is told in a line what is removed, and what stays though it looks like a leftover.
    dry_run : bool
        Only say what would be removed.

    Raises
    ------
    RequestError
        If `out` is no folder that can be read.
    """
    freed = Freed()
    for path in _inside(out):
        try:
            found = _judged(path, out)
            if found is not None:
                freed = _cleared(found, out, freed, tell, dry_run=dry_run)
        except FileNotFoundError:
            continue  # whoever left it is alive and has removed it
        except OSError as error:
            tell(f"{path} cannot be removed: {error.strerror}.")
            freed = attrs.evolve(freed, refused=freed.refused + 1)
    _tell_of_quarantine(out / QUARANTINE, tell)
    return freed


def _inside(out: Path) -> Iterator[Path]:
    """List what a folder of runs holds, and what is hidden in the folders of sweeps and searches."""
    for path in inside(out):
        yield path
        if _HOLDS_MORE.fullmatch(path.name):
            yield from sorted([*path.glob(".*"), *path.glob("failed/.*")])


def _judged(path: Path, out: Path) -> _Leftover | None:
    """Say what a hidden file or folder was, and why it stays if it does; None if it is no leftover."""
    if match := _UNFINISHED.fullmatch(path.name):
        user = out / match[1] if path.parent == out else path.parent
        return _leftover(path, "unfinished", _use(path, user))
    match = _LEFT.fullmatch(path.name)
    if not match or path.parent != out:
        return None
    run = path.with_name(match[1])
    if match[2] == "old":
        whole = is_sound(run)
        return _leftover(
            path, "replaced", "" if whole else "what replaced it is not whole; verify comes first"
        )
    if holder(run) is not None:
        return None
    if match[2] == "lease":
        return _leftover(path, "its holder is gone")
    return _leftover(path, "its run is done", _rerun(path, run)) if is_sound(run) else None


def _leftover(path: Path, what: str, stays: str = "") -> _Leftover:
    return _Leftover(path, what, stays, _mark(path), _size(path))


def _use(path: Path, user: Path) -> str:
    """Say why something unfinished may be in use, if it may, by who works on a run or a search."""
    if holder(user) is not None:
        return f"{user.name} is being executed"
    quiet_s = disk_time_s(user.parent) - max(inner.lstat().st_mtime for inner in _all(path))
    return "" if quiet_s > _STALE_S else "it changed within the last hour"


def _rerun(checkpoint: Path, run: Path) -> str:
    """Say so if a checkpoint is younger than the run: then it was begun once more, with --force."""
    younger = checkpoint.stat().st_mtime_ns > (run / manifest.MANIFEST).stat().st_mtime_ns
    return "a repetition with --force continues from it" if younger else ""


def _cleared(found: _Leftover, out: Path, freed: Freed, tell: Tell, *, dry_run: bool) -> Freed:
    def say(end: str) -> None:
        tell(f"{found.path} ({found.what}, {bytes_text(found.size)}) {end}.")

    if found.stays:
        say(f"stays: {found.stays}")
        return freed
    if not dry_run and not _remove(found, out):
        say("stays: it has just been changed")
        return freed
    say("would be removed" if dry_run else "is removed")
    return attrs.evolve(freed, things=freed.things + 1, size=freed.size + found.size)


def _remove(found: _Leftover, out: Path) -> bool:
    """Remove what was judged, unless it is not the same by now."""
    doomed = files.hidden_sibling(found.path, "tmp")
    with locked(out):
        found.path.rename(doomed)
        if _mark(doomed) != found.mark:
            doomed.rename(found.path)
            return False
    if doomed.is_dir():
        shutil.rmtree(doomed)
    else:
        doomed.unlink()
    return True


def _mark(path: Path) -> _Mark:
    """Return what changes when something is replaced, or beats."""
    status = path.lstat()
    return status.st_ino, status.st_mtime_ns


def _all(path: Path) -> list[Path]:
    return [path, *path.rglob("*")]


def _size(path: Path) -> int:
    return sum(inner.lstat().st_size for inner in _all(path) if not inner.is_dir())


def _tell_of_quarantine(place: Path, tell: Tell) -> None:
    with contextlib.suppress(OSError):
        held = len(list(place.iterdir()))
        if held:
            what, them = ("1 folder", "it") if held == 1 else (f"{held} folders", "them")
            tell(f"{place} holds {what} ({bytes_text(_size(place))}): look at {them}, then delete {them}.")


def bytes_text(size: float) -> str:
    """Write a number of bytes.

    Examples
    --------
    >>> bytes_text(12), bytes_text(2_345_000)
    ('12 B', '2.35 MB')
    """
    for unit in ("B", "kB", "MB"):
        if size < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"
