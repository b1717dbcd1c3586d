"""A configuration as one frozen object, from plain tables and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurogate.config.checks import problems
from neurogate.config.parts import Parts, WaveformParts
from neurogate.config.problems import nearest
from neurogate.config.structuring import build, plain
from neurogate.errors import RequestError
from neurogate.units import settings, shown

__all__ = ["TASKS", "AnySimulation", "Simulation", "WaveformSimulation", "structure", "unstructure"]


@settings
class Simulation(Parts):
    """One simulation: parts, as `Parts` describes them, that fit together.

    Raises
    ------
    RequestError
        If parts do not fit together, with one sentence for each mistake.

    Examples
    --------
    >>> list(Simulation().rules)
    ['three_factor', 'force']
    """

    def __attrs_post_init__(self) -> None:
        _check(self)


@settings
class WaveformSimulation(WaveformParts):
    """A simulation in which readouts are taught a signal: parts, as `WaveformParts` says, that fit.

    Raises
    ------
    RequestError
        If parts do not fit together, with one sentence for each mistake.

    Examples
    --------
    >>> WaveformSimulation(name="mine").task.pieces
    150
    """

    def __attrs_post_init__(self) -> None:
        _check(self)


AnySimulation = Simulation | WaveformSimulation

TASKS: Mapping[str, type[AnySimulation]] = {"what_when": Simulation, "waveform": WaveformSimulation}
"""What a configuration is read as, by the kind of its task; the first is meant where none is named."""


def structure(table: Mapping[str, Any]) -> AnySimulation:
    """Make a simulation from plain tables.

    Parameters
    ----------
    table : mapping
        As read from TOML; what is left out keeps its default. ``task.kind`` says which keys there are.

    Raises
    ------
    RequestError
        With one sentence for each mistake, at every depth: key path, value, what is allowed.

    Examples
    --------
    >>> structure({"reservoir": {"n": 300}}).reservoir.n
    300
    >>> structure({"task": {"kind": "waveform", "duration_ms": 11000.0}}).task.duration_ms
    11000.0
    >>> structure({"reservoir": {"gian": 1.5}})
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: reservoir.gian is not a known key; did you mean gain? ...
    """
    default, *_ = TASKS
    whole: object = table
    task = whole.get("task") if isinstance(whole, Mapping) else None
    kind = task.get("kind", default) if isinstance(task, Mapping) else default
    if not isinstance(kind, str) or kind not in TASKS:
        near = nearest(kind, TASKS) if isinstance(kind, str) else None
        hint = f" Did you mean {near}?" if near else ""
        raise RequestError(f"task.kind is {shown(kind)}; it must be {' or '.join(map(shown, TASKS))}.{hint}")
    if isinstance(task, Mapping) and kind == default:
        table = {**table, "task": {key: value for key, value in task.items() if key != "kind"}}
    return build(TASKS[kind], table)


def unstructure(simulation: AnySimulation) -> dict[str, Any]:
    """Write a simulation as plain tables, every default spelled out; `structure` takes them back.

    Examples
    --------
    >>> simulation = Simulation()
    >>> structure(unstructure(simulation)) == simulation
    True
    """
    tables: dict[str, Any] = plain(simulation)
    return tables


def _check(simulation: Parts | WaveformParts) -> None:
    found = problems(simulation)
    if found:
        raise RequestError(found)
