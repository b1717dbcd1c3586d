"""Columns of a table of runs: their values, what they are called, and where values lie on an axis.

A row is a mapping, one for each run and learning rule: what the run changed by key path, ``rule``, metrics,
``outcome`` and ``hash``. A run without a number in a column is lost to it, and is counted by why: its
outcome, or that it has no value. What rows hold is decided in `neurogate.runs`.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import attrs
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, NullLocator

from neurogate.analysis.intervals import mean_interval
from neurogate.errors import RequestError
from neurogate.plotting.style import display_name
from neurogate.units import UNITS

__all__ = [
    "Group",
    "Lost",
    "Row",
    "Scale",
    "brief",
    "column",
    "groups",
    "heading",
    "is_number",
    "lost",
    "name",
    "spread",
    "text",
]

Row = Mapping[str, Any]

_ALL_TICKS = 12
_LOG_RATIO = 4.0
_DECADES = 100.0
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
            found.setdefault(_identity(key), (key, []))[1].append(float(row[y]))
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
            found.setdefault(_identity((why, *key)), (key, why, set()))[2].add(row.get("hash", number))
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


def spread(numbers: Sequence[float]) -> Literal["linear", "log"]:
    """Say on which scale measured numbers are seen: on a logarithmic one if they span two decades.

    Examples
    --------
    >>> spread([0.1, 30.0]), spread([0.0, 30.0])
    ('log', 'linear')
    """
    return "log" if min(numbers) > 0 and max(numbers) > _DECADES * min(numbers) else "linear"


@attrs.frozen
class Scale:
    """Where the values of a column lie on an axis.

    Parameters
    ----------
    name : str
        Of the column.
    known : tuple
        Its distinct values: numbers ascending, anything else in order of appearance.
    kind : str
        linear, log (numbers that are spaced so) or named (side by side).

    Examples
    --------
    >>> Scale.of("rate", [1e-3, 1e-2, 3e-3]).kind, Scale.of("gain", [0.5, 1.0, 1.5]).kind
    ('log', 'linear')
    """

    name: str
    known: tuple[Any, ...]
    kind: Literal["linear", "log", "named"]

    @classmethod
    def of(cls, name: str, values: Iterable[Any]) -> Scale:
        """Make the scale of the values of a column; None is none of them."""
        known = {_identity(value): value for value in values if value is not None}
        if not all(map(is_number, known.values())):
            return cls(name, tuple(known.values()), "named")
        numbers = tuple(sorted(known.values()))
        return cls(name, numbers, "log" if _is_log(numbers) else "linear")

    def place(self, value: Any) -> float:
        """Return where a value lies: a number where it is, anything else by its position."""
        if self.kind != "named":
            return float(value)
        return float([_identity(known) for known in self.known].index(_identity(value)))

    def fraction(self, value: Any) -> float:
        """Return how far from the least to the greatest a value lies, from 0 to 1."""
        warp = math.log if self.kind == "log" else float
        low, high, here = (warp(self.place(v)) for v in (self.known[0], self.known[-1], value))
        return (here - low) / (high - low) if high > low else 0.5

    def ticks(self) -> list[Any]:
        """Return what is written: the values if they are few, else round numbers; none touches another."""
        chosen: list[Any] = []
        for value in self.known if len(self.known) <= _ALL_TICKS else self._round():
            room = 0.02 * len(text(value)) + 0.03
            if not chosen or self.fraction(value) - self.fraction(chosen[-1]) >= room:
                chosen.append(value)
        return chosen

    def _round(self) -> list[float]:
        low, high = self.known[0], self.known[-1]
        locator = LogLocator(subs=(1.0, 3.0)) if self.kind == "log" else MaxNLocator(5)
        return [float(value) for value in locator.tick_values(low, high) if low <= value <= high]

    def apply(self, axes: Axes, which: Literal["x", "y"] = "x") -> None:
        """Give an axis this scale, its ticks and its name."""
        axis: Axis = axes.xaxis if which == "x" else axes.yaxis
        if self.kind == "log":
            axes.set(**{f"{which}scale": "log"})
        if self.kind == "named" or len(self.known) <= _ALL_TICKS:
            ticks = self.known if self.kind == "named" else self.ticks()
            axis.set_ticks([self.place(value) for value in ticks], [text(value) for value in ticks])
            axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())
        axis.set_label_text(heading(self.name))


def _is_log(numbers: Sequence[float]) -> bool:
    """Whether ascending numbers are spaced more evenly after taking logarithms."""
    if len(numbers) < 3 or numbers[0] <= 0 or numbers[-1] < _LOG_RATIO * numbers[0]:
        return False
    steps, ratios = np.diff(numbers), np.diff(np.log(numbers))
    return bool(ratios.std() / ratios.mean() < steps.std() / steps.mean())


def _identity(value: Any) -> str:
    """Return a text that is the same for equal values, lists and tables among them."""
    return json.dumps(_same(value), sort_keys=True, default=str)


def _same(value: Any) -> Any:
    """Return a value in which whole numbers are floats."""
    if isinstance(value, list | tuple):
        return [_same(inner) for inner in value]
    if isinstance(value, Mapping):
        return {key: _same(inner) for key, inner in value.items()}
    return float(value) if is_number(value) else value
