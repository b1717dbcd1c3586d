"""The folder of a search: what is searched, and the journal of its trials.

Here live making the folder and opening what is in it; what the journal says is understood in
`neurogate.runs.study`. The folder holds ``search.json`` (what is searched), ``journal.log`` (by Optuna) and,
once there is one, the best configuration.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from neurogate import files
from neurogate.errors import RequestError, RunError
from neurogate.runs.formats import check_format
from neurogate.runs.search import Search

__all__ = ["journal", "prepare", "written"]

_FORMAT = 1
_SEARCH, _JOURNAL = "search.json", "journal.log"


def prepare(search: Search, folder: Path, versions: Mapping[str, str], command: str) -> None:
    """Make the folder of a search in one step, or see that it is that of this search.

    Parameters
    ----------
    search : Search
    folder : pathlib.Path
    versions : mapping of str to str
        Of the software that chooses trials.
    command : str
        That makes the search.

    Raises
    ------
    RequestError
        If the folder holds another search, or nothing that can be read.
    """
    whole = {"format": _FORMAT, "search": search.identity(), "command": command, "versions": dict(versions)}
    hidden = files.hidden_sibling(folder, "tmp")
    if folder.is_dir():
        _check(folder, search)
        return
    try:
        hidden.mkdir()
        files.write_json(hidden / _SEARCH, whole)
        hidden.rename(folder)
        files.sync_folder(folder.parent)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _check(folder: Path, search: Search) -> None:
    try:
        told = json.loads((folder / _SEARCH).read_bytes())
        check_format(folder / _SEARCH, told, _FORMAT)
        found = told["search"]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise RequestError(
            f"{folder} holds no {_SEARCH} that can be read. Move the folder away and repeat the command: "
            "runs that are stored are not run again."
        ) from None
    mine = files.plain(search.identity())
    if found != mine:
        other = sorted(key for key in mine if not isinstance(found, dict) or found.get(key) != mine[key])
        raise RequestError(
            f"{folder} holds another search (its {' and '.join(other) or 'settings'} differ); move it away, "
            "or choose another folder with --out."
        )


def journal(folder: Path) -> Any:
    """Open the journal, after removing what a process that was killed while it wrote has left.

    Parameters
    ----------
    folder : pathlib.Path
        That nobody else has open.

    Returns
    -------
    optuna.storages.JournalStorage
    """
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    path = folder / _JOURNAL
    for left in folder.glob(f"{_JOURNAL}.lock*"):
        left.unlink(missing_ok=True)
    _cut_torn_line(path)
    return JournalStorage(JournalFileBackend(str(path), lock_obj=JournalFileOpenLock(str(path))))


def _cut_torn_line(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError), path.open("r+b") as file:
        written = file.read()
        if not written.endswith(b"\n"):
            file.truncate(written.rfind(b"\n") + 1)


@contextlib.contextmanager
def written(folder: Path) -> Iterator[None]:
    """Say of a disk that refuses what that means for a search.

    Parameters
    ----------
    folder : pathlib.Path
        Of the search.

    Raises
    ------
    RunError
        Instead of OSError.

    Examples
    --------
    >>> with written(Path("runs/a-tune-01")):
    ...     raise OSError(28, "No space left on device")
    Traceback (most recent call last):
        ...
    neurogate.errors.RunError: The search cannot be kept in runs/a-tune-01: No space left on device. ...
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        # Optuna's lock says so in words of its own.
        refused = error if isinstance(error, OSError) else error.__context__
        if not isinstance(refused, OSError):
            raise
        raise RunError(
            f"The search cannot be kept in {folder}: {refused.strerror or refused}. "
            "Mend that and repeat the command; it continues where it stopped."
        ) from error
