"""Listing settings: every key with its value, what it may be and what it means.

Here lives what ``neurogate config show`` prints, as rows. How rows are laid out on a screen is decided in
`neurogate.cli`.
"""

from __future__ import annotations

import functools
import inspect
import json
import re
import typing
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import attrs

from neurogate.config.annotations import allowed
from neurogate.config.problems import join, kind_of
from neurogate.config.structuring import plain
from neurogate.neurons.distributions import Distribution
from neurogate.units import UNITS, field_types

__all__ = ["Row", "describe", "inline"]


class Row(NamedTuple):
    """One setting.

    Parameters
    ----------
    key : str
        Key path.
    value : str
        Value as TOML writes it; empty if there is none.
    allowed : str
        What the value must be, with its unit.
    meaning : str
        What it does, from the docstring of the class of settings.

    Examples
    --------
    >>> Row("run.seed", "1", "a whole number", "Seed of everything random.").key
    'run.seed'
    """

    key: str
    value: str
    allowed: str
    meaning: str


def describe(settings: Any) -> list[Row]:
    """List every setting of an object or a class of settings, depth first.

    Parameters
    ----------
    settings : object or type
        An object, or a class of settings, of which the defaults are listed; a field without default
        has an empty value.

    Returns
    -------
    list of Row

    Examples
    --------
    >>> from neurogate.network.features import Features
    >>> print(*describe(Features)[0], sep=" | ")
    bin_ms | 5.0 | a number (above 0 ms) | Time between two looks at the traces.
    """
    value, cls = (None, settings) if isinstance(settings, type) else (settings, type(settings))
    return list(_rows(value, cls, "", ""))


def inline(value: Any) -> str:
    """Write a plain value as TOML on one line.

    Examples
    --------
    >>> print(inline({"uniform": [1.0, 2.0]}), inline("text"), inline(True))
    {uniform = [1.0, 2.0]} "text" true
    """
    if isinstance(value, Mapping):
        pairs = (f"{join('', key)} = {inline(inner)}" for key, inner in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(inline, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=not value.isprintable())
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _rows(value: Any, annotation: Any, path: str, meaning: str) -> Iterator[Row]:
    """List what stands at `path`; a value of None has yet to be given."""
    cls = annotation if value is None else type(value)
    if attrs.has(cls) and not isinstance(value, Distribution):
        if path and (kind := kind_of(cls)):
            yield Row(join(path, "kind"), inline(kind), inline(kind), _summary(cls))
        yield from _fields(cls, value, path)
    elif isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _rows(item, typing.get_args(annotation)[1], join(path, key), meaning)
    elif isinstance(value, tuple) and any(attrs.has(type(item)) for item in value):
        for index, item in enumerate(value):
            yield from _rows(item, type(item), join(path, index), meaning)
    else:
        yield Row(path, "" if value is None else inline(plain(value)), _domain(path, annotation), meaning)


def _domain(path: str, annotation: Any) -> str:
    """Say what is allowed; the unit is the one of the domain, or else of the name."""
    text, unit = allowed(annotation), path.rpartition("_")[2]
    return f"{text}, in {unit}" if unit in UNITS and unit not in text.replace(")", " ").split() else text


def _fields(cls: Any, value: Any, path: str) -> Iterator[Row]:
    meanings = _meanings(cls)
    for name, annotation in field_types(cls).items():
        inner = _default(cls, name) if value is None else getattr(value, name)
        yield from _rows(inner, annotation, join(path, name), meanings.get(name, ""))


def _default(cls: Any, name: str) -> Any:
    default: Any = attrs.fields_dict(cls)[name].default
    if default is attrs.NOTHING:
        return None
    return default.factory() if hasattr(default, "factory") else default


@functools.cache
def _meanings(cls: type) -> Mapping[str, str]:
    """Read what each field means from the numpydoc sections of a class and its bases."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        _, _, rest = inspect.cleandoc(base.__doc__ or "").partition("Parameters\n----------\n")
        section = re.split(r"^\S.*\n-{3,}$", rest, maxsplit=1, flags=re.MULTILINE)[0]
        names: list[str] = []
        for line in section.splitlines():
            if line[:1].strip():
                names = line.partition(" : ")[0].split(", ")
                found |= dict.fromkeys(names, "")
            else:
                found |= {name: f"{found[name]} {line.strip()}".strip() for name in names}
    return found


def _summary(cls: type) -> str:
    return inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
