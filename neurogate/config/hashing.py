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

__all__ = ["content_hash"]

_WITHOUT_EFFECT = frozenset({"name", "description", "run.threads", "run.memory_limit_mb"})


def content_hash(simulation: AnySimulation) -> str:
    """Return the SHA-256 of a simulation's canonical form, 64 hexadecimal digits.

    Two simulations have the same hash if they give the same bits on the same backend: names, descriptions,
    the number of threads and the memory limit are left out, every default is spelled out, and a file
    counts by its content. The order of the rules counts, since the first is the headline.

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
    text = json.dumps(_canonical(simulation, ""), sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Any, path: str) -> Any:
    if isinstance(value, FromFile):
        return {"file": _digest(value.path, path)}
    if isinstance(value, Distribution):
        return plain(value)
    if attrs.has(type(value)):
        paths = {field.name: join(path, field.name) for field in attrs.fields(type(value))}
        given = {n: p for n, p in paths.items() if p not in _WITHOUT_EFFECT and getattr(value, n) is not None}
        kept = {n: _canonical(getattr(value, n), p) for n, p in given.items()}
        return {"kind": kind_of(value), **kept} if kind_of(type(value)) else kept
    if isinstance(value, Mapping):
        items = {key: _canonical(inner, join(path, key)) for key, inner in value.items()}
        unordered = all(isinstance(inner, Distribution) for inner in value.values())
        return items if unordered else list(items.items())
    if isinstance(value, tuple):
        return [_canonical(inner, join(path, index)) for index, inner in enumerate(value)]
    return value


def _digest(name: str, path: str) -> str:
    try:
        return hashlib.sha256(Path(name).read_bytes()).hexdigest()
    except OSError as error:
        raise RequestError(
            f"{path}.file is {name}, which cannot be read: {error.strerror}. Name a file that can be read."
        ) from None
