"""Classes of settings: frozen, keyword-only, and checked field by field wherever they are made."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar, dataclass_transform

import attrs

from neurogate.units.conforming import Unfit, conform
from neurogate.units.showing import shown

__all__ = ["field_types", "settings"]

_C = TypeVar("_C")


@functools.cache
def field_types(cls: type) -> Mapping[str, Any]:
    """Return the annotation of every field of a class of settings, `Annotated` metadata included.

    Examples
    --------
    >>> from neurogate.units.domains import Domain
    >>> field_types(Domain)["unit"]
    <class 'str'>
    """
    hints = typing.get_type_hints(cls, include_extras=True)
    return types.MappingProxyType({field.name: hints[field.name] for field in attrs.fields(cls)})


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
    command line. See `neurogate.units.conforming` for what is converted.

    Examples
    --------
    >>> @settings
    ... class Filter:
    ...     gain: float = 1.0
    >>> Filter(gain=5).gain
    5.0
    >>> Filter(gain="5")
    Traceback (most recent call last):
        ...
    ValueError: Filter.gain is "5"; it must be a number.
    """

    def checked(_: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
        check = attrs.Converter(_conform_field, takes_self=True, takes_field=True)
        return [
            f.evolve(converter=attrs.converters.pipe(f.converter, check) if f.converter else check)
            for f in fields
        ]

    return attrs.frozen(cls, kw_only=True, field_transformer=checked)
