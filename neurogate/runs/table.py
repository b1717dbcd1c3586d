"""Rows as a table: plain, as CSV, in pandas and in xarray.

Here lives the table of a `neurogate.runs.collection.Collection` or of one run. pandas and xarray are asked
for only where a table is to become theirs.
"""

from __future__ import annotations

import csv
import importlib
import io
import itertools
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from neurogate.config.listing import inline
from neurogate.errors import RequestError

__all__ = ["Table", "lines"]

_RULE = "rule"
_RUN = "run"
_TEXTS = ("outcome", "folder", "hash", "date")
_ABOUT = (*_TEXTS, "wall_time_s")
_Arrays = dict[str, tuple[tuple[str, ...], Any]]


def lines(metrics: Mapping[str, Mapping[str, Any]], about: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a run: for each rule its metrics that are numbers, and what is known of the run.

    What was measured in single blocks is left to ``summary.json``.

    Examples
    --------
    >>> lines({"force": {"r": 0.5, "blocks": {}, "trials_to_timing": None}}, {"outcome": "done"})
    [{'rule': 'force', 'r': 0.5, 'outcome': 'done'}]
    >>> lines({}, {"outcome": "diverged"})
    [{'rule': None, 'outcome': 'diverged'}]
    """
    if not metrics:
        return [{_RULE: None, **about}]
    return [{_RULE: rule, **_numbers(values), **about} for rule, values in metrics.items()]


@attrs.frozen
class Table:
    """Rows with named columns.

    Parameters
    ----------
    rows : sequence of mapping
        One for each run and learning rule. What was not measured is not in the row.
    axes : tuple of str
        Columns that say which run it is.
    absent : sequence of tuple
        Values of the axes for which there is no run.

    Examples
    --------
    >>> rows = [{"gain": 0.5, "rule": "force", "r": 0.9}, {"gain": 1.5, "rule": None, "outcome": "diverged"}]
    >>> table = Table(rows, ("gain",))
    >>> table.columns
    ('gain', 'rule', 'r', 'outcome')
    >>> print(table.to_csv())
    gain,rule,r,outcome
    0.5,force,0.9,
    1.5,,,diverged
    <BLANKLINE>
    """

    rows: Sequence[Mapping[str, Any]]
    axes: tuple[str, ...] = ()
    absent: Sequence[tuple[Any, ...]] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns: axes, ``rule``, metrics, and what else is known of a run."""
        named = dict.fromkeys(key for row in self.rows for key in row)
        first = (*self.axes, *(name for name in (_RULE,) if name in named))
        last = tuple(name for name in _ABOUT if name in named)
        return (*first, *(name for name in named if name not in (*first, *last)), *last)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the columns that hold what was measured."""
        return tuple(name for name in self.columns if name not in (*self.axes, _RULE, *_ABOUT))

    def to_csv(self) -> str:
        """Return the table as CSV; what is no number or text is written as in TOML."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        columns = self.columns
        writer.writerows([_cell(row.get(name)) for name in columns] for row in self.rows)
        return text.getvalue()

    def to_pandas(self) -> Any:
        """Return the table as a pandas DataFrame.

        Raises
        ------
        RequestError
            If pandas is not installed.
        """
        return _needed("pandas").DataFrame(list(self.rows), columns=list(self.columns))

    def to_xarray(self) -> Any:
        """Return the table as an xarray Dataset.

        If the runs fill the product of their axes, each axis is a dimension; otherwise the runs are, and the
        axes are coordinates along them. The metrics have the dimension ``rule`` too.

        Raises
        ------
        RequestError
            If xarray is not installed.
        """
        xarray = _needed("xarray")
        grid = _Grid.of(self)
        return xarray.Dataset(grid.variables(self), grid.coordinates())


@attrs.frozen
class _Grid:
    """Where the runs of a table lie in an array of runs."""

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    places: dict[str, tuple[int, ...]]
    rules: list[str]
    along: _Arrays

    @classmethod
    def of(cls, table: Table) -> _Grid:
        runs = {
            row.get("folder", ""): tuple(_label(row.get(axis)) for axis in table.axes) for row in table.rows
        }
        points = [*runs.values(), *(tuple(map(_label, point)) for point in table.absent)]
        values = [_ordered(column) for column in zip(*points, strict=True)]
        rules = list(dict.fromkeys(row[_RULE] for row in table.rows if row.get(_RULE) is not None))
        if len(set(points)) == len(points) == math.prod(map(len, values)):
            places = {run: tuple(map(list.index, values, point)) for run, point in runs.items()}
            along = zip(table.axes, ((axis,) for axis in table.axes), values, strict=True)
            return cls(table.axes, tuple(map(len, values)), places, rules, _arrays(along))
        places = {run: (number,) for number, run in enumerate(runs)}
        columns = [list(runs), *map(list, zip(*runs.values(), strict=True))]
        along = zip((_RUN, *table.axes), itertools.repeat((_RUN,)), columns)
        return cls((_RUN,), (len(runs),), places, rules, _arrays(along))

    def coordinates(self) -> _Arrays:
        return self.along | {_RULE: ((_RULE,), self.rules)}

    def variables(self, table: Table) -> _Arrays:
        metrics = set(table.metrics)
        named = [name for name in table.columns if name in metrics or name in _ABOUT]
        found = {name: self._empty(name, metrics) for name in named}
        for row in table.rows:
            place = self.places[row.get("folder", "")]
            for name in row.keys() & found.keys():
                rule = (self.rules.index(row[_RULE]),) if name in metrics else ()
                found[name][1][place + rule] = row[name]
        return found

    def _empty(self, name: str, metrics: Collection[str]) -> tuple[tuple[str, ...], Any]:
        if name in _TEXTS:
            return self.dims, np.full(self.shape, "", object)
        if name in metrics:
            return (*self.dims, _RULE), np.full((*self.shape, len(self.rules)), np.nan)
        return self.dims, np.full(self.shape, np.nan)


def _numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if _is_number(value) and "." not in name}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _arrays(found: Iterable[tuple[str, tuple[str, ...], Any]]) -> _Arrays:
    return {name: (dims, values) for name, dims, values in found}


def _label(value: Any) -> Any:
    """Return a value that may stand beside an array: a number, a text, or what TOML makes of others."""
    if isinstance(value, int | float | str):
        return value
    return "" if value is None else inline(value)


def _cell(value: Any) -> Any:
    return inline(value) if isinstance(value, bool) else _label(value)


def _ordered(values: Iterable[Any]) -> list[Any]:
    """Return different values: numbers ascending, others in the order in which they come."""
    known = list(dict.fromkeys(values))
    return sorted(known) if all(map(_is_number, known)) else known


def _needed(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise RequestError(
            f'{name} cannot be imported ({error}); install it with pip install "neurogate[tables]".'
        ) from None
