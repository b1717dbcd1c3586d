"""Reading a simulation: a shipped name or a TOML file, with changes on top.

Here live finding and reading the file, its relative paths, its ``quick`` table and the changes asked for
on the command line. What the tables mean is decided in `neurogate.config.structuring`; what its ``sweep``
table means, in `neurogate.config.sweep`.
"""

from __future__ import annotations

import copy
import os
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from neurogate.config import shipped
from neurogate.config.listing import inline
from neurogate.config.overrides import DEEPEST, changes, is_deep, parse, put
from neurogate.config.problems import Flaw, join, nearest
from neurogate.config.schema import AnySimulation, structure, unstructure
from neurogate.errors import RequestError
from neurogate.units import shown

__all__ = ["Loaded", "load", "read", "resolve"]

_Table = dict[str, Any]


class Loaded(NamedTuple):
    """A simulation that was read, and what stands around it.

    Parameters
    ----------
    simulation : Simulation or WaveformSimulation
    table : dict
        The plain tables that it was made from, all changes made; what they leave out keeps its default.
    sweep : object
        The file's ``sweep`` table as it stands there, empty if there is none.
    folder : pathlib.Path
        Where relative paths of the file start.

    Examples
    --------
    >>> read("what_when", ["run.seed=3"]).table["run"]["seed"]
    3
    """

    simulation: AnySimulation
    table: _Table
    sweep: Any
    folder: Path


def load(
    name_or_path: str | os.PathLike[str], overrides: Sequence[str] = (), *, quick: bool = False
) -> AnySimulation:
    """Read a simulation by its shipped name or from a TOML file.

    Relative paths inside the file start from its own folder; those in `overrides` from the working
    directory. The file's ``quick`` table is checked even where it is not asked for; its ``sweep`` table
    says how `neurogate.config.sweep` would vary the simulation, and is passed over.

    Parameters
    ----------
    name_or_path : str or path
        A name of `neurogate.config.shipped.names`, or the path of a TOML file.
    overrides : sequence of str
        Changes ``key.path=value`` with a TOML value (a bare word counts as a string), made in this
        order; whole numbers in the key path count the entries of a list.
    quick : bool
        Whether to make the changes of the file's ``quick`` table first.

    Returns
    -------
    Simulation or WaveformSimulation

    Raises
    ------
    RequestError
        With one sentence for each mistake, in the file and in the changes.

    Examples
    --------
    >>> load("what_when", overrides=["run.seed=3"]).run.seed
    3
    >>> load("what_whem")
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: There is no simulation or file "what_whem". Did you mean what_when? ...
    """
    return read(name_or_path, overrides, quick=quick).simulation


def read(
    name_or_path: str | os.PathLike[str], overrides: Sequence[str] = (), *, quick: bool = False
) -> Loaded:
    """Read a simulation as `load` does, and keep the tables that it was made from.

    Parameters
    ----------
    name_or_path, overrides, quick
        As `load` takes them.

    Raises
    ------
    RequestError
        With one sentence for each mistake, in the file and in the changes.

    Examples
    --------
    >>> list(read("what_when").sweep)
    ['random']
    >>> read("nc_sine").sweep
    {}
    """
    table, folder = _read(name_or_path)
    problems = list(resolve(table, folder, ""))
    wanted = list(_parsed(overrides, problems))
    shortcuts, sweep = table.pop("quick", None), table.pop("sweep", {})
    before: list[str] = []
    plain = _attempt(table, before)
    defaults = unstructure(plain) if plain else {}
    if shortcuts is None and quick:
        problems.append(f"quick is missing in {name_or_path}; add a table of changes, or leave --quick out.")
    elif not isinstance(shortcuts, dict | None):
        problems.append(f"quick is {shown(shortcuts)}; it must be a table of changes.")
    faster = list(changes(shortcuts)) if isinstance(shortcuts, dict) else []
    changed = _changed(table, [*faster, *wanted] if quick else wanted, defaults, problems)
    chosen = _attempt(changed, problems)
    if faster and not quick:
        found: list[str] = []
        _attempt(_changed(table, faster, defaults, found), found)
        problems += [f"In quick: {problem}" for problem in found if problem not in before]
    if chosen is None or problems:
        raise RequestError(problems)
    return Loaded(chosen, changed, sweep, folder)


def _read(name_or_path: str | os.PathLike[str]) -> tuple[_Table, Path]:
    name = os.fspath(name_or_path)
    path = shipped.folder() / f"{name}.toml" if name in shipped.names() else Path(name.replace("\0", "?"))
    quoted = inline(name[:500])
    try:
        table = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        raise RequestError(_not_found(name, path)) from None
    except OSError as error:
        raise RequestError(f"The file {quoted} cannot be read: {error.strerror}. Give a TOML file.") from None
    except UnicodeDecodeError as error:
        line = 1 + error.object[: error.start].count(b"\n")
        raise RequestError(f"The file {quoted} is not TOML: line {line} is not UTF-8. Save it so.") from None
    except (ValueError, RecursionError) as error:
        raise RequestError(f"The file {quoted} is not TOML: {_reason(error)}. Mend that place.") from None
    if is_deep(table):
        raise RequestError(f"The file {quoted} nests more than {DEEPEST} deep; no key needs that.")
    return table, path.parent


def _not_found(name: str, path: Path) -> str:
    beside = path.parent.glob("*.toml") if path.parent.is_dir() else ()
    near = nearest(name, shipped.names()) or nearest(path.name, (other.name for other in beside))
    hint = f" Did you mean {near}?" if near else ""
    return (
        f"There is no simulation or file {inline(name[:500])}.{hint} "
        f"Give the path of a TOML file or one of the names {', '.join(shipped.names())}."
    )


def _reason(error: Exception) -> str:
    if isinstance(error, tomllib.TOMLDecodeError):
        return str(error)
    return "it nests too deeply" if isinstance(error, RecursionError) else "a number has too many digits"


def resolve(node: Any, folder: Path, path: str) -> Iterator[str]:
    """Make the paths of files inside `node` absolute, in place; yield what is wrong with them.

    Parameters
    ----------
    node : object
        Plain tables, lists and values.
    folder : pathlib.Path
        Where relative paths start.
    path : str
        Key path of `node`, for the sentences.
    """
    if isinstance(node, dict) and node.keys() == {"file"} and isinstance(node["file"], str):
        file = (folder / node["file"]).absolute()
        if not _is_file(file):
            yield f"{path}.file is {inline(node['file'])}; it must name a file, and {file} is none."
        node["file"] = str(file)
    elif isinstance(node, dict | list):
        for key, inner in node.items() if isinstance(node, dict) else enumerate(node):
            yield from resolve(inner, folder, join(path, key))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _parsed(overrides: Iterable[str], problems: list[str]) -> Iterator[tuple[str, Any]]:
    for text in overrides:
        try:
            key, value = parse(text)
        except Flaw as flaw:
            problems.append(str(flaw))
            continue
        problems.extend(resolve(value, Path.cwd(), key))
        yield from changes({key: value})


def _changed(
    table: _Table, wanted: Iterable[tuple[str, Any]], defaults: _Table, problems: list[str]
) -> _Table:
    """Return a changed copy of `table`; add what cannot be changed to `problems`."""
    changed = copy.deepcopy(table)
    for key, value in wanted:
        try:
            put(changed, key, copy.deepcopy(value), defaults)
        except Flaw as flaw:
            problems.append(str(flaw))
    return changed


def _attempt(table: _Table, problems: list[str]) -> AnySimulation | None:
    """Structure a table; add what is wrong to `problems`."""
    try:
        return structure(table)
    except RequestError as error:
        problems.extend(error.problems)
    return None
