"""From plain tables to settings and back, with nothing guessed.

Here live the rules by which a table (as TOML gives it) becomes an object: strict types, kinds of tagged
unions and the compact form of distributions, and the way back with every default spelled out. Which
values are allowed is said by the classes of settings; what the errors say, by
`neurogate.config.problems`; files are read in `neurogate.config.loading`.
"""

from __future__ import annotations

import functools
import operator
import re
import typing
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Literal, NoReturn, TypeVar

import attrs
import tomli_w
from cattrs import Converter
from cattrs.errors import IterableValidationError, IterableValidationNote
from cattrs.gen import make_dict_structure_fn

from neurogate.config.annotations import (
    FORMS,
    allowed,
    implied,
    is_distribution,
    is_optional,
    is_scalar,
    is_tagged,
    members,
    name_of,
    origin_is,
)
from neurogate.config.problems import Flaw, keys_of, mistakes, nearest, without
from neurogate.errors import RequestError
from neurogate.neurons.distributions import Constant, Distribution
from neurogate.units import Unfit, conform, field_types, requirement, shown

__all__ = ["MISTAKES", "Known", "build", "convert", "dumps", "plain"]

Known = dict[Hashable, tuple[Any, str]]
"""Settings by their address, and by their key where the text has it, each with its text.

They are kept so that the address stays theirs.
"""

_T = TypeVar("_T")
_Hook = Callable[[Any, Any], Any]
_KEY = re.compile(r"(?<=\.)\w+|\w{3,}")
MISTAKES = (ValueError, RequestError, ExceptionGroup)
"""What a mistake in a configuration is raised as before it is a sentence."""


def build(cls: type[_T], table: object) -> _T:
    """Make an object of a class of settings from a plain table.

    What is mistaken is left out and the rest tried again, so that checks of how things fit together are
    heard at once with the mistakes in single keys. Of what they say, sentences that name a key which was
    left out do not count.

    Parameters
    ----------
    cls : type
        The class of settings.
    table : mapping
        Keys and plain values: numbers, strings, booleans, lists and tables of these.

    Raises
    ------
    RequestError
        With one sentence for each mistake, at every depth.

    Examples
    --------
    >>> from neurogate.neurons.distributions import Normal
    >>> build(Normal, {"mean": 6, "sd": 1.0})
    Normal(mean=6.0, sd=1.0)
    >>> build(Normal, {"maen": 6, "sd": "1"})
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: mean is missing; it must be a number.
    sd is "1"; it must be a number (at least 0).
    maen is not a known key; did you mean mean? The top level takes kind, mean, sd.
    """
    problems: dict[str, None] = {}
    left_out: set[str] = set()
    while True:
        try:
            made = _converter().structure(table, cls)
            break
        except MISTAKES as error:
            found = list(mistakes(error, table, cls))
        heard = (m for m in found if left_out.isdisjoint([*map(str, m.keys), *_KEY.findall(m.text)]))
        problems |= {mistake.text: None for mistake in heard}
        table, names = without(table, found)
        left_out |= names
        if not names:
            break
    if problems:
        raise RequestError(problems)
    return made


def convert(annotation: Any, value: Any) -> Any:
    """Make what one field of settings holds from a plain value.

    Raises
    ------
    ValueError, RequestError or ExceptionGroup
        If it does not fit; `neurogate.config.problems.mistakes` turns them into sentences.

    Examples
    --------
    >>> convert(Distribution, {"uniform": [1, 2]})
    Uniform(low=1.0, high=2.0)
    """
    return _converter().structure(value, annotation)


def plain(value: Any) -> Any:
    """Write settings as plain tables, lists and numbers, every default spelled out.

    Examples
    --------
    >>> from neurogate.neurons.distributions import Constant, Uniform
    >>> plain({"bias": Constant(value=6.0), "tau_ms": Uniform(low=10.0, high=500.0)})
    {'bias': 6.0, 'tau_ms': {'uniform': [10.0, 500.0]}}
    """
    if isinstance(value, Constant):
        return value.value
    if isinstance(value, Distribution):
        numbers = [plain(getattr(value, name)) for name in field_types(FORMS[value.kind])]
        return {value.kind: numbers if len(numbers) > 1 else numbers[0]}
    if attrs.has(type(value)):
        named = {key: plain(getattr(value, key)) for key in keys_of(type(value))}
        return {key: inner for key, inner in named.items() if inner is not None}
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, tuple | list) else value


def dumps(value: Any, known: Known | None = None) -> str:
    """Write settings as TOML, every default spelled out.

    Parameters
    ----------
    value : settings object, or mapping if nothing is known
    known : dict, optional
        Begins empty and serves many simulations that share settings: these are then written once.

    Examples
    --------
    >>> from neurogate.neurons.distributions import Normal
    >>> print(dumps(Normal(mean=6.0, sd=1.0)))
    normal = [
        6.0,
        1.0,
    ]
    <BLANKLINE>
    """
    if known is None:
        return tomli_w.dumps(plain(value))
    named = {key: inner for key in keys_of(type(value)) if (inner := getattr(value, key)) is not None}
    tables = {
        key: inner for key, inner in named.items() if attrs.has(type(inner)) or isinstance(inner, Mapping)
    }
    first = tomli_w.dumps({key: inner for key, inner in named.items() if key not in tables})
    return "\n".join([first, *(_table_text(key, inner, known) for key, inner in tables.items())])


def _table_text(key: str, value: Any, known: Known) -> str:
    place = key, id(value)
    if place not in known:
        known[place] = value, tomli_w.dumps({key: plain(value)})
    return known[place][1]


@functools.cache
def _converter() -> Converter:
    """Make the converter; the rule registered last is asked first, and plain types before all others."""
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    for plain_type in (bool, int, float, str):
        converter.register_structure_hook(plain_type, lambda value, type_: conform(type_, value))
    register = converter.register_structure_hook_factory
    register(lambda t: attrs.has(t) and typing.get_origin(t) is None)(_table)
    register(lambda t: origin_is(t, tuple))(_list)
    register(lambda t: origin_is(t, Mapping))(_mapping)
    register(is_optional)(_optional)
    register(is_scalar)(_scalar)
    register(is_tagged)(_tagged)
    register(is_distribution)(_distribution)
    return converter


def _table(cls: Any, converter: Converter) -> _Hook:
    make, kind = make_dict_structure_fn(cls, converter), name_of(cls)

    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping):
            raise Unfit(value, f"a table with the keys {', '.join(keys_of(cls))}")
        if kind is not None and "kind" in value:
            _at("kind", lambda: conform(Literal[kind], value["kind"]))
            value = {key: inner for key, inner in value.items() if key != "kind"}
        return make(value, cls)

    return hook


def _list(annotation: Any, converter: Converter) -> _Hook:
    types_ = typing.get_args(annotation)

    def hook(value: Any, _: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise Unfit(value, "a list")
        inner = types_[:1] * len(value) if types_[-1] is Ellipsis else types_
        if len(inner) != len(value):
            raise Unfit(value, requirement(annotation))
        return tuple(_gather(converter, enumerate(zip(inner, value, strict=True))).values())

    return hook


def _mapping(annotation: Any, converter: Converter) -> _Hook:
    _, inner = typing.get_args(annotation)

    def hook(value: Any, _: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise Unfit(value, "a table")
        for key in value:
            conform(str, key)
        if is_tagged(inner):
            value = {key: _with_kind(item, key) for key, item in value.items()}
        return _gather(converter, ((key, (inner, item)) for key, item in value.items()))

    return hook


def _with_kind(item: Any, name: str) -> Any:
    """In a table of tagged things, the kind defaults to the thing's own name."""
    return {"kind": name, **item} if isinstance(item, Mapping) else item


def _optional(union: Any, converter: Converter) -> _Hook:
    inner: Any = functools.reduce(operator.or_, (t for t in typing.get_args(union) if t is not type(None)))
    return lambda value, _: converter.structure(value, inner)


def _scalar(annotation: Any, _: Converter) -> _Hook:
    return lambda value, __: conform(annotation, value)


def _tagged(union: Any, converter: Converter) -> _Hook:
    classes, meant = members(union), implied(union)
    kinds = " or ".join(map(shown, classes))

    def hook(value: Any, _: Any) -> Any:
        if not isinstance(value, Mapping):
            raise Unfit(value, f"a table with kind = {kinds}")
        if meant and value.get("kind", meant) == meant:
            return converter.structure(value, classes[meant])
        if "kind" not in value:
            near = nearest("kind", value)
            raise Flaw(f"has no kind; kind must be {kinds}.{_hint(near and f'kind by {near}')}")
        kind = value["kind"]
        if not isinstance(kind, str) or kind not in classes:
            near = nearest(kind, classes) if isinstance(kind, str) else None
            flaw = Flaw(f"is {shown(kind)}; it must be {kinds}.{_hint(near)}")
            _at("kind", lambda: _throw(flaw))
        return converter.structure(value, classes[kind])

    return hook


def _distribution(_: Any, converter: Converter) -> _Hook:
    forms = f"{allowed(Distribution)}, as in {{uniform = [1, 2]}}"

    def hook(value: Any, _: Any) -> Any:
        if isinstance(value, Mapping):
            if len(value) == 1 and (kind := next(iter(value))) in FORMS:
                return _at(kind, lambda: _from_form(FORMS[kind], value[kind], converter))
            near = next(filter(None, (nearest(key, FORMS) for key in value)), None)
            raise Flaw(f"is {shown(value)}; it must be {forms}.{_hint(near)}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Unfit(value, forms)
        return Constant(value=conform(float, value))

    return hook


def _from_form(cls: type, inner: Any, converter: Converter) -> Any:
    fields = field_types(cls)
    if len(fields) == 1:
        return cls(**{name: conform(type_, inner) for name, type_ in fields.items()})
    if not isinstance(inner, list | tuple) or len(inner) != len(fields):
        raise Unfit(inner, f"a list of {len(fields)} numbers: {', '.join(fields)}")
    numbers = _gather(converter, enumerate(zip(fields.values(), inner, strict=True)))
    return cls(**dict(zip(fields, numbers.values(), strict=True)))


def _gather(converter: Converter, items: Iterable[tuple[Any, tuple[Any, Any]]]) -> dict[Any, Any]:
    """Structure each (type, value) under its key or index; raise all mistakes together."""
    done, errors = {}, []
    for key, (type_, value) in items:
        try:
            done[key] = converter.structure(value, type_)
        except MISTAKES as error:
            errors.append(_noted(error, key))
    if errors:
        raise IterableValidationError("While structuring a list or table", errors, object)
    return done


def _at(key: str, make: Callable[[], _T]) -> _T:
    """Make something whose errors arise at `key`."""
    try:
        return make()
    except MISTAKES as error:
        raise IterableValidationError("While structuring a table", [_noted(error, key)], object) from None


def _noted(error: Exception, key: Any) -> Exception:
    error.add_note(IterableValidationNote(f"At {key!r}", key, object))
    return error


def _throw(error: Exception) -> NoReturn:
    raise error


def _hint(near: str | None) -> str:
    return f" Did you mean {near}?" if near else ""
