"""What a stored run is: one folder that is complete if it exists.

Here live the layout of a run folder, the one atomic step by which it appears, and reading it back with
every file checked against its manifest. What is written into it is decided in
`neurogate.runs.execute`.

A folder ``<name>-<hash12>`` holds ``config.toml`` (every default spelled out), ``summary.json``,
``arrays.npz``, ``figures/``, ``log.txt`` and ``manifest.json`` (the SHA-256 of every other file).
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from neurogate import config, files
from neurogate.errors import Outcome, RequestError
from neurogate.runs import manifest
from neurogate.runs.formats import check_format
from neurogate.runs.lock import disk_time_s
from neurogate.runs.table import Table, lines

__all__ = [
    "FILES", "FORMAT", "Run", "find", "folder_named", "folder_of", "in_the_way", "load", "prepare", "restore",
    "writing",
]  # fmt: skip

FILES = "summary.json", "config.toml", "arrays.npz"
"""What every run consists of, beside its manifest."""

FORMAT = 1
"""Of a run folder, in ``summary.json``; raised when it holds what earlier versions cannot read, new keys of
``config.toml`` included."""

_OF_A_RUN = (manifest.MANIFEST, "summary.json", "config.toml")  # arrays.npz may be anybody's

_STALE_S = 3600.0


@attrs.frozen
class Run:
    """A stored run whose files are as they were written.

    Parameters
    ----------
    path : pathlib.Path
        Its folder.
    summary : mapping
        The object in ``summary.json``.
    """

    path: Path
    summary: Mapping[str, Any]

    @property
    def outcome(self) -> Outcome:
        """How the run ended."""
        return Outcome(self.summary["outcome"])

    @property
    def metrics(self) -> Mapping[str, Mapping[str, Any]]:
        """Metrics by learning rule, measured in frozen omission probes."""
        metrics: Mapping[str, Mapping[str, Any]] = self.summary["metrics"]
        return metrics

    def table(self) -> Table:
        """Return the metrics that are numbers as a table with a row for each learning rule."""
        about = {name: self.summary[name] for name in ("outcome", "hash", "wall_time_s")}
        return Table(lines(self.metrics, about | {"folder": self.path.name}))

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """Read ``arrays.npz``; a run that diverged has none."""
        with np.load(self.path / "arrays.npz", allow_pickle=False) as stored:
            return dict(stored)


def folder_of(simulation: config.AnySimulation, out: Path) -> Path:
    """Return where a simulation's run is kept below `out`, whether it exists or not."""
    return folder_named(simulation.name, config.content_hash(simulation), out)


@functools.lru_cache(1 << 12)  # whoever waits for runs asks again and again
def folder_named(name: str, content_hash: str, out: Path) -> Path:
    """Return where the run of a simulation is kept whose hash is known.

    Parameters
    ----------
    name, content_hash : str
        Of the simulation.
    out : pathlib.Path
        The folder that holds run folders.

    Examples
    --------
    >>> folder_named("what_when", "0123456789abcdef", Path("runs")).name
    'what_when-0123456789ab'
    """
    return out / f"{name}-{content_hash[:12]}"


def find(out: Path, simulation: config.AnySimulation) -> Run | None:
    """Return the stored run of a simulation, or None if there is none.

    Raises
    ------
    RequestError
        If the folder exists and is damaged.
    """
    folder = folder_of(simulation, out)
    restore(folder)
    return load(folder) if folder.exists() else None


def load(path: Path, names: Collection[str] | None = None) -> Run:
    """Read a run folder and check every file against its manifest.

    Parameters
    ----------
    path : pathlib.Path
    names : collection of str, optional
        Check these files only, as of a run that has just been stored.

    Raises
    ------
    RequestError
        If `path` is no run folder, a file is missing or not as it was written, or a newer neurogate wrote it.
    """
    if not path.is_dir():
        if path.exists() and _is_named_so(path):
            raise RequestError(in_the_way(path))
        raise RequestError(
            f"{path} is not a folder; give the folder of a run, for example runs/what_when-0123456789ab."
        )
    try:
        problems = manifest.damage(path, names)
        summary = {} if problems else json.loads((path / "summary.json").read_text("utf-8"))
    except OSError as error:
        raise RequestError(
            f"The run folder {path} cannot be read: {error.filename}: {error.strerror}. Mend that first."
        ) from error
    if problems and not _is_named_so(path) and not any((path / name).exists() for name in _OF_A_RUN):
        raise RequestError(f"{path} is not the folder of a run; give one, as runs/what_when-0123456789ab.")
    if problems:
        raise RequestError(
            f"The run folder {path} is damaged: {'; '.join(problems)}. "
            f"Restore it from a copy, or set it aside with `neurogate verify --out {path.parent}`; then it "
            "can be run again."
        )
    check_format(path / "summary.json", summary, FORMAT)
    return Run(path, summary)


def in_the_way(path: Path) -> str:
    """Say that a file lies where a folder of ours belongs, and what helps.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Examples
    --------
    >>> print(in_the_way(Path("a-01")))
    a-01 is a file where a folder belongs. Move it away, or let `neurogate verify --out .` set it aside.
    """
    verify = f"neurogate verify --out {path.parent}"
    return f"{path} is a file where a folder belongs. Move it away, or let `{verify}` set it aside."


def _is_named_so(path: Path) -> bool:
    return re.fullmatch(r".+-[0-9a-f]{12}", path.resolve().name) is not None


def prepare(out: Path) -> None:
    """Make the folder `out`, try that a folder can be made in it, and remove what killed processes left.

    Raises
    ------
    RequestError
        If that is not possible.
    """
    trial = files.hidden_sibling(out / "writable", "tmp")
    try:
        out.mkdir(parents=True, exist_ok=True)
        trial.mkdir()
        trial.rmdir()
    except OSError as error:
        reason = "it is a file" if isinstance(error, FileExistsError) else error.strerror or error
        raise RequestError(
            f"Runs cannot be written to {out}: {reason}. Choose a folder that you may write to with --out."
        ) from error
    _clear(out)


@contextlib.contextmanager
def writing(folder: Path, *, replace: bool = False) -> Iterator[Path]:
    """Yield a hidden folder to fill; on leaving without an error it appears as `folder` in one step.

    If `folder` exists by then, it gives way when `replace` is true; otherwise it stays, because it holds
    the same run.
    """
    hidden = files.hidden_sibling(folder, "tmp")
    hidden.mkdir()
    try:
        yield hidden
        manifest.write(hidden)
        _publish(hidden, folder, replace=replace)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _publish(hidden: Path, folder: Path, *, replace: bool) -> None:
    aside = _aside(folder)
    while True:
        try:
            hidden.rename(folder)
        except OSError:
            if not folder.exists():
                raise
            if not replace:
                return
            shutil.rmtree(aside, ignore_errors=True)
            # Another process may have moved it meanwhile; then the next turn finds the place free.
            with contextlib.suppress(FileNotFoundError):
                folder.rename(aside)
        else:
            break
    files.sync_folder(folder.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def restore(folder: Path) -> None:
    """Undo a replacement of `folder` that was killed between its two renames."""
    if not folder.exists():
        with contextlib.suppress(OSError):
            _aside(folder).rename(folder)


def _clear(out: Path) -> None:
    """Remove unfinished runs and checkpoints of killed processes; a live one needs seconds, not an hour."""
    found = list(out.glob(".*.tmp"))
    now_s = disk_time_s(out) if found else 0.0
    for left in found:
        with contextlib.suppress(OSError):
            if now_s - left.stat().st_mtime > _STALE_S:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
