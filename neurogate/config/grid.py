"""The values of a key that is varied, as they are written: lists, ranges, and one spelling of key paths.

Here lives the reading of ``reservoir.gain=0.5:2.0:7`` and ``run.dtype=float32,float64``. Whether a key takes
the values is decided where a configuration is structured; how several keys are varied together, in
`neurogate.config.sweep`.
"""

from __future__ import annotations

import decimal
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from neurogate.config.overrides import segments, value_of
from neurogate.config.problems import Flaw
from neurogate.units import shown

__all__ = ["MOST", "axis", "spelt", "values"]

MOST = 100_000
"""Values of a key, samples, seeds and points of a sweep at most."""

_BARE = re.compile(r'[^.\[\]"]+')
_DIGITS = "[0-9](?:_?[0-9])*"
_NUMBER = rf"[+-]?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?"
_RANGE = re.compile(rf"({_NUMBER}):({_NUMBER}):([0-9]{{1,9}})(:log)?")
_LIKE_A_RANGE = re.compile(rf"{_NUMBER}:")
_WHOLE = re.compile(rf"[+-]?{_DIGITS}")
_NOT_ZERO = re.compile("[^eE]*[1-9]")
_PIECE = re.compile(r""""(?:\\.|[^"\\])*"?|'[^']*'?|[][{},]|[^][{},"']+""", re.DOTALL)
_EXACT = decimal.Context(prec=50, Emax=10_000, Emin=-10_000)
"""Far more digits than a float has: the 0.3 of a range is the 0.3 that is typed."""


def axis(text: str) -> tuple[str, str]:
    """Split ``key.path=values``, and give the key path its one spelling.

    Raises
    ------
    Flaw
        If there is no key path or nothing after it.

    Examples
    --------
    >>> axis("reservoir.gain=0.5:2.0:4")
    ('reservoir.gain', '0.5:2.0:4')
    """
    key, _, words = (part.strip() for part in text.partition("="))
    if not key or not words:
        raise Flaw(f"{shown(text)} varies nothing; write key.path=values, as in reservoir.gain=0.5:2.0:7.")
    return spelt(key), words


def spelt(key: str) -> str:
    """Return the one spelling of a key path: keys and numbers of entries, separated by dots.

    Raises
    ------
    Flaw
        If it is no key path.

    Examples
    --------
    >>> spelt("task.blocks[0].trials")
    'task.blocks.0.trials'
    """
    return ".".join(part if _BARE.fullmatch(part) else f'"{part}"' for part in segments(key))


def values(key: str, text: str) -> tuple[Any, ...]:
    """Read values separated by commas, each of them a value in TOML, a bare word or a range.

    A range ``first:last:count`` holds `count` numbers, equally spaced from `first` to `last` with both;
    with ``:log`` after it, each is the same multiple of the one before. They are whole numbers where first
    and last are and all between them. One number is a range whose ends are the same: of two ends it would
    drop one, which whoever takes the count for a step does not mean. Commas inside brackets and quotes
    separate nothing.

    Parameters
    ----------
    key : str
        Key path, for the sentences.
    text : str
        The values.

    Raises
    ------
    Flaw
        If a value is empty or broken, or a range makes no sense.

    Examples
    --------
    >>> values("reservoir.n", "0:100:3"), values("rules.force.ridge_when", "1:1000:4:log")
    ((0, 50, 100), (1, 10, 100, 1000))
    >>> values("reservoir.synapse.tau_ms", "20.0,{uniform = [10, 30]}")
    (20.0, {'uniform': [10, 30]})
    """
    return tuple(value for word in _words(text) for value in _read(key, word, text))


def _words(text: str) -> list[str]:
    """Split at the commas that stand outside brackets and quotes."""
    words, depth = [""], 0
    for piece in _PIECE.findall(text):
        depth += (piece in "[{") - (piece in "]}")
        if piece == "," and depth <= 0:
            words.append("")
        else:
            words[-1] += piece
    return [word.strip() for word in words]


def _read(key: str, word: str, text: str) -> Iterator[Any]:
    if not word:
        raise Flaw(f"{key} is varied over {shown(text)}; between commas there must be a value.")
    if _LIKE_A_RANGE.match(word):
        yield from _range(key, word)
    else:
        yield value_of(key, word)


def _range(key: str, word: str) -> Iterator[int | float]:
    match = _RANGE.fullmatch(word)
    if not match:
        raise Flaw(
            f"{key} is varied over {shown(word)}; a range must be first:last:count or first:last:count:log, "
            "as in 0.5:2.0:7."
        )
    ends = match[1], match[2]
    first, last, count = float(ends[0]), float(ends[1]), int(match[3])
    if not 1 <= count <= MOST:
        raise Flaw(f"{key}: the range {shown(word)} has {count} values; it must have from 1 to {MOST}.")
    if not all(map(_is_held, ends)):
        raise Flaw(f"{key}: the range {shown(word)} has an end that no float holds; both must be finite.")
    if count == 1 and first != last:
        raise Flaw(
            f"{key}: the range {shown(word)} has two ends and 1 value; the last number is no step and must "
            f"be how many values it has, from 2 on. One value is {key}={ends[0]}."
        )
    if first == last and count > 1:
        raise Flaw(f"{key}: the range {shown(word)} begins where it ends; its ends must differ.")
    if match[4] and min(first, last) <= 0:
        raise Flaw(f"{key}: the range {shown(word)} has logarithmic steps; both ends must be above 0.")
    space = _logarithmic if match[4] else _linear
    exact = list(space(Decimal(ends[0]), Decimal(ends[1]), count)) if count > 1 else [Decimal(ends[0])]
    whole = all(map(_WHOLE.fullmatch, ends)) and all(value == value.to_integral_value() for value in exact)
    yield from (int(value) if whole else float(value) for value in exact)


def _is_held(number: str) -> bool:
    """Whether a number is neither too large for a float nor too close to 0."""
    value = float(number)
    return math.isfinite(value) and (value != 0 or not _NOT_ZERO.match(number))


def _linear(first: Decimal, last: Decimal, count: int) -> Iterator[Decimal]:
    with decimal.localcontext(_EXACT):
        steps = count - 1
        yield from [(first * (steps - i) + last * i) / steps for i in range(count)]


def _logarithmic(first: Decimal, last: Decimal, count: int) -> Iterator[Decimal]:
    with decimal.localcontext(_EXACT) as context:
        start, step = first.ln(), (last.ln() - first.ln()) / (count - 1)
        inner = [(start + step * i).exp() for i in range(1, count - 1)]
        context.prec = 40
        yield from [first, *(+value for value in inner), last]
