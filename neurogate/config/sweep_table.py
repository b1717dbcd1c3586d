"""Reading a sweep: the ``[sweep]`` table of a file with the wishes of a command line laid over it.

Here live the forms in which a person may write an axis (dotted keys, texts such as ``"0.5:2.0:7"``) and how
one sweep is laid over another. What a sweep means is said in `neurogate.config.sweep`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from neurogate.config import loading
from neurogate.config.draws import DRAWS, draw
from neurogate.config.grid import spelt, values
from neurogate.config.overrides import changes, parse
from neurogate.config.problems import Flaw
from neurogate.config.structuring import build
from neurogate.config.sweep import Sweep
from neurogate.errors import RequestError
from neurogate.units import settings, shown

__all__ = ["load_search", "load_sweep"]

_AXES = ("grid", "zip", "random")
_Table = dict[str, Any]


@settings
class _File:
    """What a file holds beside the simulation, so that key paths begin with sweep."""

    sweep: Sweep = Sweep()


def load_sweep(
    name_or_path: str | os.PathLike[str],
    overrides: Sequence[str] = (),
    wishes: Mapping[str, Any] | None = None,
    *,
    quick: bool = False,
) -> tuple[_Table, Sweep]:
    """Read a simulation and how it is varied.

    Parameters
    ----------
    name_or_path, overrides, quick
        The simulation, as `neurogate.config.load` takes them.
    wishes : mapping, optional
        Like the ``[sweep]`` table of a file, and laid over it: a key that is varied here is varied so and not
        as the file says, conditions are added to the file's, and anything else takes the place of what stands
        there. Relative paths start from the working directory. A file whose table holds random keys and
        nothing else only says where a search may look: they count if samples are asked for, and no other
        random keys are given.

    Returns
    -------
    tuple of dict and Sweep
        What `neurogate.config.sweep.points` takes, in the other order: the plain tables of the simulation,
        and the sweep.

    Raises
    ------
    RequestError
        With one sentence for each mistake in the file, the overrides and the wishes.

    Examples
    --------
    >>> from neurogate.config.sweep import points
    >>> base, sweep = load_sweep("what_when", wishes={"grid": {"reservoir.gain": "0.5:2.0:4"}, "seeds": 5})
    >>> sweep.grid["reservoir.gain"], len(points(sweep, base))
    ((0.5, 1.0, 1.5, 2.0), 20)
    """
    loaded = loading.read(name_or_path, overrides, quick=quick)
    problems: list[str] = []
    below = _tidy(loaded.sweep, loaded.folder, problems)
    above = _tidy(wishes or {}, Path.cwd(), problems)
    if problems:
        raise RequestError(problems)
    sweep = build(_File, {"sweep": _laid(above, below)}).sweep
    problems += _set_in_vain(overrides, sweep)
    if problems:
        raise RequestError(problems)
    return loaded.table, sweep


def load_search(
    name_or_path: str | os.PathLike[str],
    overrides: Sequence[str] = (),
    wishes: Mapping[str, Any] | None = None,
    *,
    quick: bool = False,
) -> tuple[_Table, Sweep]:
    """Read a simulation and where a search may look: random keys count, however many samples there are.

    Parameters
    ----------
    name_or_path, overrides, wishes, quick
        As `load_sweep` takes them.

    Raises
    ------
    RequestError
        With one sentence for each mistake.

    Examples
    --------
    >>> load_sweep("what_when")[1].random
    {}
    >>> len(load_search("what_when")[1].random)
    3
    """
    below, above = loading.read(name_or_path, overrides, quick=quick).sweep, dict(wishes or {})
    given = {**below, **above} if isinstance(below, Mapping) else above
    if given.get("random"):
        above["samples"] = given.get("samples", 1)
    return load_sweep(name_or_path, overrides, above, quick=quick)


def _tidy(table: Any, folder: Path, problems: list[str]) -> Any:
    """Write a sweep with lists for texts and one spelling for each key path; add mistakes to `problems`."""
    if not isinstance(table, Mapping):
        return table
    tidy = dict(table)
    for name in _AXES:
        if isinstance(table.get(name), Mapping):
            tidy[name] = _axes(table[name], _drawn if name == "random" else _listed, folder, problems)
    if isinstance(file := table.get("table"), str) and file:
        tidy["table"] = str((folder / file).absolute())
    return tidy


def _axes(
    table: Mapping[str, Any], read: Callable[[str, Any], Any], folder: Path, problems: list[str]
) -> _Table:
    axes: _Table = {}
    for path, given in _flat(table, is_leaf=_is_draw if read is _drawn else _is_empty):
        try:
            key = spelt(path)
            if key in axes:
                raise Flaw(f"{key} is varied twice; give all of its values at once.")
            axes[key] = read(key, given)
        except Flaw as flaw:
            problems.append(str(flaw))
        else:
            problems += loading.resolve(axes[key], folder, key)
    return axes


def _flat(
    table: Mapping[str, Any], is_leaf: Callable[[Any], bool], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """List what tables of dotted keys hold, by key path."""
    for key, value in table.items():
        path = f"{prefix}.{key}" if prefix else key
        if isinstance(value, Mapping) and not is_leaf(value):
            yield from _flat(value, is_leaf, path)
        else:
            yield path, value


def _is_empty(value: Mapping[str, Any]) -> bool:
    return not value


def _is_draw(value: Mapping[str, Any]) -> bool:
    return not value or (len(value) == 1 and next(iter(value)) in DRAWS)


def _listed(key: str, given: Any) -> list[Any]:
    if isinstance(given, str):
        return list(values(key, given))
    if isinstance(given, list | tuple):
        return list(given)
    raise Flaw(f'{key} is varied over {shown(given)}; it must be a list, or a text such as "0.5:2.0:7".')


def _drawn(key: str, given: Any) -> _Table:
    drawn = draw(key, given)
    return {drawn.kind: list(drawn.numbers)}


def _laid(above: Any, below: Any) -> Any:
    """Lay one sweep over another."""
    if not isinstance(above, Mapping) or not isinstance(below, Mapping):
        return below if isinstance(above, Mapping) else above
    if below.keys() == {"random"} and (above.get("random") or "samples" not in above):
        return above
    parts = {name: (above.get(name, {}), below.get(name, {})) for name in _AXES}
    if not all(isinstance(part, Mapping) for pair in parts.values() for part in pair):
        return {**above, **below}
    varied = {key for upper, _ in parts.values() for key in upper}
    laid = {**below, **above}
    for name, (upper, lower) in parts.items():
        laid[name] = {**{key: value for key, value in lower.items() if key not in varied}, **upper}
    if below.get("random") and not laid["random"] and "samples" not in above:
        laid.pop("samples", None)
    if isinstance(below.get("where"), list) and isinstance(above.get("where"), list):
        laid["where"] = below["where"] + above["where"]
    return laid


def _set_in_vain(overrides: Sequence[str], sweep: Sweep) -> Iterator[str]:
    """Say which keys are set although every point changes them."""
    varied = [key for one in sweep.axes() for key in one.keys]
    for text in overrides:
        for path, _ in changes(dict([parse(text)])):
            key = spelt(path)
            if any(key == other or key.startswith(f"{other}.") for other in varied):
                yield f"{key} is set and varied too; leave --set {key}=... out, or vary it over that value."
