"""Which values a setting may take: numbers and their bounds, durations and steps, and all of it in words.

Whether a value is one of them is looked at in `neurogate.units.conforming`.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union

import attrs

from neurogate.units.showing import shown

__all__ = [
    "Count",
    "Domain",
    "Fraction",
    "Milliseconds",
    "NonNegative",
    "Positive",
    "Seed",
    "domain_of",
    "is_union",
    "requirement",
    "whole_steps",
]

_NOUNS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
}


@attrs.frozen
class Domain:
    """The values that a number may take, and its unit.

    Parameters
    ----------
    low, high : float
        Bounds; infinite means unbounded (infinite values themselves are never allowed).
    low_open, high_open : bool
        Whether the bound itself is excluded.
    unit : str
        Unit, for messages and listings.

    Examples
    --------
    >>> Domain(0, 1).problem(1.5)
    'must be from 0 to 1'
    >>> Domain(0, low_open=True, unit="ms").problem(20.0) is None
    True
    """

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    unit: str = ""

    def problem(self, value: float) -> str | None:
        """Say what is allowed if `value` is not, else return None."""
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return None if math.isfinite(value) and above and below else f"must be {self.describe()}"

    def describe(self) -> str:
        """Say in words which values are allowed."""
        unit = f" {self.unit}" if self.unit else ""
        low, high = _plain(self.low), _plain(self.high)
        low_word = "above" if self.low_open else "at least"
        high_word = "below" if self.high_open else "at most"
        if math.isinf(self.low) and math.isinf(self.high):
            return "a finite number" + (f" in {self.unit}" if self.unit else "")
        if math.isinf(self.high):
            return f"{low_word} {low}{unit}"
        if math.isinf(self.low):
            return f"{high_word} {high}{unit}"
        if self.low_open or self.high_open:
            return f"{low_word} {low}{unit} and {high_word} {high}{unit}"
        return f"from {low} to {high}{unit}"


Positive = Annotated[float, Domain(0, low_open=True)]
NonNegative = Annotated[float, Domain(0)]
Fraction = Annotated[float, Domain(0, 1)]
Milliseconds = Annotated[float, Domain(0, low_open=True, unit="ms")]
Count = Annotated[int, Domain(1)]
Seed = Annotated[int, Domain(0, 2**63 - 1)]


def domain_of(annotation: Any) -> Domain | None:
    """Return the `Domain` that an annotation carries, or None.

    Examples
    --------
    >>> domain_of(Milliseconds).unit
    'ms'
    >>> domain_of(float) is None
    True
    """
    return next((m for m in getattr(annotation, "__metadata__", ()) if isinstance(m, Domain)), None)


def requirement(annotation: Any) -> str:
    """Say which values an annotation allows, as it follows "must be".

    Examples
    --------
    >>> requirement(Count), requirement(Milliseconds), requirement(tuple[Fraction, ...])
    ('a whole number (at least 1)', 'a number (above 0 ms)', 'a list, each a number (from 0 to 1)')
    """
    arguments = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        domain, noun = domain_of(annotation), requirement(arguments[0])
        if domain is None:
            return noun
        if math.isinf(domain.low) and math.isinf(domain.high):
            return f"{noun} in {domain.unit}" if domain.unit else noun
        return f"{noun} ({domain.describe()})"
    if origin is Literal:
        return " or ".join(map(shown, arguments))
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return f"a list, each {requirement(arguments[0])}"
        return f"a list of {len(arguments)}: {', '.join(map(requirement, arguments))}"
    if is_union(origin):
        return " or ".join(requirement(member) for member in arguments if member is not type(None))
    if origin is not None and issubclass(origin, Mapping):
        return "a table"
    name = getattr(annotation, "__name__", str(annotation))
    return _NOUNS.get(annotation) or f"{'an' if name[0] in 'AEIO' else 'a'} {name}"


def is_union(origin: Any) -> bool:
    """Whether the origin of an annotation is a choice, as ``float | None`` is.

    Examples
    --------
    >>> is_union(typing.get_origin(float | None))
    True
    """
    return origin is Union or origin is types.UnionType


def _plain(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def whole_steps(duration_ms: float, dt_ms: float) -> int | None:
    """Return how many steps of `dt_ms` make `duration_ms`, or None if they do not fit.

    Examples
    --------
    >>> whole_steps(5.0, 0.1)
    50
    >>> whole_steps(5.0, 0.3) is None
    True
    """
    ratio = duration_ms / dt_ms
    if not math.isfinite(ratio):
        return None
    count = round(ratio)
    return count if math.isclose(count * dt_ms, duration_ms, rel_tol=1e-9, abs_tol=1e-9) else None
