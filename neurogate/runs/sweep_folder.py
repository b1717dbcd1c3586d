"""The folder of a sweep: which runs it consists of, in order, and what was made of them.

Here lives writing it; reading it lives in `neurogate.runs.collection`. The runs lie beside it, where other
sweeps find them too.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from neurogate.config.sweep import Point
from neurogate.errors import RunError
from neurogate.runs import files, manifest, store

__all__ = ["FORMAT", "folder_of", "open_folder"]

FORMAT = 1
"""Of ``sweep.json``; a larger one was written by a later version."""


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


def open_folder(
    points: Sequence[Point], name: str, out: Path, command: str, versions: Mapping[str, str]
) -> Path:
    """Make the folder of a sweep if it is not there, in one step, and return it.

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
    RunError
        If the disk refuses.
    """
    folder = folder_of(points, name, out)
    store.prepare(out)
    if folder.is_dir():
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
        files.write_json(hidden / "sweep.json", whole)
        manifest.write(hidden)
        hidden.rename(folder)
        files.sync_folder(out)
    except OSError as error:
        if not folder.is_dir():  # another driver may have been faster
            raise RunError(f"The sweep cannot be written as {folder}: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
    return folder
