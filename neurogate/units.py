"""Letters, units and domains: the vocabulary that every other module shares.

Here live the glossary of array letters and unit suffixes, the description of what values a setting
may take, and the decorator that makes a class of settings check itself. No numbers are computed here.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
import numbers
import re
import reprlib
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NoReturn, TypeVar, Union, dataclass_transform

import attrs

__all__ = [
    "LETTERS",
    "UNITS",
    "Count",
    "Domain",
    "Fraction",
    "Milliseconds",
    "NonNegative",
    "Positive",
    "Seed",
    "Unfit",
    "conform",
    "domain_of",
    "field_types",
    "requirement",
    "settings",
    "shown",
    "whole_steps",
]

LETTERS: Mapping[str, str] = {
    "B": "replicas: own parameters, own connectivity, own seed",
    "T": "steps or bins in time",
    "N": "neurons",
    "K": "inputs or outcomes",
    "C": "cues",
    "H": "heads",
    "D": "width",
    "L": "length",
}
"""What a letter in a documented array shape counts."""

UNITS: Mapping[str, str] = {
    "ms": "milliseconds",
    "hz": "events per second",
    "mV": "millivolts",
    "pA": "picoamperes",
    "pF": "picofarads",
    "nS": "nanosiemens",
    "deg": "degrees of angle",
    "px": "pixels",
    "mb": "megabytes (1e6 bytes)",
}
"""What the suffix of a name says about its unit."""


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

_C = TypeVar("_C")


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


@functools.cache
def field_types(cls: type) -> Mapping[str, Any]:
    """Return the annotation of every field of a class of settings, `Annotated` metadata included.

    Examples
    --------
    >>> field_types(Domain)["unit"]
    <class 'str'>
    """
    hints = typing.get_type_hints(cls, include_extras=True)
    return types.MappingProxyType({field.name: hints[field.name] for field in attrs.fields(cls)})


class Unfit(ValueError):
    """A value is not what a setting takes.

    Parameters
    ----------
    value : object
        What was given.
    allowed : str
        What is allowed, as it follows "must be".
    path : str
        Where inside the setting the value stands, for example ``"[2]"``.

    Examples
    --------
    >>> print(Unfit(True, "a whole number"))
    is true; it must be a whole number.
    """

    def __init__(self, value: object, allowed: str, path: str = "") -> None:
        self.value, self.allowed, self.path = value, allowed, path
        super().__init__(f"is {shown(value)}; it must be {allowed}.")


def shown(value: object) -> str:
    """Write a value for a message: as in TOML, on one line and short.

    Examples
    --------
    >>> print(shown("false"), shown(False), shown([1.5, "x"]), shown({"uniform": [1, 2]}))
    "false" false [1.5, "x"] {uniform = [1, 2]}
    """
    return _SHORT.repr(value)


class _Short(reprlib.Repr):
    """`reprlib` in the spelling of TOML; never fails, whatever the value."""

    def repr_dict(self, value: dict[Any, Any], level: int) -> str:
        if level <= 0:
            return "{...}"
        pairs = [f"{_bare(key)} = {self.repr1(value[key], level - 1)}" for key in itertools.islice(value, 4)]
        return f"{{{', '.join(pairs + ['...'] * (len(value) > 4))}}}"

    def repr_tuple(self, value: tuple[Any, ...], level: int) -> str:
        return self.repr_list(list(value), level)

    def repr_bool(self, value: bool, level: int) -> str:
        return "true" if value else "false"

    def repr_int(self, value: int, level: int) -> str:
        bits = value.bit_length()
        return str(value) if bits <= 128 else f"a whole number of {bits} bits"

    def repr_str(self, value: str, level: int) -> str:
        text = json.dumps(value[:60], ensure_ascii=not value[:60].isprintable())
        return text if len(value) <= 60 else f"{text[:-1]}..."


def _bare(key: object) -> str:
    return key if isinstance(key, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,60}", key) else shown(key)


_SHORT = _Short()
_SHORT.maxlist = 4
_SHORT.maxlevel = 3
_NOUNS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
}


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
    if _is_union(origin):
        return " or ".join(requirement(member) for member in arguments if member is not type(None))
    if origin is not None and issubclass(origin, Mapping):
        return "a table"
    name = getattr(annotation, "__name__", str(annotation))
    return _NOUNS.get(annotation) or f"{'an' if name[0] in 'AEIO' else 'a'} {name}"


def conform(annotation: Any, value: Any) -> Any:
    """Return `value` as its annotation wants it, or raise; nothing is guessed.

    Whole numbers become floats where floats are wanted, lists become tuples, mappings are copied.
    Everything else must have the annotated type already: no 2.7 for a whole number, no 1 or "true" for
    true, no NaN, no infinity.

    Raises
    ------
    Unfit
        If the value has another type or lies outside its domain.

    Examples
    --------
    >>> conform(tuple[float, ...], [1, 2.5])
    (1.0, 2.5)
    >>> conform(Count, 2.7)
    Traceback (most recent call last):
        ...
    neurogate.units.Unfit: is 2.7; it must be a whole number (at least 1).
    """
    arguments = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    base = arguments[0] if origin is Annotated else annotation
    if base is int or base is float:
        return _number(base, annotation, value)
    if origin is Annotated:
        return conform(base, value)
    if origin is Literal:
        fits = any(type(value) is type(allowed) and value == allowed for allowed in arguments)
        return value if fits else _refuse(annotation, value)
    if origin is tuple:
        return _items(annotation, arguments, value)
    if _is_union(origin):
        return _first_fit(annotation, arguments, value)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise Unfit(value, "a table")
        return {_inside(arguments[0], k, k): _inside(arguments[1], v, k) for k, v in value.items()}
    if annotation is str and isinstance(value, str) and not _is_utf8(value):
        raise Unfit(value, "a text that UTF-8 can hold")
    known = annotation in _NOUNS or attrs.has(annotation)
    return _refuse(annotation, value) if known and not isinstance(value, annotation) else value


def _number(kind: type, annotation: Any, value: Any) -> int | float:
    abstract = numbers.Integral if kind is int else numbers.Real
    if isinstance(value, bool) or not isinstance(value, abstract):
        _refuse(annotation, value)
    domain = domain_of(annotation) or Domain()
    try:
        number: int | float = kind(value)
        finite = math.isfinite(number) and (kind is float or -(2**63) <= number < 2**63)
    except OverflowError:
        finite = False
    if not finite:
        limit = "at most 64 bits" if kind is int else "finite"
        raise Unfit(value, f"{limit}: {requirement(annotation)}")
    if domain.problem(number):
        raise Unfit(value, domain.describe())
    return number


def _items(annotation: Any, arguments: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        _refuse(annotation, value)
    inner = arguments[:1] * len(value) if arguments[-1] is Ellipsis else arguments
    if len(inner) != len(value):
        _refuse(annotation, value)
    return tuple(_inside(a, v, i) for i, (a, v) in enumerate(zip(inner, value, strict=True)))


def _inside(annotation: Any, value: Any, key: object) -> Any:
    try:
        return conform(annotation, value)
    except Unfit as unfit:
        raise Unfit(unfit.value, unfit.allowed, f"[{shown(key)}]{unfit.path}") from None


def _first_fit(annotation: Any, members: tuple[Any, ...], value: Any) -> Any:
    solid = [member for member in members if member is not type(None)]
    if value is None and len(solid) < len(members):
        return None
    for member in solid:
        try:
            return conform(member, value)
        except Unfit:
            if len(solid) == 1:
                raise
    return _refuse(annotation, value)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(annotation: Any, value: Any) -> NoReturn:
    raise Unfit(value, requirement(annotation))


def _is_union(origin: Any) -> bool:
    return origin is Union or origin is types.UnionType


def _plain(bound: float) -> str:
    return str(bound) if isinstance(bound, int) else f"{bound:g}"


def _conform_field(value: Any, instance: Any, field: attrs.Attribute[Any]) -> Any:
    cls = instance.__class__
    try:
        return conform(field_types(cls)[field.name], value)
    except Unfit as unfit:
        where = f"{cls.__name__}.{field.name}{unfit.path}"
        raise ValueError(f"{where} is {shown(unfit.value)}; it must be {unfit.allowed}.") from None


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(attrs.field,))
def settings(cls: type[_C]) -> type[_C]:
    """Make a frozen, keyword-only class that checks the type and the domain of every field.

    Annotate a field with a `Domain` (``tau_ms: Milliseconds = 20.0``) and a value outside it, or of
    another type, raises ValueError wherever the object is made: from Python, from TOML or from the
    command line. See `conform` for what is converted.

    Examples
    --------
    >>> @settings
    ... class Filter:
    ...     tau_ms: Milliseconds = 20.0
    >>> Filter(tau_ms=5).tau_ms
    5.0
    >>> Filter(tau_ms=-1.0)
    Traceback (most recent call last):
        ...
    ValueError: Filter.tau_ms is -1.0; it must be above 0 ms.
    """

    def checked(_: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
        check = attrs.Converter(_conform_field, takes_self=True, takes_field=True)
        return [
            f.evolve(converter=attrs.converters.pipe(f.converter, check) if f.converter else check)
            for f in fields
        ]

    return attrs.frozen(cls, kw_only=True, field_transformer=checked)


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
