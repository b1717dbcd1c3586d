"""The manifest of a run folder: which files it holds, and the SHA-256 of each.

Here live writing it, with which the folder goes to the disk, and comparing a folder with it. What becomes of
a folder that differs is decided in `neurogate.runs.store` and `neurogate.runs.upkeep`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from pathlib import Path

from neurogate import files

__all__ = ["MANIFEST", "damage", "unlisted", "write"]

MANIFEST = "manifest.json"
_ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


def write(folder: Path) -> None:
    """Write the manifest of what a folder holds now, and make all of it survive a power cut.

    Parameters
    ----------
    folder : pathlib.Path
        That of a run, still hidden.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "log.txt").write_text("done")
    ...     write(Path(folder))
    ...     before = damage(Path(folder))
    ...     (Path(folder) / "log.txt").unlink()
    ...     before, damage(Path(folder))
    ([], ['log.txt is missing'])
    """
    walked = [(Path(place), names) for place, _, names in os.walk(folder)]
    inside = sorted(place / name for place, names in walked for name in names)
    digests = {path.relative_to(folder).as_posix(): files.sent_to_disk(path) for path in inside}
    files.write_json(folder / MANIFEST, {"sha256": digests})
    files.sent_to_disk(folder / MANIFEST)
    for place, _ in reversed(walked):
        files.sync_folder(place)


def damage(folder: Path, names: Collection[str] | None = None) -> list[str]:
    """Say what in a folder is not as it was written; what was added to it is none of ours.

    Parameters
    ----------
    folder : pathlib.Path
        A run folder.
    names : collection of str, optional
        Look at these files only, and at the manifest itself.

    Returns
    -------
    list of str
        A phrase for each file that is missing or changed.

    Raises
    ------
    OSError
        If a file is there and cannot be read, so that nothing is known of it.
    """
    try:
        written = (folder / MANIFEST).read_bytes()
        whole = json.loads(written)
        digests = whole["sha256"]
        # Every byte counts: two names that became one would hide a file.
        if files.json_text(whole).encode() != written:
            return [f"{MANIFEST} is not as it was written"]
        wanted = sorted(digests.keys() if names is None else names)
    except _ABSENT:
        return [f"{MANIFEST} is missing"]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return [f"{MANIFEST} is not as it was written"]
    return [f"{name} {problem}" for name in wanted if (problem := _problem(folder / name, digests.get(name)))]


def unlisted(folder: Path) -> list[str]:
    """List what was added to a folder after its manifest was written; links are not followed.

    Parameters
    ----------
    folder : pathlib.Path
        A run folder without damage.

    Raises
    ------
    OSError
        If something in it cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(Path(folder))
    ...     _ = (Path(folder) / "note.txt").write_text("mine")
    ...     unlisted(Path(folder))
    ['note.txt']
    """
    listed = {MANIFEST, *json.loads((folder / MANIFEST).read_bytes())["sha256"]}
    there = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted({path.relative_to(folder).as_posix() for path in there} - listed)


def _problem(path: Path, digest: str | None) -> str:
    try:
        return "" if files.sha256(path) == digest else "is not as it was written"
    except _ABSENT:
        return "is missing"
