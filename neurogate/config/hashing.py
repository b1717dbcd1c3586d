"""The identity of a simulation: one hash of everything that can change its bits.

Here live the canonical form of a configuration and its hash. Where runs are stored under it is decided
in `neurogate.runs`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from neurogate.config.problems import join, kind_of
from neurogate.config.schema import AnySimulation
from neurogate.config.structuring import Known, plain
from neurogate.errors import RequestError
from neurogate.neurons.distributions import Distribution, FromFile
from neurogate.units import field_types

__all__ = ["LATER", "WITHOUT_EFFECT", "Known", "canonical", "content_hash", "texts"]

WITHOUT_EFFECT = frozenset({"name", "description", "run.threads", "run.memory_limit_mb"})
"""Key paths of what changes no bit of a run."""

LATER = {"features.equal_gain": True, "probes.subspaces": False}
"""Key paths of settings that came later, and the value with which a run is what it was before."""
_ENCODER = json.JSONEncoder(sort_keys=True, allow_nan=False)


def content_hash(simulation: AnySimulation, known: Known | None = None) -> str:
    """Return the SHA-256 of a simulation's canonical form, 64 hexadecimal digits.

    Two simulations have the same hash if they give the same bits on the same backend: names, descriptions,
    the number of threads and the memory limit are left out, every default is spelled out but that of a
    setting that came later, and a file counts by its content. The order of the rules counts, since the first
    is the headline.

    Parameters
    ----------
    simulation : Simulation or WaveformSimulation
    known : dict, optional
        Begins empty and serves many simulations that share settings and files: these are then looked at once.

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
    text = _text(simulation, "", {} if known is None else known)
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(simulation: AnySimulation) -> dict[str, Any]:
    """Return everything of a simulation that can change its bits, as plain tables and lists.

    Examples
    --------
    >>> from neurogate.config import Simulation
    >>> canonical(Simulation())["run"]["seed"]
    1
    """
    tables: dict[str, Any] = json.loads(_text(simulation, "", {}))
    return tables


def _text(value: Any, path: str, known: Known) -> str:
    """Write a value as JSON with sorted keys."""
    if value is None or isinstance(value, bool | int | float | str):
        return _json(value)
    if id(value) not in known:
        known[id(value)] = value, _new_text(value, path, known)
    return known[id(value)][1]


def _new_text(value: Any, path: str, known: Known) -> str:
    if isinstance(value, FromFile):
        return _json({"file": _digest(value.path, path)})
    if isinstance(value, Distribution):
        return _json(plain(value))
    if attrs.has(type(value)):
        return _table(texts(value, path, known))
    if isinstance(value, Mapping):
        items = {key: _text(inner, join(path, key), known) for key, inner in value.items()}
        unordered = all(isinstance(inner, Distribution) for inner in value.values())
        return _table(items) if unordered else _list(_list((_json(key), text)) for key, text in items.items())
    if isinstance(value, tuple):
        return _list(_text(inner, join(path, index), known) for index, inner in enumerate(value))
    return _json(value)


def texts(value: Any, path: str, known: Known) -> dict[str, str]:
    """Return the canonical text of each field of some settings.

    Parameters
    ----------
    value : settings object
    path : str
        Its key path; empty for a simulation.
    known : dict
        As for `content_hash`.

    Examples
    --------
    >>> from neurogate.config import Run
    >>> texts(Run(seed=3), "run", {})["seed"]
    '3'
    """
    cls: Any = type(value)
    prefix, kind = f"{path}." if path else "", kind_of(cls)
    found = {"kind": _json(kind)} if kind else {}
    for name in field_types(cls):
        inner, place = getattr(value, name), f"{prefix}{name}"
        as_before = place in LATER and inner == LATER[place]
        if inner is not None and place not in WITHOUT_EFFECT and not as_before:
            found[name] = _text(inner, place, known)
    return found


def _json(value: Any) -> str:
    return repr(value) if type(value) in (int, float) else _ENCODER.encode(value)


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(texts)}]"


def _table(texts: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{_json(key)}: {texts[key]}' for key in sorted(texts))}}}"


def _digest(name: str, path: str) -> str:
    try:
        return hashlib.sha256(Path(name).read_bytes()).hexdigest()
    except OSError as error:
        raise RequestError(
            f"{path}.file is {name}, which cannot be read: {error.strerror}. Name a file that can be read."
        ) from None
