"""Key paths: what a configuration holds at one, and which one was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from neurogate.config.overrides import segments
from neurogate.config.problems import inside, nearest

__all__ = ["look", "paths", "respelt", "unknown"]

_MOST_MEANT = 3


def look(table: Any, path: str) -> Any:
    """Return what plain tables and lists hold at a key path, or None.

    Examples
    --------
    >>> look({"task": {"blocks": [{"trials": 8}]}}, "task.blocks.0.trials")
    8
    """
    for key in segments(path):
        counts = isinstance(table, list) and key.isascii() and key.isdigit() and len(key) < 10
        table = inside(table, int(key) if counts else key)
    return table


def paths(node: Any, place: str = "") -> Iterator[str]:
    """List every key path of plain tables and lists, containers too.

    Examples
    --------
    >>> list(paths({"run": {"seed": 1}, "blocks": [8]}))
    ['run', 'run.seed', 'blocks', 'blocks.0']
    """
    items = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in items:
        path = f"{place}.{key}" if place else str(key)
        yield path
        yield from paths(inner, path)


def unknown(path: str, defaults: Mapping[str, Any]) -> str:
    """Say that a configuration lacks a key path, and which ones end alike.

    Parameters
    ----------
    path : str
        The key path.
    defaults : mapping
        Plain tables, every default spelled out.

    Examples
    --------
    >>> print(unknown("eta_when", {"rules": {"three_factor": {"eta_when": 0.07}}}))
    eta_when is not a known key; did you mean rules.three_factor.eta_when? A key path is written ...
    """
    meant = _meant(path, defaults)
    hint = f"did you mean {' or '.join(meant)}? A" if meant else "a"
    return (
        f"{path} is not a known key; {hint} key path is written from the top; `neurogate config show` lists "
        "all of them."
    )


def _meant(path: str, defaults: Mapping[str, Any]) -> list[str]:
    """Return the known key paths that end like another, or nearly so."""
    ends: dict[str, list[str]] = {}
    for known in paths(defaults):
        ends.setdefault(segments(known)[-1], []).append(known)
    near = nearest(segments(path)[-1], (end for end in ends if not end.isdigit()))
    return difflib.get_close_matches(path, ends[near], n=_MOST_MEANT, cutoff=0.0) if near else []


def respelt(problem: str, asked: Iterable[str], defaults: Mapping[str, Any]) -> str:
    """Return what is wrong with a configuration; if one of the key paths asked for is not whole, say so.

    Parameters
    ----------
    problem : str
        A sentence.
    asked : iterable of str
        Key paths that were written by someone.
    defaults : mapping
        Plain tables, every default spelled out.

    Examples
    --------
    >>> print(respelt("gain is not a known key; ...", ["gain"], {"reservoir": {"gain": 1.0}}))
    gain is not a known key; did you mean reservoir.gain? A key path is written from the top; ...
    >>> respelt("run.seed is -1; it must be at least 0.", ["run.seed"], {})
    'run.seed is -1; it must be at least 0.'
    """
    name, is_unknown, _ = problem.partition(" is not a known key; ")
    for path in asked:
        if is_unknown and segments(path)[0] == name:
            return unknown(path, defaults)
        if problem.startswith(f"{path} is ") and look(defaults, path) is None:
            meant = [other for other in _meant(path, defaults) if segments(other)[-1] == segments(path)[-1]]
            return f"{problem} Did you mean {' or '.join(meant)}?" if meant and not is_unknown else problem
    return problem
