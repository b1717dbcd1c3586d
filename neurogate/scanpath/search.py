"""A search for settings that is the same for every model: numbers drawn at random, then around the best.

Nothing here knows what is searched. Judging takes the time, so a judge may remember what it said before; a
search that is begun again asks the same questions in the same order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from neurogate.errors import RequestError

__all__ = ["Even", "Log", "Settings", "Space", "Tried", "search", "setting"]

Settings: TypeAlias = dict[str, Any]
STEP = 0.15
"""Standard deviation of a move, in parts of a range."""


class Even(NamedTuple):
    """A range in which all numbers are as likely."""

    low: float
    high: float


class Log(NamedTuple):
    """A range above 0 in which all orders of magnitude are as likely."""

    low: float
    high: float


Space: TypeAlias = Mapping[str, Even | Log | tuple[Any, ...]]
"""Of each setting its range, or a plain tuple of what may be chosen."""


class Tried(NamedTuple):
    """A setting, and what it was judged to be worth."""

    settings: Settings
    score: float


def setting(space: Space, at: ArrayLike) -> Settings:
    """Return the setting at a place of the unit cube, to three digits.

    Parameters
    ----------
    space : mapping
        From names to ranges.
    at : (D,)
        From 0 to 1, in the order of the space.

    Examples
    --------
    >>> setting({"noise": Even(0, 10), "reach": Log(0.01, 1), "map": ("fine", "coarse")}, [0.5, 0.5, 0.5])
    {'noise': 5.0, 'reach': 0.1, 'map': 'coarse'}
    """
    return {
        key: _value(within, float(u)) for (key, within), u in zip(space.items(), np.asarray(at), strict=True)
    }


def search(space: Space, judge: Callable[[Settings], float], trials: int, seed: int) -> list[Tried]:
    """Try settings: half of them drawn from a space, each of the others the best so far with a part moved.

    Parameters
    ----------
    space : mapping
        From names to ranges.
    judge : callable
        Says how good a setting is; NaN is worse than everything.
    trials : int
        How many settings are tried, some perhaps twice.
    seed : int
        Of the draws. What is drawn does not depend on the number of trials, nor moves on what was tried.

    Returns
    -------
    list of Tried
        In the order tried.

    Raises
    ------
    RequestError
        If there is nothing to try.

    Examples
    --------
    >>> tried = search({"x": Even(-1, 1)}, lambda given: -abs(given["x"] - 0.3), trials=40, seed=1)
    >>> abs(max(tried, key=lambda one: one.score).settings["x"] - 0.3) < 0.1
    True
    """
    if trials < 1 or not space:
        raise RequestError(f"{trials} settings of {len(space)} numbers are to be tried. Give at least one.")
    places: list[np.ndarray[Any, Any]] = []
    tried: list[Tried] = []
    for number in range(trials):
        rng = np.random.default_rng([seed, number])
        at = rng.random(len(space))
        if number >= (trials + 1) // 2:
            at = _moved(places[max(range(number), key=lambda k: tried[k].score)], rng)
        found = setting(space, at)
        score = judge(found)
        places.append(at)
        tried.append(Tried(found, -math.inf if math.isnan(score) else score))
    return tried


def _moved(at: np.ndarray[Any, Any], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Move about half of the numbers, at least one; what leaves the cube is reflected."""
    chosen = rng.random(len(at)) < 0.5
    chosen[rng.integers(len(at))] = True
    there = np.abs(at + chosen * STEP * rng.standard_normal(len(at)))
    return np.asarray(np.clip(1 - np.abs(1 - there), 0, 1))


def _value(within: Even | Log | tuple[Any, ...], u: float) -> Any:
    if isinstance(within, Even):
        return float(f"{within.low + u * (within.high - within.low):.3g}")
    if isinstance(within, Log):
        return float(f"{within.low * (within.high / within.low) ** u:.3g}")
    return within[min(int(u * len(within)), len(within) - 1)]
