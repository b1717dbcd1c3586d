"""A configuration as one frozen object, from plain tables and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurogate.config.checks import problems
from neurogate.config.parts import Parts
from neurogate.config.structuring import build, plain
from neurogate.errors import RequestError
from neurogate.units import settings

__all__ = ["Simulation", "structure", "unstructure"]


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
        found = problems(self)
        if found:
            raise RequestError(found)


def structure(table: Mapping[str, Any]) -> Simulation:
    """Make a simulation from plain tables.

    Parameters
    ----------
    table : mapping
        As read from TOML; what is left out keeps its default.

    Raises
    ------
    RequestError
        With one sentence for each mistake, at every depth: key path, value, what is allowed.

    Examples
    --------
    >>> structure({"reservoir": {"n": 300}}).reservoir.n
    300
    >>> structure({"reservoir": {"gian": 1.5}})
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: reservoir.gian is not a known key; did you mean gain? ...
    """
    return build(Simulation, table)


def unstructure(simulation: Simulation) -> dict[str, Any]:
    """Write a simulation as plain tables, every default spelled out; `structure` takes them back.

    Examples
    --------
    >>> simulation = Simulation()
    >>> structure(unstructure(simulation)) == simulation
    True
    """
    tables: dict[str, Any] = plain(simulation)
    return tables
