"""Many stored runs put together: those of a sweep, or all in a folder.

Here live the rows that figures, reports and tables are made of. How rows become a table is said in
`neurogate.runs.table`; the folder of a sweep is written and read in `neurogate.runs.sweep_folder`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

from neurogate.config.conditions import Condition, condition
from neurogate.config.problems import Flaw, nearest
from neurogate.errors import RequestError
from neurogate.runs.index import Index
from neurogate.runs.row import Row
from neurogate.runs.sweep_folder import read_sweep
from neurogate.runs.table import Table, lines

__all__ = ["Collection", "load_runs", "load_sweep"]

_ABSENT = object()


@attrs.frozen
class Collection:
    """Many stored runs.

    Parameters
    ----------
    out : pathlib.Path
        The folder that holds the run folders.
    axes : tuple of str
        Key paths of what differs between the runs.
    rows : tuple of dict
        One for each finished run and learning rule: the values of the axes, ``rule`` (None if nothing was
        measured), every metric that is a number, ``outcome``, ``folder``, ``hash`` and ``wall_time_s``; of
        all runs in a folder ``date`` too, when the run was stored.
    missing : tuple of mapping
        Runs of the sweep that are not there: their ``hash``, ``folder`` and ``changes``.
    sweep : mapping
        The object in ``sweep.json``; empty if this is no sweep.

    Examples
    --------
    >>> row = {"reservoir.gain": 1.5, "rule": "force", "r": 0.5, "outcome": "done", "folder": "a-01"}
    >>> Collection(Path("runs"), ("reservoir.gain",), (row,)).table().columns
    ('reservoir.gain', 'rule', 'r', 'outcome', 'folder')
    """

    out: Path
    axes: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    missing: tuple[Mapping[str, Any], ...] = ()
    sweep: Mapping[str, Any] = attrs.field(factory=dict)

    def table(self) -> Table:
        """Return the rows as a table, which goes on to CSV, pandas and xarray."""
        points = (run["changes"] for run in self.missing)
        return Table(self.rows, self.axes, tuple(tuple(map(point.get, self.axes)) for point in points))


def load_sweep(path: Path) -> Collection:
    """Read the runs of a sweep that are there; damaged ones are named and count as missing.

    Parameters
    ----------
    path : pathlib.Path
        The folder of the sweep, beside its runs.

    Raises
    ------
    RequestError
        If it is no folder of a sweep, or ``sweep.json`` is damaged or newer than this neurogate.
    """
    path = path.resolve()
    sweep = read_sweep(path)
    runs = {run["folder"]: run for run in sweep["runs"]}
    found = {row.folder: row for row in Index(path.parent).rows(runs)}
    there = {folder: run for folder, run in runs.items() if _is_of(run, found.get(folder))}
    return Collection(
        out=path.parent,
        axes=tuple(sweep["axes"]),
        rows=tuple(
            {**run["changes"], **line} for folder, run in there.items() for line in _lines(found[folder])
        ),
        missing=tuple(run for folder, run in runs.items() if folder not in there),
        sweep=sweep,
    )


def load_runs(out: Path, where: Iterable[str] = ()) -> Collection:
    """Read all runs in a folder; the axes are the settings that differ between them.

    Parameters
    ----------
    out : pathlib.Path
        The folder that holds run folders.
    where : iterable of str
        Conditions that a row must meet, as ``reservoir.gain < 1.5`` or ``timing_error_ms < 50``. They may
        name every setting, every metric (that of a block as ``blocks.A.timing_error_ms``) and whatever else
        a row holds. A row that lacks the key is left out.

    Raises
    ------
    RequestError
        If `out` is no folder, or a condition makes no sense.
    """
    found = [
        (row, {**line, "date": _date(row.created_s)}) for row in Index(out).rows() for line in _lines(row)
    ]
    for asked in _conditions(where):
        facts = [{**row.config, **row.metrics.get(line["rule"], {}), **line} for row, line in found]
        _check_known(asked.key, facts)
        met = [_holds(asked, known) for known in facts]
        found = [pair for pair, holds in zip(found, met, strict=True) if holds]
    axes = _differing([row.config for row in {row.folder: row for row, _ in found}.values()])
    rows = ({**{key: row.config.get(key) for key in axes}, **line} for row, line in found)
    return Collection(out, axes, tuple(rows))


def _is_of(run: Mapping[str, Any], row: Row | None) -> bool:
    return row is not None and row.hash == run["hash"]


def _lines(row: Row) -> list[dict[str, Any]]:
    about = {"outcome": row.outcome, "folder": row.folder, "hash": row.hash, "wall_time_s": row.wall_time_s}
    return lines(row.metrics, about)


def _date(seconds: float) -> str:
    """Return a moment in UTC; later ones are larger texts."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _conditions(where: Iterable[str]) -> list[Condition]:
    read, problems = [], []
    for text in where:
        try:
            read.append(condition(text))
        except Flaw as flaw:
            problems.append(str(flaw))
    if problems:
        raise RequestError(problems)
    return read


def _check_known(key: str, facts: list[dict[str, Any]]) -> None:
    known = dict.fromkeys(name for fact in facts for name in fact)
    if facts and key not in known:
        near = nearest(key, known)
        hint = f"Did you mean {near}?" if near else "See `neurogate config show` and `neurogate runs --json`."
        raise RequestError(f"No run has a setting or a metric {key}. {hint}")


def _holds(asked: Condition, facts: Mapping[str, Any]) -> bool:
    try:
        return facts.get(asked.key) is not None and asked.holds(facts[asked.key])
    except Flaw as flaw:
        raise RequestError(str(flaw)) from None


def _differing(configs: list[Mapping[str, Any]]) -> tuple[str, ...]:
    keys = dict.fromkeys(key for settings in configs for key in settings)
    first = configs[0] if configs else {}
    return tuple(
        key for key in keys if any(_value(settings, key) != _value(first, key) for settings in configs)
    )


def _value(settings: Mapping[str, Any], key: str) -> Any:
    return settings.get(key, _ABSENT)
