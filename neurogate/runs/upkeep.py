"""Checking stored runs: every file is compared with what was written, and what is broken is set aside.

Here live the checks and the quarantine. What killed processes left beside the runs is removed in
`neurogate.runs.leftovers`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import json
import re
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import attrs

from neurogate.errors import RequestError
from neurogate.runs import manifest, store, sweep_folder
from neurogate.runs.formats import Newer, check_format
from neurogate.runs.index import SWEEP
from neurogate.runs.sweep_folder import SWEEP_NAME, is_sweep, read_sweep, runs_in_table

__all__ = ["QUARANTINE", "RUN_NAME", "Checked", "Tell", "inside", "is_sound", "verify"]

Tell = Callable[[str], object]
"""Is told something in a line."""

QUARANTINE = ".quarantine"
"""Where broken folders go."""

RUN_NAME = re.compile(r".+-([0-9a-f]{12})")
"""What the folder of a run is called."""

_OF_EVERY_RUN = (manifest.MANIFEST, *store.FILES)
_FORMAT_OF = {"run": ("summary.json", store.FORMAT), "sweep": (SWEEP, sweep_folder.FORMAT)}
_TRIES, _MOST_NAMED = 3, 5


@attrs.frozen
class Checked:
    """What was checked.

    Parameters
    ----------
    runs, sweeps : int
        How many folders there were of each kind.
    problems : int
        How many of them are not as they were written, or could not be read.
    missing : int
        How many runs are not there that a sweep had stored when its table was written.

    Examples
    --------
    >>> Checked(runs=20, sweeps=1, problems=0).problems
    0
    """

    runs: int
    sweeps: int
    problems: int
    missing: int = 0


def verify(out: Path, tell: Tell = lambda line: None) -> Checked:
    """Compare every run and sweep in a folder with what was written, and set aside what differs.

    A broken folder moves to ``.quarantine``, so that the next run or sweep makes it anew. A replacement that
    was killed halfway is undone. Runs that the table of a sweep lists and that are not there are named. What
    was added to a run, and what a newer version wrote, is told of and no problem as long as the files are as
    they were written.

    Parameters
    ----------
    out : pathlib.Path
        The folder that holds run folders.
    tell : callable
        Is told each problem in a line, as soon as it is found, and what is worth a remark.

    Raises
    ------
    RequestError
        If `out` is no folder that can be read.
    """
    for path in inside(out):
        if path.suffix == ".old" and RUN_NAME.fullmatch(path.stem):
            _put_back(out / path.stem[1:], tell)
    counts = {"run": 0, "sweep": 0}
    bad: set[str] = set()
    for folder in (path for path in inside(out) if path.name[0] != "."):
        try:
            kind = _kind(folder)
        except FileNotFoundError:  # others have set it aside since it was listed
            continue
        except OSError as error:
            _unknown(folder, error, tell)
            bad.add(folder.name)
            continue
        if kind:
            counts[kind] += 1
            if _is_bad(folder, _DAMAGE[kind], tell):
                bad.add(folder.name)
            else:
                _remark(folder, kind, tell)
    missing = _missing([path for path in inside(out) if SWEEP_NAME.fullmatch(path.name)], bad, tell)
    return Checked(counts["run"], counts["sweep"], len(bad), len(missing))


def inside(out: Path) -> list[Path]:
    """List what a folder of runs holds.

    Raises
    ------
    RequestError
        If it cannot be read.
    """
    try:
        return sorted(out.iterdir())
    except OSError as error:
        raise RequestError(
            f"{out} is no folder that can be read ({error.strerror}); name the folder of the runs with --out."
        ) from error


def is_sound(run: Path) -> bool:
    """Whether the folder of a run is there, and as it was written."""
    try:
        return not _run_damage(run)
    except OSError:
        return False


def _kind(folder: Path) -> str | None:
    """Say whether a folder is that of a run or a sweep, however little is left in it; others are not ours.

    A file with the name of such a folder is in its way and counts as what is left of it.
    """
    if not folder.is_dir():
        is_named_so = RUN_NAME.fullmatch(folder.name)
        return ("sweep" if SWEEP_NAME.fullmatch(folder.name) else "run") if is_named_so else None
    if SWEEP_NAME.fullmatch(folder.name) and is_sweep(folder):
        return "sweep"
    left = sum((folder / name).exists() for name in _OF_EVERY_RUN)
    if not RUN_NAME.fullmatch(folder.name):
        return "run" if left >= len(_OF_EVERY_RUN) - 1 else None
    return "run" if left or not any(folder.iterdir()) else None


def _run_damage(folder: Path) -> list[str]:
    found = manifest.damage(folder)
    named = RUN_NAME.fullmatch(folder.name)
    if found or not named:
        return found
    if _newer(folder, "run"):
        return []
    holds = json.loads((folder / "summary.json").read_bytes()).get("hash", named[1])
    return [] if holds.startswith(named[1]) else [f"it holds the run {holds[:12]}"]


def _sweep_damage(folder: Path) -> list[str]:
    if found := manifest.damage(folder):
        return found
    try:
        read_sweep(folder)
    except Newer:
        return []
    except RequestError:
        return [f"{SWEEP} is that of another sweep"]
    return []


def _newer(folder: Path, kind: str) -> str:
    """Say that a newer version wrote a folder, if one did."""
    name, known = _FORMAT_OF[kind]
    try:
        check_format(folder / name, json.loads((folder / name).read_bytes()), known)
    except Newer as error:
        return str(error)
    return ""


def _remark(folder: Path, kind: str, tell: Tell) -> None:
    """Say what is worth knowing of a folder without damage."""
    # It may be replaced or removed by now; then there is nothing to say of it.
    with contextlib.suppress(OSError, ValueError):
        if newer := _newer(folder, kind):
            tell(f"{folder} is as it was written, and no more of it was checked: {newer}")
        if kind == "run" and (added := manifest.unlisted(folder)):
            more = f" and {len(added) - _MOST_NAMED} more" if len(added) > _MOST_NAMED else ""
            names = ", ".join(added[:_MOST_NAMED])
            tell(f"{folder} holds what its manifest does not list: {names}{more}. That stays.")


def _missing(sweeps: Iterable[Path], bad: Collection[str], tell: Tell) -> set[str]:
    """Return the runs that sweeps had stored and that are gone, those that are bad left out; say where."""
    missing: set[str] = set()
    for sweep in sweeps:
        try:
            stored = runs_in_table(sweep)
        except RequestError:  # what is wrong with it has been said
            continue
        lost = sorted(name for name in stored - set(bad) if not (sweep.parent / name).exists())
        missing |= {*lost}
        if lost:
            more = ", ..." if len(lost) > _MOST_NAMED else ""
            tell(
                f"{sweep} lacks {len(lost)} of the {len(stored)} runs that it had stored: "
                f"{', '.join(lost[:_MOST_NAMED])}{more}. The command of the sweep makes them anew."
            )
    return missing


_DAMAGE = {"run": _run_damage, "sweep": _sweep_damage}


def _is_bad(folder: Path, damage: Callable[[Path], list[str]], tell: Tell) -> bool:
    """Check a folder, set it aside if it is broken, and say so."""
    for _ in range(_TRIES):
        inode = _inode(folder)
        # While it is read, it may be replaced by a whole one or set aside by others.
        try:
            found = [] if not inode else damage(folder) if folder.is_dir() else ["it is no folder"]
        except OSError as error:
            if _inode(folder) != inode:
                continue
            if error.errno != errno.EIO:
                return _unknown(folder, error, tell)
            found = [f"{error.filename} cannot be read ({error.strerror})"]
        if not found and _inode(folder) == inode:
            return False
        if found and _inode(folder) == inode and (place := _set_aside(folder, inode)):
            tell(f"{folder} is damaged: {'; '.join(found)}. {place}")
            _put_back(folder, tell)
            if _inode(folder) not in (None, inode):
                _is_bad(folder, damage, tell)
            return True
    tell(f"{folder} cannot be checked: it is being changed. Check again.")
    return True


def _put_back(run: Path, tell: Tell) -> None:
    """Undo the replacement of a run that was killed between its two steps, and say so."""
    if not run.exists():
        store.restore(run)
        if run.exists():
            tell(f"{run} is back: its replacement had been interrupted.")


def _unknown(folder: Path, error: OSError, tell: Tell) -> bool:
    tell(f"{folder} cannot be checked: {error.filename}: {error.strerror}. It stays.")
    return True


def _set_aside(folder: Path, inode: int | None) -> str | None:
    """Move a folder to the quarantine and say where it is; None if it is another one by now."""
    now = dt.datetime.now(dt.UTC)
    target = folder.parent / QUARANTINE / f"{folder.name}-{now:%Y%m%dT%H%M%S.%fZ}"
    try:
        target.parent.mkdir(exist_ok=True)
        folder.rename(target)
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"It cannot be moved to {target.parent} ({error.strerror}) and stays."
    if _inode(target) == inode:
        return f"It is now {target}; the next run or sweep makes it anew."
    with contextlib.suppress(OSError):
        target.rename(folder)
    return None


def _inode(path: Path) -> int | None:
    try:
        return path.lstat().st_ino
    except OSError:
        return None
