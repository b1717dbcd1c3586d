"""Where the values of a column lie on an axis.

Here live the choice between linear, logarithmic and named, ticks, and the way onto an axis. What columns
are is said in `neurogate.plotting.columns`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import attrs
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, NullLocator

from neurogate.plotting.columns import heading, identity, is_number, text

__all__ = ["Scale", "spread"]

_ALL_TICKS = 12
_LOG_RATIO = 4.0
_DECADES = 100.0
_FAR = 1e100


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
        linear, log (numbers that are spaced so) or named (side by side). Numbers of which one lies beyond
        100 decades are named too: the margins of their axis may lie where no float is.

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
        known = {identity(value): value for value in values if value is not None}
        if not all(map(is_number, known.values())):
            return cls(name, tuple(known.values()), "named")
        numbers = tuple(sorted(known.values()))
        if any(abs(number) > _FAR for number in numbers):
            return cls(name, numbers, "named")
        if _is_log(numbers):
            return cls(name, numbers, "log" if numbers[0] * _FAR >= 1 else "named")
        return cls(name, numbers, "linear")

    def place(self, value: Any) -> float:
        """Return where a value lies: a number where it is, anything else by its position."""
        if self.kind != "named":
            return float(value)
        return float([identity(known) for known in self.known].index(identity(value)))

    def fraction(self, value: Any) -> float:
        """Return how far from the least to the greatest a value lies, from 0 to 1."""
        warp = math.log if self.kind == "log" else float
        low, high, here = (warp(self.place(v)) for v in (self.known[0], self.known[-1], value))
        return (here - low) / (high - low) if high > low else 0.5

    def ticks(self) -> list[Any]:
        """Return what is written: the values if they are few, else round numbers; none touches another."""
        chosen: list[Any] = []
        few = self.kind == "named" or len(self.known) <= _ALL_TICKS
        for value in self.known if few else self._round():
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
