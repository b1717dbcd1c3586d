"""Simulations that differ in the values of a few keys, made quickly because they share the rest.

Here lives the short way from one simulation to its like: only the settings on the way to a changed key are
made anew. Where that way does not lead (another kind of rule has other keys), the plain tables are structured
as a whole. The result is the same either way.
"""

from __future__ import annotations

import copy
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import attrs

from neurogate.config.annotations import is_tagged, origin_is
from neurogate.config.overrides import put, segments
from neurogate.config.paths import look
from neurogate.config.problems import Flaw, Keys, mistakes
from neurogate.config.schema import AnySimulation, structure
from neurogate.config.structuring import MISTAKES, convert
from neurogate.errors import RequestError
from neurogate.neurons.distributions import Distribution
from neurogate.units import Seed, conform, field_types

__all__ = ["Family", "changed", "reseeded"]

_TRIED = 20
_T = TypeVar("_T")
_Changes = Mapping[tuple[str, ...], Any]


class _Apart(Exception):
    """The short way does not lead to a key."""


@attrs.frozen(eq=False)
class Family:
    """What the simulations share.

    Parameters
    ----------
    base : mapping
        Plain tables of one simulation, as read from TOML.
    defaults : mapping
        The same spelled out.
    member : Simulation or WaveformSimulation
        One of the family, all of whose keys are set.

    Examples
    --------
    >>> family = Family.of({}, {}, {"reservoir.gain": [0.5, 1.0]})
    >>> family.make({"reservoir.gain": 0.75}).reservoir.gain
    0.75
    """

    base: Mapping[str, Any]
    defaults: Mapping[str, Any]
    member: AnySimulation

    @classmethod
    def of(
        cls, base: Mapping[str, Any], defaults: Mapping[str, Any], columns: Mapping[str, Sequence[Any]]
    ) -> Family:
        """Find a member, given the values that each key will take.

        Raises
        ------
        RequestError
            If a key cannot have any of its values.
        """
        first = {key: values[0] for key, values in columns.items()}
        try:
            return cls(base, defaults, changed(base, defaults, first))
        except RequestError:
            return cls(base, defaults, _some_member(base, defaults, columns))

    def make(self, changes: Mapping[str, Any]) -> AnySimulation:
        """Make the member in which keys have these values; they are the keys that the family was made for.

        Raises
        ------
        RequestError
            With one sentence for each mistake.
        """
        try:
            new = {tuple(segments(key)): value for key, value in changes.items()}
            made: AnySimulation = _changed(type(self.member), self.member, new, ())
            return made
        except _Apart:
            return changed(self.base, self.defaults, changes)


def changed(
    base: Mapping[str, Any], defaults: Mapping[str, Any], changes: Mapping[str, Any]
) -> AnySimulation:
    """Structure plain tables after setting keys in a copy of them.

    Parameters
    ----------
    base, defaults : mapping
        Plain tables, and the same spelled out.
    changes : mapping
        Plain values by key path.

    Raises
    ------
    RequestError
        With one sentence for each mistake.

    Examples
    --------
    >>> changed({}, {}, {"run.seed": 4}).run.seed
    4
    """
    table: Any = copy.deepcopy(base)
    try:
        for key, value in changes.items():
            put(table, key, copy.deepcopy(value), defaults)
    except Flaw as flaw:
        raise RequestError(str(flaw)) from None
    return structure(table)


def reseeded(simulation: AnySimulation, seed: int) -> AnySimulation:
    """Return the simulation with another seed; since nothing is checked against that, nothing is checked.

    Examples
    --------
    >>> from neurogate.config import Simulation
    >>> reseeded(Simulation(), 7).run.seed
    7
    """
    return _twin(simulation, {"run": _twin(simulation.run, {"seed": conform(Seed, seed)})}, check=False)


def _some_member(
    base: Mapping[str, Any], defaults: Mapping[str, Any], columns: Mapping[str, Sequence[Any]]
) -> AnySimulation:
    """Find a member key by key: with the value that the base has, or else with the first that is allowed."""
    chosen: dict[str, Any] = {}
    wrong: list[str] = []
    for key, values in columns.items():
        given = look(defaults, key)
        found: list[str] = []
        for value in values[:_TRIED] if given is None else [given]:
            try:
                changed(base, defaults, {**chosen, key: value})
            except RequestError as error:
                found = found or list(error.problems)
            else:
                chosen[key], found = value, []
                break
        wrong += found
    if wrong:
        raise RequestError(wrong)
    return changed(base, defaults, chosen)


def _twin(old: _T, parts: Mapping[str, Any], *, check: bool = True) -> _T:
    """Replace parts that have been checked by themselves; `attrs.evolve` would check the others again too."""
    twin = copy.copy(old)
    for name, part in parts.items():
        object.__setattr__(twin, name, part)
    if check and hasattr(twin, "__attrs_post_init__"):
        twin.__attrs_post_init__()
    return twin


def _parts(annotation: Any, old: Any, changes: _Changes, keys: Keys) -> dict[str, Any]:
    """Make what is changed inside `old` anew; raise all mistakes together."""
    inside_old = _inside(annotation, old)
    parts: dict[str, Any] = {}
    wrong: list[str] = []
    for name in dict.fromkeys(path[0] for path in changes):
        if name not in inside_old:
            raise _Apart
        inner = {path[1:]: value for path, value in changes.items() if path[0] == name}
        place = (*keys, int(name) if isinstance(old, tuple) else name)
        try:
            parts[name] = _changed(*inside_old[name], inner, place)
        except RequestError as error:
            wrong += error.problems
    if wrong:
        raise RequestError(wrong)
    return parts


def _inside(annotation: Any, old: Any) -> dict[str, tuple[Any, Any]]:
    """Return what stands inside settings, a table or a list: annotation and value by key."""
    cls: Any = type(old)
    if attrs.has(cls) and not isinstance(old, Distribution):
        return {name: (inner, getattr(old, name)) for name, inner in field_types(cls).items()}
    inner_types = typing.get_args(annotation)
    if isinstance(old, Mapping) and origin_is(annotation, Mapping):
        return {key: (inner_types[1], value) for key, value in old.items()}
    if isinstance(old, tuple) and origin_is(annotation, tuple):
        types = inner_types[:1] * len(old) if inner_types[-1] is Ellipsis else inner_types
        return {str(index): pair for index, pair in enumerate(zip(types, old, strict=True))}
    raise _Apart


def _changed(annotation: Any, old: Any, changes: _Changes, keys: Keys) -> Any:
    if () in changes:
        if is_tagged(annotation):
            raise _Apart
        value = changes[()]
        return _heard(lambda: convert(annotation, value), value, None, keys)
    parts = _parts(annotation, old, changes, keys)
    if isinstance(old, Mapping):
        return {**old, **parts}
    if isinstance(old, tuple):
        return tuple(parts.get(str(index), value) for index, value in enumerate(old))
    return _heard(lambda: _twin(old, parts), None, type(old), keys)


def _heard(make: Callable[[], _T], value: object, cls: type | None, keys: Keys) -> _T:
    """Make something whose mistakes are told with their key paths."""
    try:
        return make()
    except MISTAKES as error:
        raise RequestError(mistake.text for mistake in mistakes(error, value, cls, keys)) from None
