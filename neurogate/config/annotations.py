"""What the annotations of settings say about plain tables.

Here live the sorts of annotation that a configuration treats alike: single values, distributions, things
chosen by their kind. How each sort is read is decided in `neurogate.config.structuring`.
"""

from __future__ import annotations

import functools
import operator
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union

from neurogate.config.problems import kind_of
from neurogate.neurons.distributions import Constant, Distribution
from neurogate.units import requirement

__all__ = [
    "FORMS",
    "allowed",
    "implied",
    "is_distribution",
    "is_optional",
    "is_scalar",
    "is_tagged",
    "members",
    "name_of",
    "origin_is",
]

FORMS: Mapping[str, type] = {cls.kind: cls for cls in typing.get_args(Distribution)}
"""Distributions by the key of their compact form."""


def allowed(annotation: Any) -> str:
    """Say which plain values a field takes, as it follows "must be".

    Examples
    --------
    >>> allowed(Distribution)
    'a number, {uniform}, {log_uniform}, {normal}, {gamma} or {file}'
    """
    if is_optional(annotation):
        inner = (t for t in typing.get_args(annotation) if t is not type(None))
        return allowed(functools.reduce(operator.or_, inner))
    if is_distribution(annotation):
        *forms, last = (f"{{{kind}}}" for kind in FORMS if kind != Constant.kind)
        return f"{', '.join((requirement(float), *forms))} or {last}"
    return requirement(annotation)


def members(union: Any) -> dict[str, type]:
    """Return the classes of a tagged union by their kinds."""
    return {str(name_of(cls)): cls for cls in typing.get_args(union)}


def implied(union: Any) -> str | None:
    """Return the kind of a tagged union that is meant where none is named, or None.

    Its class has an `implied_kind` in place of a `kind`, and is written without it.
    """
    kinds = (getattr(cls, "implied_kind", None) for cls in typing.get_args(union))
    return next(filter(None, kinds), None)


def name_of(cls: Any) -> str | None:
    """Return the kind by which a table may name a class, also where it need not, or None."""
    return kind_of(cls) or getattr(cls, "implied_kind", None)


def _is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (Union, types.UnionType)


def is_optional(annotation: Any) -> bool:
    """Whether None is allowed."""
    return _is_union(annotation) and type(None) in typing.get_args(annotation)


def is_distribution(annotation: Any) -> bool:
    """Whether it is a distribution, which has a compact form."""
    return _is_union(annotation) and set(typing.get_args(annotation)) == set(FORMS.values())


def is_tagged(annotation: Any) -> bool:
    """Whether it is a choice between classes that differ by their kind."""
    named = _is_union(annotation) and all(map(name_of, typing.get_args(annotation)))
    return named and not is_distribution(annotation)


def origin_is(annotation: Any, kind: type) -> bool:
    """Whether it is a generic of some sort, as ``tuple[int, ...]`` is one of tuple."""
    origin = typing.get_origin(annotation)
    return isinstance(origin, type) and issubclass(origin, kind)


def is_scalar(annotation: Any) -> bool:
    """Whether it is a single number, text or truth value, or one of several."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return is_scalar(inner[0])
    if _is_union(annotation):
        return all(member is type(None) or is_scalar(member) for member in inner)
    return origin is Literal or annotation in (bool, int, float, str)
