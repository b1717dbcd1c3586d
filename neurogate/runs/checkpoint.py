"""An unfinished run, kept so that the same command continues it.

Here lives one file: hidden beside the run folder, replaced in one step, readable only by the very
simulation and software that wrote it. A checkpoint that is damaged or strange is never trusted: the run
starts anew and says so.

The file is a line with the SHA-256 of the rest, then an npz of the session's state and a JSON header. Runs
of one network that differ in their rules share a file, which has a name for each of them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import attrs
import numpy as np

from neurogate import files
from neurogate.runs.versions import differences
from neurogate.tasks.parts import renamed

__all__ = ["Checkpoint", "Saved", "write_together"]

_LOG = logging.getLogger(__name__)
_LINE = 65
_HEADER = "header"
_STATE = "state:"


@attrs.frozen
class Saved:
    """What a checkpoint holds.

    Parameters
    ----------
    state : mapping of str to ndarray
        The session's state.
    wall_time_s : float
        Time that the run has taken so far, over all its parts.
    log : list of str
        The lines logged so far.
    """

    state: Mapping[str, np.ndarray[Any, Any]]
    wall_time_s: float = 0.0
    log: list[str] = attrs.field(factory=list)


@attrs.frozen
class Checkpoint:
    """The place of one run's checkpoint.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    key : mapping of str to str
        What the checkpoint must agree with to be used: the content hash and the versions.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     place = Checkpoint(Path(folder) / ".run.checkpoint", {"hash": "abc"})
    ...     place.write(Saved({"v": np.arange(3)}, wall_time_s=1.5))
    ...     saved = place.read()
    >>> saved.state["v"], saved.wall_time_s
    (array([0, 1, 2]), 1.5)
    """

    path: Path
    key: Mapping[str, str]

    @classmethod
    def beside(cls, folder: Path, key: Mapping[str, str]) -> Checkpoint:
        """Return the checkpoint that belongs to a run folder."""
        return cls(folder.with_name(f".{folder.name}.checkpoint"), key)

    @classmethod
    def settle(cls, folder: Path) -> None:
        """Remove what is left of a run that is stored: who stored it was killed, or kept it late."""
        if folder.exists():
            with contextlib.suppress(OSError):
                cls.beside(folder, {}).remove()

    def write(self, saved: Saved) -> None:
        """Keep `saved` in place of what was kept before; raises OSError if the disk refuses."""
        self._write(saved, [{"key": dict(self.key), "rules": None}])

    def _write(self, saved: Saved, runs: Sequence[Mapping[str, Any]]) -> None:
        header = json.dumps({"runs": runs, "wall_time_s": saved.wall_time_s, "log": saved.log})
        arrays = {_STATE + name: array for name, array in saved.state.items()}
        arrays[_HEADER] = np.frombuffer(header.encode(), np.uint8)
        with files.replacing(self.path) as file:
            file.write(b" " * _LINE)
            files.write_arrays(file, arrays)
            line = _line(file)
            file.seek(0)
            file.write(line)

    def read(self) -> Saved | None:
        """Return what was kept, or None if there is nothing that this run can trust."""
        try:
            with self.path.open("rb") as file:
                if file.read(_LINE) != _line(file):
                    return self._ignored("it is damaged")
                file.seek(_LINE)
                with np.load(file, allow_pickle=False) as stored:
                    return self._saved(dict(stored))
        except FileNotFoundError:
            return None
        except OSError as error:
            return self._ignored(str(error.strerror or error))

    def _saved(self, arrays: dict[str, np.ndarray[Any, Any]]) -> Saved | None:
        try:
            header = json.loads(arrays.pop(_HEADER).tobytes())
            runs = {run["key"]["hash"]: run for run in header["runs"]}
            mine = runs.get(self.key["hash"], header["runs"][0])
        except KeyError:
            return self._ignored("another version of neurogate wrote it, in another form")
        changed = differences(mine["key"], self.key)
        if changed:
            return self._ignored(changed)
        state = {name.removeprefix(_STATE): array for name, array in arrays.items()}
        state = state if mine["rules"] is None else renamed(state, mine["rules"])
        return Saved(state, header["wall_time_s"], header["log"])

    def _ignored(self, why: str) -> Saved | None:
        _LOG.warning("The run starts anew; its checkpoint %s is ignored: %s.", self.path, why)
        return None

    def remove(self) -> None:
        """Forget the checkpoint, if there is one."""
        self.path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Forget the checkpoint, and what a kill left of others; this looks through the whole folder."""
        for path in (self.path, *self.path.parent.glob(f"{self.path.name}.*.tmp")):
            path.unlink(missing_ok=True)


def write_together(kept: Sequence[tuple[Checkpoint, Mapping[str, str]]], saved: Saved) -> None:
    """Keep one state for several runs, in one file.

    Parameters
    ----------
    kept : sequence of (Checkpoint, mapping of str to str)
        For each run, its checkpoint and the names of its rules in the state by its own.
    saved : Saved

    Raises
    ------
    OSError
        If the disk refuses.

    Examples
    --------
    >>> import tempfile
    >>> state = {"position": np.array(3), "rule a/when": np.zeros(2), "rule b/when": np.ones(2)}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     one, two = (Checkpoint(Path(folder) / f".{name}.checkpoint", {"hash": name}) for name in "xy")
    ...     write_together([(one, {"mine": "a"}), (two, {"mine": "b"})], Saved(state))
    ...     [where.read().state["rule mine/when"].tolist() for where in (one, two)]
    [[0.0, 0.0], [1.0, 1.0]]
    """
    first, *others = (checkpoint for checkpoint, _ in kept)
    runs = [{"key": dict(checkpoint.key), "rules": dict(rules)} for checkpoint, rules in kept]
    first._write(saved, runs)
    for other in others:
        files.link(first.path, other.path)
    files.sync_folder(first.path.parent)


def _line(file: IO[bytes]) -> bytes:
    """Return the first line that belongs to what `file` holds after it."""
    file.seek(_LINE, os.SEEK_SET)
    return hashlib.file_digest(file, "sha256").hexdigest().encode() + b"\n"  # type: ignore[arg-type]
