"""From exceptions to sentences: one for each mistake, each with its key path and what is allowed.

Here live the spelling of key paths, the nearest known name and the walk through the grouped errors that
cattrs raises. What is a mistake is decided where values are checked (`neurogate.config.structuring`
and the classes of settings themselves).
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import attrs
from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)

from neurogate.errors import RequestError
from neurogate.units import Unfit, requirement, shown

__all__ = ["Flaw", "Mistake", "inside", "join", "keys_of", "kind_of", "mistakes", "nearest", "without"]

Keys = tuple[Any, ...]


class Flaw(ValueError):
    """What is wrong with the value of a key, worded to follow the key's path.

    Examples
    --------
    >>> print("rules.slow", Flaw("has no kind."))
    rules.slow has no kind.
    """


class Mistake(NamedTuple):
    """One mistake in a configuration.

    Parameters
    ----------
    keys : tuple of str and int
        Where it is; the keys that lead there.
    text : str
        A sentence that says it: key path, value, what is allowed.
    meant : str
        The key that was probably meant, if one was misspelt.

    Examples
    --------
    >>> Mistake(("run", "seed"), "run.seed is -1; it must be at least 0.").keys
    ('run', 'seed')
    """

    keys: Keys
    text: str
    meant: str = ""


def join(path: str, key: object) -> str:
    """Add a key or an index to a key path.

    Examples
    --------
    >>> print(join(join("task.blocks", 0), "latency_ms"), join("", "a.b"))
    task.blocks[0].latency_ms "a.b"
    """
    if isinstance(key, int):
        return f"{path}[{key}]"
    word = key if isinstance(key, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,60}", key) else shown(key)
    return f"{path}.{word}" if path else str(word)


def nearest(word: object, known: Iterable[object], taken: Collection[object] = ()) -> str | None:
    """Return the known name that `word` most probably means, or None: most like it, or ending in it.

    Parameters
    ----------
    word : object
        What was written.
    known : iterable of str
        The right spellings.
    taken : collection
        Names that are there already; they come second, since whoever wrote one rightly did not mean it
        again.

    Examples
    --------
    >>> nearest("gian", ["n", "gain"])
    'gain'
    >>> nearest("colour", ["n", "gain"]) is None
    True
    >>> nearest("gain", ["reservoir.n", "reservoir.gain"])
    'reservoir.gain'
    """
    plain = str(word)[:100].casefold().replace("-", "_")
    names = [name for name in known if isinstance(name, str)]
    cutoff = 0.5 if len(plain) <= 3 else 0.6
    for candidates in ([n for n in names if n not in taken], [n for n in names if n in taken]):
        folded = {name.casefold(): name for name in reversed(candidates)}
        if near := difflib.get_close_matches(plain, folded, n=1, cutoff=cutoff):
            return folded[near[0]]
    return next((name for name in names if name.casefold().rpartition(".")[2] == plain), None)


def kind_of(cls: Any) -> str | None:
    """Return the name by which a class tells itself apart in a configuration, or None if it has none."""
    kind = getattr(cls, "kind", None)
    return kind if isinstance(kind, str) else None


def keys_of(cls: Any) -> list[str]:
    """List the keys that the table of a class of settings may hold.

    Examples
    --------
    >>> from neurogate.neurons.distributions import Normal
    >>> keys_of(Normal)
    ['kind', 'mean', 'sd']
    """
    return [*(["kind"] if kind_of(cls) else []), *(field.name for field in attrs.fields(cls))]


def inside(value: Any, key: object) -> Any:
    """Return what stands in a table or list at `key`, or None."""
    if isinstance(value, Mapping):
        return value.get(key)
    whole = isinstance(value, list | tuple) and isinstance(key, int) and -1 < key < len(value)
    return value[key] if whole else None


def mistakes(error: Exception, table: object, cls: Any, keys: Keys = ()) -> Iterator[Mistake]:
    """Yield each mistake in an error that was raised while settings were structured.

    Parameters
    ----------
    error : Exception
        A single error, or groups of errors with cattrs' notes of where they arose.
    table : object
        What was being structured, to see which keys were given.
    cls : type or None
        The class of settings that was being made.
    keys : tuple
        Keys that lead to `table`.

    Raises
    ------
    Exception
        The error itself if it is no mistake in the settings but a defect of the program.
    """
    for note in reversed(getattr(error, "__notes__", [])):
        if isinstance(note, AttributeValidationNote | IterableValidationNote):
            key = note.name if isinstance(note, AttributeValidationNote) else note.index
            keys, table, cls = (*keys, key), inside(table, key), None
            if isinstance(error, KeyError) and error.args == (key,):
                yield Mistake(keys, f"{_path(keys)} is missing; it must be {requirement(note.type)}.")
                return
    if isinstance(error, ExceptionGroup):
        cls = error.cl if isinstance(error, BaseValidationError) and attrs.has(error.cl) else cls
        for single in error.exceptions:
            yield from mistakes(single, table, cls, keys)
    elif isinstance(error, ForbiddenExtraKeysError):
        yield from _unknown(error, table, keys)
    elif isinstance(error, Flaw | Unfit):
        inner = error.path if isinstance(error, Unfit) else ""
        yield Mistake(keys, f"{_path(keys) or 'The configuration'}{inner} {error}")
    elif isinstance(error, RequestError):
        yield from (_placed(problem, keys, cls) for problem in error.problems)
    elif isinstance(error, ValueError):
        yield _placed(str(error), keys, cls)
    else:
        raise error


def without(table: Any, found: Iterable[Mistake]) -> tuple[Any, set[str]]:
    """Leave out of a table whatever is mistaken in it; also return the names of the keys thus missing.

    Lists are left out as a whole, and tables that lack a key, so that defaults take their place and
    what else is wrong can be seen.

    Examples
    --------
    >>> without({"n": 3, "bias": [1, "a"]}, [Mistake(("bias", 1), "...")])
    ({'n': 3}, {'bias'})
    """
    found = list(found)
    targets = {target for mistake in found if (target := _target(table, mistake.keys))}
    names = {str(target[-1]) for target in targets} | {mistake.meant for mistake in found if targets}
    return _cut(table, targets), names - {""}


def _target(table: Any, keys: Keys) -> Keys:
    """Return the longest part of a key path that ends in a key which its table has."""
    longest: Keys = ()
    for depth, key in enumerate(keys, start=1):
        if isinstance(table, Mapping) and key in table:
            longest = keys[:depth]
        elif not isinstance(table, list | tuple):
            break
        table = inside(table, key)
    return longest


def _cut(table: Any, targets: set[Keys]) -> Any:
    def rest(key: object) -> set[Keys]:
        return {target[1:] for target in targets if target[0] == key}

    if not targets:
        return table
    if isinstance(table, Mapping):
        return {key: _cut(inner, rest(key)) for key, inner in table.items() if (key,) not in targets}
    return [_cut(inner, rest(index)) for index, inner in enumerate(table)]


def _path(keys: Keys) -> str:
    return functools.reduce(join, keys, "")


def _unknown(error: ForbiddenExtraKeysError, table: object, keys: Keys) -> Iterator[Mistake]:
    allowed = keys_of(error.cl)
    taken = table if isinstance(table, Mapping) else {}
    for key in sorted(error.extra_fields, key=str):
        near = nearest(key, allowed, taken)
        hint = f"did you mean {near}? " if near else ""
        place = _path(keys) or f"{'The' if near else 'the'} top level"
        text = f"{_path((*keys, key))} is not a known key; {hint}{place} takes {', '.join(allowed)}."
        yield Mistake((*keys, key), text, near or "")


def _placed(sentence: str, keys: Keys, cls: Any) -> Mistake:
    """Put a key path before a sentence; one that starts with a field's name continues the path."""
    path = _path(keys)
    if not path:
        return Mistake(keys, sentence)
    sentence = sentence.removeprefix(f"{cls.__name__}.") if cls else sentence
    first = re.match(r"[A-Za-z_]\w*", sentence)
    if cls is None or first is None or first[0] not in keys_of(cls):
        return Mistake(keys, f"{path}: {sentence}")
    return Mistake((*keys, first[0]), f"{path}.{sentence}")
