"""Values as their annotations want them, or an error: nothing is guessed.

Which values are wanted is said in `neurogate.units.domains`.
"""

from __future__ import annotations

import math
import numbers
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NoReturn

import attrs

from neurogate.units.domains import Domain, domain_of, is_union, requirement
from neurogate.units.showing import shown

__all__ = ["Unfit", "conform"]


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
    >>> from neurogate.units.domains import Count
    >>> conform(Count, 2.7)
    Traceback (most recent call last):
        ...
    neurogate.units.conforming.Unfit: is 2.7; it must be a whole number (at least 1).
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
    if is_union(origin):
        return _first_fit(annotation, arguments, value)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise Unfit(value, "a table")
        return {_inside(arguments[0], k, k): _inside(arguments[1], v, k) for k, v in value.items()}
    if annotation is str and isinstance(value, str) and not _is_utf8(value):
        raise Unfit(value, "a text that UTF-8 can hold")
    known = annotation in (bool, str) or attrs.has(annotation)
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
