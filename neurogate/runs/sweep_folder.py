"""The folder of a sweep: which runs it consists of, in order, and what was made of them.

Here live writing and reading ``sweep.json``. The runs lie beside it, where other sweeps find them too; they
are put together in `neurogate.runs.collection`.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import json
import logging
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neurogate import files
from neurogate.config.sweep import Point
from neurogate.errors import RequestError, RunError
from neurogate.runs import manifest, store
from neurogate.runs.formats import check_format
from neurogate.runs.index import SWEEP

__all__ = [
    "FORMAT",
    "SWEEP_NAME",
    "TABLE",
    "changed_at",
    "folder_of",
    "is_sweep",
    "is_there",
    "keep_log",
    "log_of",
    "logged_at",
    "open_folder",
    "read_log",
    "read_sweep",
    "runs_in_table",
]

_LOG = logging.getLogger(__name__)

FORMAT = 1
"""Of ``sweep.json``; a larger one was written by a later version."""

SWEEP_NAME = re.compile(r".+-sweep-([0-9a-f]{12})")
"""What the folder of a sweep is called."""

TABLE = "table.csv"
"""The file that holds settings and metrics of the runs that are stored."""


def folder_of(points: Sequence[Point], name: str, out: Path) -> Path:
    """Return where a sweep is kept; its name stands for its runs and their order.

    Parameters
    ----------
    points : sequence of Point
    name : str
        Of the simulation.
    out : pathlib.Path
        The folder that holds run folders.

    Examples
    --------
    >>> folder_of([], "what_when", Path("runs")).name
    'what_when-sweep-e3b0c44298fc'
    """
    digest = hashlib.sha256("".join(point.hash for point in points).encode()).hexdigest()
    return out / f"{name}-sweep-{digest[:12]}"


@functools.lru_cache(1 << 12)  # whoever waits for runs asks again and again
def log_of(folder: Path, content_hash: str) -> Path:
    """Return where the folder of a sweep keeps the log of a run that failed.

    Examples
    --------
    >>> log_of(Path("a-sweep-01"), "0123456789abcdef").as_posix()
    'a-sweep-01/failed/0123456789ab.log'
    """
    return folder / "failed" / f"{content_hash[:12]}.log"


def keep_log(folder: Path, content_hash: str, message: str, log: str) -> None:
    """Write in one step why a run failed; a disk that refuses it costs a line, not the sweep.

    Parameters
    ----------
    folder : pathlib.Path
        Of the sweep.
    content_hash, message, log : str
        Of the run.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     keep_log(Path(folder), "0123456789abcdef", "No luck.", "Traceback: no luck.")
    ...     logged_at(Path(folder), "0123456789abcdef") > 0, read_log(Path(folder), "0123456789abcdef")
    (True, ('No luck.', 'Traceback: no luck.'))
    """
    path = log_of(folder, content_hash)
    try:
        path.parent.mkdir(exist_ok=True)
        with files.replacing(path) as file:
            file.write(f"{message}\n\n{log}\n".encode(errors="backslashreplace"))
    except OSError as error:
        _LOG.warning("The log %s cannot be written: %s.", path, error.strerror or error)


def logged_at(folder: Path, content_hash: str) -> int:
    """Return when it was written why a run failed, in nanoseconds, or 0 if it was not.

    Examples
    --------
    >>> logged_at(Path("a-sweep-01"), "0123456789abcdef")
    0
    """
    return _changed_at(log_of(folder, content_hash))


def changed_at(folder: Path) -> tuple[int, int]:
    """Return when names were last made or removed beside a sweep, and when among the logs of what failed.

    Until one of them changes no run is stored and none fails; to ask of each takes longer.

    Examples
    --------
    >>> changed_at(Path("no-runs/a-sweep-01"))
    (0, 0)
    """
    return _changed_at(folder.parent), _changed_at(log_of(folder, "").parent)


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def read_log(folder: Path, content_hash: str) -> tuple[str, str]:
    """Return why a run failed: the message, and everything that was logged.

    Raises
    ------
    OSError
        If that is not there, or the disk refuses.
    """
    message, _, log = log_of(folder, content_hash).read_text("utf-8").partition("\n\n")
    return message, log.removesuffix("\n")


def open_folder(
    points: Sequence[Point], name: str, out: Path, command: str, versions: Mapping[str, str]
) -> Path:
    """Make the folder of a sweep in one step, if it is not there, and return it.

    Parameters
    ----------
    points : sequence of Point
    name : str
        Of the simulation.
    out : pathlib.Path
        The folder that holds run folders.
    command : str
        That continues the sweep, or makes it again.
    versions : mapping of str to str

    Raises
    ------
    RequestError
        If it is there, but damaged or newer than this neurogate, or a file is in its place.
    RunError
        If the disk refuses.
    """
    folder = folder_of(points, name, out)
    store.prepare(out)
    if is_there(folder):
        return folder
    axes = dict.fromkeys(key for point in points for key in point.changes)
    runs = [
        {
            "hash": point.hash,
            "folder": store.folder_named(point.simulation.name, point.hash, out).name,
            "changes": dict(point.changes),
        }
        for point in points
    ]
    whole = {"format": FORMAT, "name": name, "hash": folder.name.rpartition("-")[2], "axes": list(axes)}
    whole |= {"command": command, "versions": dict(versions), "runs": runs}
    hidden = files.hidden_sibling(folder, "tmp")
    try:
        hidden.mkdir()
        files.write_json(hidden / SWEEP, whole)
        manifest.write(hidden)
        hidden.rename(folder)
        files.sync_folder(out)
    except OSError as error:
        if not folder.is_dir():  # another driver may have been faster
            raise RunError(f"The sweep cannot be written as {folder}: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
    return folder


def is_sweep(path: Path) -> bool:
    """Say whether a folder is that of a sweep, however little is left in it.

    Examples
    --------
    >>> is_sweep(Path("no-runs/a-sweep-0123456789ab"))
    False
    """
    if (path / SWEEP).exists():
        return True
    is_named_so = path.is_dir() and SWEEP_NAME.fullmatch(path.resolve().name) is not None
    # The name of a simulation may end like that too.
    return is_named_so and not any((path / name).exists() for name in store.FILES)


def is_there(folder: Path) -> bool:
    """Say whether the folder of a sweep is there, and refuse what stands in its place.

    Parameters
    ----------
    folder : pathlib.Path
        Where it is kept.

    Raises
    ------
    RequestError
        If it is damaged or newer than this neurogate, or a file is in its place.

    Examples
    --------
    >>> is_there(Path("no-runs/a-sweep-0123456789ab"))
    False
    """
    if folder.is_dir():
        read_sweep(folder)
    elif folder.exists():
        raise RequestError(store.in_the_way(folder))
    return folder.is_dir()


def read_sweep(path: Path) -> dict[str, Any]:
    """Return the object in a sweep's ``sweep.json``, after comparing it with the manifest.

    Parameters
    ----------
    path : pathlib.Path
        The folder of the sweep.

    Raises
    ------
    RequestError
        If there is none, it or the manifest is damaged, or it is that of another sweep.
    Newer
        If it is newer than this neurogate.
    """
    file, named = path / SWEEP, SWEEP_NAME.fullmatch(path.resolve().name)
    try:
        if not is_sweep(path):
            raise RequestError(f"{path} holds no {SWEEP}; name the folder of a sweep.")
        problems = manifest.damage(path, [SWEEP])
        sweep: dict[str, Any] = {} if problems else json.loads(file.read_bytes())
    except OSError as error:
        raise RequestError(f"{error.filename} cannot be read ({error.strerror}). Mend that first.") from error
    if not problems:
        check_format(file, sweep, FORMAT)
        is_this = _are_beside(sweep.get("runs")) and (not named or named[1] == sweep.get("hash"))
        problems = [] if is_this else [f"{SWEEP} is that of another sweep"]
    if problems:
        raise RequestError(
            f"{path} is damaged: {'; '.join(problems)}. `neurogate verify --out {path.parent}` sets it "
            "aside, and the sweep's command writes it anew; the runs are none the worse."
        )
    return sweep


def _are_beside(runs: Any) -> bool:
    """Say whether these are runs, and lie beside their sweep, and not elsewhere."""
    try:
        return all(re.fullmatch(rf"[\w.-]+-{run['hash'][:12]}", run["folder"]) for run in runs)
    except (KeyError, TypeError):
        return False


def runs_in_table(path: Path) -> set[str]:
    """Return the folders of the runs that were stored when the table of a sweep was last written.

    Parameters
    ----------
    path : pathlib.Path
        The folder of the sweep; none are returned if it has no table yet.

    Examples
    --------
    >>> runs_in_table(Path("runs/a-sweep-01"))
    set()
    """
    try:
        rows = list(csv.DictReader((path / TABLE).read_text("utf-8").splitlines()))
    except (OSError, ValueError, csv.Error):  # anyone may edit it, and the next sweep writes it anew
        return set()
    return {run["folder"] for run in read_sweep(path)["runs"]} & {row.get("folder") for row in rows}
