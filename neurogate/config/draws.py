"""Values of a key that are drawn at random, each from a seed of its own.

Here live the distributions of a random sweep and the map from (seed, key path, number of the sample) to a
value. It is the same on every machine, and a sample depends on nothing else: neither on the other keys nor on
how many samples there are.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any, NamedTuple

from neurogate.config.grid import values
from neurogate.config.problems import Flaw, nearest
from neurogate.units import Unfit, conform, shown

__all__ = ["DRAWS", "Draw", "draw"]

DRAWS: Mapping[str, tuple[str, ...]] = {
    "uniform": ("low", "high"),
    "log_uniform": ("low", "high"),
    "normal": ("mean", "sd"),
    "int_uniform": ("low", "high"),
    "choice": (),
}
"""The distributions with their numbers; both bounds can be drawn, and a choice takes any values."""

_BITS = 64


class Draw(NamedTuple):
    """A distribution, its numbers checked.

    Parameters
    ----------
    kind : str
        One of `DRAWS`.
    numbers : tuple
        Its numbers in the order of `DRAWS`; for a choice, the values.

    Examples
    --------
    >>> Draw("uniform", (0.5, 2.0)).sample("reservoir.gain", 0, seed=1)
    0.699195226437
    """

    kind: str
    numbers: tuple[Any, ...]

    def sample(self, key: str, index: int, seed: int) -> Any:
        """Return sample number `index` of a key path; floats have 12 digits, as every machine agrees on."""
        digest = hashlib.sha256(f"{seed}:{index}:{key}".encode()).digest()
        bits = int.from_bytes(digest[: _BITS // 8], "big")
        if self.kind == "choice":
            return self.numbers[bits * len(self.numbers) >> _BITS]
        low, high = self.numbers
        if self.kind == "int_uniform":
            return low + (bits * (high - low + 1) >> _BITS)
        share = ((bits >> 11) + 0.5) / 2**53
        if self.kind == "normal":
            return _rounded(NormalDist(low, high).inv_cdf(share))
        if self.kind == "log_uniform":
            return _within(low, high, math.exp((1 - share) * math.log(low) + share * math.log(high)))
        return _within(low, high, (1 - share) * low + share * high)


def draw(key: str, given: object) -> Draw:
    """Read a distribution: ``"uniform:0.5:2.0"`` or ``{"uniform": [0.5, 2.0]}``.

    Raises
    ------
    Flaw
        If there is no such distribution, or its numbers make no sense.

    Examples
    --------
    >>> key = "rules.three_factor.eta_when"
    >>> draw(key, "log_uniform:1e-4:1e-1") == draw(key, {"log_uniform": [1e-4, 1e-1]})
    True
    >>> draw("run.dtype", "choice:float32,float64")
    Draw(kind='choice', numbers=('float32', 'float64'))
    """
    kind, numbers = _parts(key, given)
    if kind not in DRAWS:
        near = nearest(kind, DRAWS)
        hint = f" Did you mean {near}?" if near else ""
        raise Flaw(f"{key} is drawn from {shown(given)}; it must be {_FORMS}.{hint}")
    if kind != "choice":
        return Draw(kind, _checked(key, kind, numbers))
    if not numbers:
        raise Flaw(f"{key} is drawn from a choice of nothing; name the values, as in choice:1,2,5.")
    return Draw(kind, tuple(numbers))


def _parts(key: str, given: object) -> tuple[str, list[Any]]:
    if isinstance(given, str):
        kind, _, rest = given.strip().partition(":")
        words = [rest] if kind == "choice" else rest.split(":")
        return kind, [value for word in words if rest for value in values(key, word)]
    if isinstance(given, Mapping) and len(given) == 1:
        ((kind, numbers),) = given.items()
        if isinstance(numbers, list | tuple):
            return str(kind), list(numbers)
    raise Flaw(f"{key} is drawn from {shown(given)}; it must be {_FORMS}.")


def _checked(key: str, kind: str, numbers: list[Any]) -> tuple[Any, ...]:
    """Return the two numbers of a distribution, or say what is wrong with them."""
    names = DRAWS[kind]
    sort = int if kind == "int_uniform" else float
    try:
        first, second = conform(tuple[sort, sort], numbers)  # type: ignore[valid-type]
    except Unfit as unfit:
        what = shown(unfit.value)
        noun = "whole numbers" if sort is int else "numbers"
        raise Flaw(
            f"{key} is drawn from {kind} with {what}; it must be {_form(kind)} with finite {noun}."
        ) from None
    lowest = 0.0 if kind == "log_uniform" else -math.inf
    if not (second > 0 if kind == "normal" else lowest < first < second):
        rule = "sd > 0" if kind == "normal" else f"{'0 < ' if lowest == 0 else ''}{' < '.join(names)}"
        raise Flaw(f"{key} is drawn from {kind} with {shown(numbers)}; it must be {_form(kind)} with {rule}.")
    return first, second


def _form(kind: str) -> str:
    return ":".join((kind, *DRAWS[kind]))


_FORMS = f"{', '.join(_form(kind) for kind in DRAWS if DRAWS[kind])} or choice:value,value"


def _rounded(value: float) -> float:
    return float(f"{value:.12g}")


def _within(low: float, high: float, value: float) -> float:
    return min(max(_rounded(value), low), high)
