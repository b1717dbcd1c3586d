"""An index of run folders, so that thousands of runs are listed without reading thousands of files.

Here live the SQLite database ``.index.sqlite`` beside the run folders and how it stays equal to them. It is
a cache of what they say: each row carries a stamp of the files that it was read from and a digest of itself,
and whatever does not fit is read anew. What a row holds is decided in `neurogate.runs.row`.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import logging
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import attrs

from neurogate import files
from neurogate.errors import RequestError
from neurogate.runs import manifest, row
from neurogate.runs.lock import locked
from neurogate.runs.row import Row

__all__ = ["FORMAT", "SWEEP", "Index"]

FORMAT = 1
"""What the database says of itself; another version makes its own."""

SWEEP = "sweep.json"
"""The file that tells the folder of a sweep from that of a run."""

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")
_PATIENCE_S = 30.0
_STAMPED = (manifest.MANIFEST, "summary.json", "config.toml")
_CREATE = (
    "CREATE TABLE runs (folder TEXT PRIMARY KEY, hash TEXT, name TEXT, outcome TEXT, created_s REAL, "
    "wall_time_s REAL, config TEXT, metrics TEXT, stamp TEXT, digest TEXT)"
)
_PUT = "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_DAMAGE = {
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_FORMAT,
    sqlite3.SQLITE_MISMATCH,
}

_Stamps = Mapping[str, str]
_NOTHING: dict[str, tuple[str, Row]] = {}


class _Newer(Exception):
    """The database was written by a version that may know more."""


@attrs.define
class Index:
    """The index of the run folders in one folder.

    Two processes may use it at once. It never stands between a run and its folder: if it cannot be used, a
    line is logged and the folders are read.

    Parameters
    ----------
    out : pathlib.Path
        The folder that holds run folders.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as out:
    ...     Index(Path(out)).rows()
    []
    """

    out: Path
    _said: set[str] = attrs.field(factory=set, init=False)

    @property
    def path(self) -> Path:
        """The database."""
        return self.out / ".index.sqlite"

    def rows(self, folders: Collection[str] | None = None) -> list[Row]:
        """Return the rows of all runs, by the name of their folders; damaged runs are named and left out.

        Parameters
        ----------
        folders : collection of str, optional
            Names of run folders; only of these, and only of those that are there.

        Raises
        ------
        RequestError
            If `out` is no folder that can be read.
        """
        stamps = _stamps(self.out, folders)
        if not stamps and not self.path.exists():
            return []
        known = self._use(functools.partial(_known, folders=folders), _NOTHING)
        kept = {folder: found for folder, (stamp, found) in known.items() if stamps.get(folder) == stamp}
        read = _read(self.out, stamps.keys() - kept.keys())
        gone = known.keys() - stamps.keys()
        if read or gone:
            self._use(_changing(read, stamps, gone), None)
        return sorted([*kept.values(), *read], key=lambda found: found.folder)

    def update(self, *folders: Path) -> None:
        """Take up run folders that have just appeared; many at once cost the disk no more than one.

        A failure costs a line and no more: `rows` looks again.
        """
        stamps = {folder.name: _stamp(folder) for folder in folders}
        self._use(_changing(_read(self.out, stamps), stamps), None)

    def rebuild(self) -> int:
        """Make the index anew from the folders alone and return the number of runs.

        Raises
        ------
        RequestError
            If a newer neurogate wrote it, or it cannot be written.
        """
        stamps = _stamps(self.out)
        read = _read(self.out, stamps)
        new = files.hidden_sibling(self.path, "tmp")
        try:
            with locked(self.out):
                self._refuse_newer()
                _do(new, _changing(read, stamps))
                _remove(self.path)
                new.replace(self.path)
        except _Newer as error:
            raise RequestError(f"{error} Use that version, or delete the file and repeat.") from None
        except (sqlite3.Error, OSError) as error:
            raise RequestError(
                f"The index {self.path} cannot be written: {error}. Mend that first."
            ) from error
        finally:
            with contextlib.suppress(OSError):
                _remove(new)
        return len(read)

    def _use(self, work: Callable[[sqlite3.Connection], _T], otherwise: _T) -> _T:
        """Do something with the database; if that fails, say so once and return `otherwise`."""
        try:
            with locked(self.out):
                try:
                    return _do(self.path, work)
                except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
                    if isinstance(error, sqlite3.DatabaseError) and not _is_damage(error):
                        raise
                    self._say(f"The index {self.path} is damaged ({error}) and is made anew.")
                    _remove(self.path)
                    return _do(self.path, work)
        except _Newer as error:
            self._say(
                f"{error} It is left alone, and the run folders are read; update neurogate, or delete it."
            )
        except (sqlite3.Error, OSError) as error:
            self._say(f"The index {self.path} cannot be used ({error}); the run folders are read instead.")
        return otherwise

    def _refuse_newer(self) -> None:
        with contextlib.suppress(sqlite3.DatabaseError):
            _do(self.path, lambda _: None)

    def _say(self, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            _LOG.warning("%s", message)


def _do(path: Path, work: Callable[[sqlite3.Connection], _T]) -> _T:
    """Do something in one transaction of a database, which is made if it is not there."""
    with contextlib.closing(sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > FORMAT:
            raise _Newer(f"The index {path} has format {version}; this neurogate knows format {FORMAT}.")
        if version < FORMAT:
            connection.execute("DROP TABLE IF EXISTS runs")
            connection.execute(_CREATE)
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        result = work(connection)
        connection.execute("COMMIT")
        return result


def _known(connection: sqlite3.Connection, folders: Collection[str] | None) -> dict[str, tuple[str, Row]]:
    """Return the rows that are as they were written, with their stamps."""
    found = {}
    for *cells, digest in _lines(connection, folders):
        with contextlib.suppress(ValueError, TypeError):
            if _digest(cells) == digest:
                *plain, config, metrics, stamp = cells
                found[cells[0]] = stamp, Row(*[*plain, json.loads(config), json.loads(metrics)])
    return found


def _lines(connection: sqlite3.Connection, folders: Collection[str] | None) -> Iterator[Any]:
    if folders is None:
        yield from connection.execute("SELECT * FROM runs")
    else:
        for folder in folders:
            yield from connection.execute("SELECT * FROM runs WHERE folder = ?", (folder,))


def _changing(
    rows: Iterable[Row], stamps: _Stamps, gone: Iterable[str] = ()
) -> Callable[[sqlite3.Connection], None]:
    lines = [_cells(found, stamps[found.folder]) for found in rows]

    def change(connection: sqlite3.Connection) -> None:
        connection.executemany("DELETE FROM runs WHERE folder = ?", [(folder,) for folder in gone])
        connection.executemany(_PUT, lines)

    return change


def _cells(found: Row, stamp: str) -> list[Any]:
    *plain, config, metrics = attrs.astuple(found, recurse=False)
    cells = [*plain, _text(config), _text(metrics), stamp]
    return [*cells, _digest(cells)]


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _digest(cells: list[Any]) -> str:
    return hashlib.sha256("\0".join(map(repr, cells)).encode()).hexdigest()


def _stamps(out: Path, folders: Collection[str] | None = None) -> dict[str, str]:
    """Return a stamp for each run folder."""
    try:
        names = [entry.name for entry in os.scandir(out)] if folders is None else folders
    except OSError as error:
        raise RequestError(
            f"{out} is no folder that can be read ({error.strerror}); name the folder of the runs with --out."
        ) from error
    return {name: _stamp(out / name) for name in names if name[:1] != "." and _is_run(out / name)}


def _is_run(folder: Path) -> bool:
    its = [(folder / name).is_file() for name in _STAMPED]
    return its[0] and any(its[1:]) and not (folder / SWEEP).exists()


def _stamp(folder: Path) -> str:
    """Return what changes when one of the files does that a row is read from."""
    parts = []
    for name in _STAMPED:
        with contextlib.suppress(OSError):
            status = (folder / name).stat()
            parts.append(f"{status.st_mtime_ns}:{status.st_size}")
    return " ".join(parts)


def _read(out: Path, folders: Iterable[str]) -> list[Row]:
    """Read rows from their folders, and name those that cannot be read."""
    rows = []
    for folder in sorted(folders):
        try:
            rows.append(row.read(out / folder))
        except RequestError as error:
            _LOG.warning("%s", error)
    return rows


def _remove(database: Path) -> None:
    for ending in ("-wal", "-shm", ""):
        database.with_name(database.name + ending).unlink(missing_ok=True)


def _is_damage(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE
