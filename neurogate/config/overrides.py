"""Changing single keys of a configuration before it is structured.

Here live the two forms of a change, ``key.path=value`` from a command line and dotted keys in a table,
and how they are laid over plain tables. Whether the changed configuration makes sense is decided
afterwards, in `neurogate.config.structuring`, so a misspelt key is reported like any other.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from neurogate.config.annotations import FORMS
from neurogate.config.problems import Flaw, inside, join
from neurogate.units import shown

__all__ = ["DEEPEST", "changes", "is_deep", "parse", "put", "segments", "value_of"]

DEEPEST = 20
"""Tables and lists inside each other at most."""

_SEGMENT = re.compile(r'\[(\d{1,9})\]|\.?(?:"([^"]*)"|([^.\[\]"]+))')


def parse(text: str) -> tuple[str, Any]:
    """Split ``key.path=value``; a value that is not TOML is taken as a string.

    Raises
    ------
    Flaw
        If there is no ``=``, no key, or the value is a broken TOML list, table or string.

    Examples
    --------
    >>> parse("reservoir.n=2000")
    ('reservoir.n', 2000)
    >>> parse("run.backend=numba")
    ('run.backend', 'numba')
    """
    key, equals, word = (part.strip() for part in text.partition("="))
    if not equals or not key:
        raise Flaw(f"{shown(text)} changes nothing; a change must be key.path=value, as in run.seed=3.")
    return key, value_of(key, word)


def value_of(key: str, word: str) -> Any:
    """Read a value in TOML; a word that is not TOML is taken as a string.

    Raises
    ------
    Flaw
        If it is a broken TOML list, table or string; `key` says what it was meant for.

    Examples
    --------
    >>> value_of("reservoir.n", "2000"), value_of("run.backend", "numba")
    (2000, 'numba')
    """
    try:
        f"{key}{word}".encode()
        read = tomllib.loads(f"value = {word}")
    except UnicodeEncodeError:
        raise Flaw(f"{key!a} is changed to what is not UTF-8; give UTF-8 text.") from None
    except (ValueError, RecursionError) as error:
        if word[:1] in tuple("[{\"'"):
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
            raise Flaw(f"{key} is {shown(word)}; it must be TOML, but {reason}.") from None
        return word
    if is_deep(read):
        raise Flaw(f"{key} is set to what nests more than {DEEPEST} deep; no key needs that.")
    return read["value"] if len(read) == 1 else word


def is_deep(table: Mapping[str, Any]) -> bool:
    """Whether tables and lists nest deeper than any key needs.

    Examples
    --------
    >>> is_deep({"a": [1, 2]})
    False
    """
    level: list[Any] = [table]
    for _ in range(DEEPEST):
        containers = [node.values() if isinstance(node, dict) else node for node in level]
        level = [inner for node in containers for inner in node if isinstance(inner, dict | list)]
    return bool(level)


def changes(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """List the changes that a table of dotted keys makes; tables in it are laid over, key by key.

    Examples
    --------
    >>> list(changes({"reservoir.n": 300, "task": {"blocks": {"0": {"trials": 160}}}}))
    [('reservoir.n', 300), ('task.blocks.0.trials', 160)]
    """
    for key, value in table.items():
        path = f"{prefix}.{key}" if prefix else key
        if isinstance(value, Mapping) and value and not _is_distribution(value):
            yield from changes(value, path)
        else:
            yield path, value


def put(table: dict[str, Any], path: str, value: Any, defaults: Any) -> None:
    """Set `path` in a plain table to `value`.

    Parameters
    ----------
    table : dict
        Changed in place. Tables on the way that are missing are made.
    path : str
        Keys separated by dots; whole numbers, bare or in brackets, count the entries of a list from 0.
    value : object
        Plain value.
    defaults : mapping or None
        The configuration spelled out: where `table` leaves a list, or a table of named things such as rules,
        to its default, that is copied from here before one of its entries is changed.

    Raises
    ------
    Flaw
        If the path leads through a number or past the end of a list.

    Examples
    --------
    >>> table = {"task": {"blocks": [{"trials": 320}, {"trials": 240}]}}
    >>> put(table, "task.blocks.1.trials", 120, {})
    >>> table["task"]["blocks"]
    [{'trials': 320}, {'trials': 120}]
    """
    keys = segments(path)
    node: Any = table
    place = ""
    for depth, key in enumerate(keys):
        slot = _slot(node, key, place, path)
        place, last = join(place, slot), depth == len(keys) - 1
        defaults = inside(defaults, slot)
        if last:
            node[slot] = value
        elif isinstance(node, dict) and slot not in node:
            node[slot] = _begun(defaults)
        node = node[slot]


def _begun(default: Any) -> Any:
    """Return what stands for a default before something in it is changed.

    Of a table, nothing: what is left out keeps its default. But names are lost if they are left out, and so
    is the preset of neurons, which no class of settings knows.
    """
    if not isinstance(default, dict):
        return {} if default is None else copy.deepcopy(default)
    if all(isinstance(inner, dict) and "kind" in inner for inner in default.values()):
        return {name: {"kind": inner["kind"]} for name, inner in default.items()}
    return {name: default[name] for name in ("preset",) if name in default}


def segments(path: str) -> list[str]:
    """Split a key path into its keys; the number of an entry is one too.

    Raises
    ------
    Flaw
        If it is no key path.

    Examples
    --------
    >>> segments("task.blocks[0].trials")
    ['task', 'blocks', '0', 'trials']
    """
    matches = list(_SEGMENT.finditer(path))
    if "".join(match[0] for match in matches) != path or not matches:
        raise Flaw(
            f"{shown(path)} is not a key path; write keys separated by dots, as in task.blocks.0.name."
        )
    return [next(group for group in match.groups() if group is not None) for match in matches]


def _slot(node: Any, key: str, place: str, path: str) -> str | int:
    if isinstance(node, dict):
        return key
    if not isinstance(node, list):
        raise Flaw(f"{place} is {shown(node)}; it has no keys inside, so {path} cannot be set.")
    if key.isascii() and key.isdigit() and int(key[:10]) < len(node):
        return int(key)
    allowed = f"from 0 to {len(node) - 1}" if node else "left out: the list is empty"
    raise Flaw(f"{place} has no entry {shown(key)}; the number of an entry must be {allowed}.")


def _is_distribution(value: Mapping[str, Any]) -> bool:
    """Whether a table is a distribution's compact form, which is replaced as a whole."""
    return len(value) == 1 and next(iter(value)) in FORMS
