"""Columns of a table of runs: their values, what they are called, and the runs that agree in them.

A row is a mapping, one for each run and learning rule: what the run changed by key path, ``rule``, metrics,
``outcome`` and ``hash``. A run without a number in a column is lost to it, and is counted by why: its
outcome, or that it has no value. What rows hold is decided in `neurogate.runs`; where values lie on an axis,
in `neurogate.plotting.scale`.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from neurogate.analysis.intervals import mean_interval
from neurogate.errors import RequestError
from neurogate.plotting.style import display_name
from neurogate.units import UNITS

__all__ = [
    "Group",
    "Lost",
    "Row",
    "brief",
    "column",
    "groups",
    "heading",
    "identity",
    "is_number",
    "lost",
    "name",
    "text",
]

Row = Mapping[str, Any]

_UNITS = {**{unit: unit for unit in UNITS}, "hz": "Hz", "deg": "°", "mb": "MB", "s": "s"}
_WORDS = {"mae": "MAE", "rmse": "RMSE", "p5": "5th percentile"}


class Group(NamedTuple):
    """Runs that have the same values in some columns.

    Parameters
    ----------
    key : tuple
        These values.
    mean, half_width : float
        Of the number that they have in another column, with a 95 % interval; NaN for a single run.
    runs : int
        How many they are.
    """

    key: tuple[Any, ...]
    mean: float
    half_width: float
    runs: int


class Lost(NamedTuple):
    """Runs that have the same values in some columns and no number in another.

    Parameters
    ----------
    key : tuple
        These values.
    why : str
        diverged, missing and so on.
    runs : int
        How many they are.
    """

    key: tuple[Any, ...]
    why: str
    runs: int


def is_number(value: Any) -> bool:
    """Whether a value is a finite number.

    Examples
    --------
    >>> is_number(2), is_number(True), is_number(float("nan")), is_number("2")
    (True, False, False, False)
    """
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def column(rows: Sequence[Row], name: str) -> list[Any]:
    """Return a column; None where a row has none.

    Raises
    ------
    RequestError
        If no row has it, with the nearest right spelling.

    Examples
    --------
    >>> column([{"reservoir.gain": 0.5}, {}], "reservoir.gain")
    [0.5, None]
    >>> column([{"reservoir.gain": 0.5}], "reservoir.gian")
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: There is no column reservoir.gian. Did you mean reservoir.gain? ...
    """
    known = list(dict.fromkeys(key for row in rows for key in row))
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5) or [
            key for key in known if key.rpartition(".")[2] == name
        ]
        hint = f" Did you mean {near[0]}?" if near else ""
        raise RequestError(f"There is no column {name}.{hint} The columns are {', '.join(known) or 'none'}.")
    return [row.get(name) for row in rows]


def groups(rows: Sequence[Row], keys: Sequence[str], y: str) -> list[Group]:
    """Put rows with a number in `y` together by what they have in `keys`, in order of appearance.

    Parameters
    ----------
    rows : sequence of mapping
    keys : sequence of str
        Columns.
    y : str
        Column of numbers.

    Examples
    --------
    >>> rows = [{"gain": 1, "error": 3.0}, {"gain": 1, "error": 5.0}, {"gain": 2, "error": None}]
    >>> [(group.key, group.mean, group.runs) for group in groups(rows, ["gain"], "error")]
    [((1,), 4.0, 2)]
    """
    found: dict[str, tuple[tuple[Any, ...], list[float]]] = {}
    for row in rows:
        if is_number(row.get(y)):
            key = tuple(row.get(name) for name in keys)
            found.setdefault(identity(key), (key, []))[1].append(float(row[y]))
    means = ((key, mean_interval(values), len(values)) for key, values in found.values())
    return [Group(key, float(mean), float(half), runs) for key, (mean, half), runs in means]


def lost(rows: Iterable[Row], keys: Sequence[str], y: str) -> list[Lost]:
    """Count the runs that have no number in `y`, by what they have in `keys` and why; each run once.

    Parameters
    ----------
    rows : iterable of mapping
    keys : sequence of str
        Columns.
    y : str
        Column of numbers.

    Examples
    --------
    >>> rows = [{"gain": 1, "outcome": "diverged"}, {"gain": 1, "outcome": "done", "error": 5.0}]
    >>> lost(rows, ["gain"], "error")
    [Lost(key=(1,), why='diverged', runs=1)]
    """
    found: dict[str, tuple[tuple[Any, ...], str, set[Any]]] = {}
    for number, row in enumerate(rows):
        if not is_number(row.get(y)):
            key, why = tuple(row.get(name) for name in keys), str(row.get("outcome", "missing"))
            why = "without a value" if why == "done" else why
            found.setdefault(identity((why, *key)), (key, why, set()))[2].add(row.get("hash", number))
    return [Lost(key, why, len(runs)) for key, why, runs in found.values()]


def heading(name: str) -> str:
    """Say what a column is called; key paths stay as they are, since they are typed like that.

    Examples
    --------
    >>> heading("timing_error_ms"), heading("reservoir.gain")
    ('timing error (ms)', 'reservoir.gain')
    """
    if "." in name:
        return name
    words, _, unit = name.rpartition("_")
    words, unit = (words, f" ({_UNITS[unit]})") if words and unit in _UNITS else (name, "")
    return " ".join(_WORDS.get(word, word) for word in words.split("_")) + unit


def text(value: Any) -> str:
    """Write a value short enough for a tick.

    Examples
    --------
    >>> text(0.5), text(True), text({"normal": [6.0, 1.0]}), text(None)
    ('0.5', 'true', 'normal 6, 1', 'none')
    """
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return f"{value:.4g}" if isinstance(value, float) or abs(value) >= 10**7 else str(value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {text(inner)}" for key, inner in value.items())
    return ", ".join(map(text, value)) if isinstance(value, list | tuple) else str(value)


def brief(number: float) -> str:
    """Write a measured number in three digits, without an exponent where it can be read without.

    Examples
    --------
    >>> brief(1234.5), brief(0.012345), brief(5e8)
    ('1234', '0.0123', '5e+08')
    """
    return f"{number:.0f}" if 1000 <= abs(number) < 10**6 else f"{number:.3g}"


def name(column_name: str | None, value: Any) -> str:
    """Write a value of a column for a legend or a title.

    Examples
    --------
    >>> name("rule", "three_factor"), name("reservoir.n", 500), name(None, None)
    ('three-factor', '500', '')
    """
    if column_name is None:
        return ""
    return display_name(value) if column_name == "rule" else text(value)


def identity(value: Any) -> str:
    """Return a text that is the same for equal values, lists and tables among them.

    Examples
    --------
    >>> identity(1) == identity(1.0), identity([1, 2]) == identity((1.0, 2.0)), identity(1) == identity("1")
    (True, True, False)
    """
    return json.dumps(_same(value), sort_keys=True, default=str)


def _same(value: Any) -> Any:
    """Return a value in which whole numbers are floats."""
    if isinstance(value, list | tuple):
        return [_same(inner) for inner in value]
    if isinstance(value, Mapping):
        return {key: _same(inner) for key, inner in value.items()}
    return float(value) if is_number(value) else value
