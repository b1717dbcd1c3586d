"""The identity of a simulation: one hash of everything that can change its bits.

Here live the canonical form of a configuration and its hash. Where runs are stored under it is decided
in `neurogate.runs`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from neurogate.config.problems import join, kind_of
from neurogate.config.schema import AnySimulation
from neurogate.config.structuring import plain
from neurogate.errors import RequestError
from neurogate.neurons.distributions import Distribution, FromFile

__all__ = ["WITHOUT_EFFECT", "Known", "canonical", "content_hash"]

WITHOUT_EFFECT = frozenset({"name", "description", "run.threads", "run.memory_limit_mb"})
"""Key paths of what changes no bit of a run."""

Known = dict[int, tuple[Any, Any]]
"""Settings by their address, each with its canonical form; they are kept so that the address stays theirs."""


def content_hash(simulation: AnySimulation, known: Known | None = None) -> str:
    """Return the SHA-256 of a simulation's canonical form, 64 hexadecimal digits.

    Two simulations have the same hash if they give the same bits on the same backend: names, descriptions,
    the number of threads and the memory limit are left out, every default is spelled out, and a file
    counts by its content. The order of the rules counts, since the first is the headline.

    Parameters
    ----------
    simulation : Simulation or WaveformSimulation
    known : dict, optional
        Begins empty and serves many simulations that share settings: these are then looked at once.

    Raises
    ------
    RequestError
        If a file that the simulation names cannot be read.

    Examples
    --------
    >>> from neurogate.config import Simulation
    >>> simulation = Simulation()
    >>> content_hash(simulation) == content_hash(attrs.evolve(simulation, name="b"))
    True
    """
    text = json.dumps(canonical(simulation, known), sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(simulation: AnySimulation, known: Known | None = None) -> dict[str, Any]:
    """Return everything of a simulation that can change its bits, as plain tables and lists.

    Parameters
    ----------
    simulation, known
        As `content_hash` takes them.

    Examples
    --------
    >>> from neurogate.config import Simulation
    >>> canonical(Simulation())["run"]["seed"]
    1
    """
    tables: dict[str, Any] = _canonical(simulation, "", {} if known is None else known)
    return tables


def _canonical(value: Any, path: str, known: Known) -> Any:
    if isinstance(value, FromFile):
        return {"file": _digest(value.path, path)}
    if isinstance(value, Distribution):
        return plain(value)
    if attrs.has(type(value)):
        if id(value) not in known:
            known[id(value)] = value, _settings(value, path, known)
        return known[id(value)][1]
    if isinstance(value, Mapping):
        items = {key: _canonical(inner, join(path, key), known) for key, inner in value.items()}
        unordered = all(isinstance(inner, Distribution) for inner in value.values())
        return items if unordered else list(items.items())
    if isinstance(value, tuple):
        return [_canonical(inner, join(path, index), known) for index, inner in enumerate(value)]
    return value


def _settings(value: Any, path: str, known: Known) -> dict[str, Any]:
    paths = {field.name: join(path, field.name) for field in attrs.fields(type(value))}
    given = {n: p for n, p in paths.items() if p not in WITHOUT_EFFECT and getattr(value, n) is not None}
    kept = {n: _canonical(getattr(value, n), p, known) for n, p in given.items()}
    return {"kind": kind_of(value), **kept} if kind_of(type(value)) else kept


def _digest(name: str, path: str) -> str:
    try:
        return hashlib.sha256(Path(name).read_bytes()).hexdigest()
    except OSError as error:
        raise RequestError(
            f"{path}.file is {name}, which cannot be read: {error.strerror}. Name a file that can be read."
        ) from None
