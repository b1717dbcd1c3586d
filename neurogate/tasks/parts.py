"""States of sessions taken apart by replica and rule, and put together again.

A state is what `Session.state` or `WaveformSession.state` returns: plain arrays by name. What belongs to
the session as a whole is the same in all parts; everything else has an axis of replicas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

__all__ = ["Part", "join", "position", "renamed", "take"]

Array = npt.NDArray[Any]
_SHARED = ("position", "network/step", "moments/count", "here/position", "probes/steps")
_OF_RULES = ("notes/", "kept/")


@attrs.frozen
class Part:
    """Some replicas and rules of a session.

    Parameters
    ----------
    replicas : tuple of int
        Which replicas, in their order.
    rules : mapping of str to str
        Names in the session by names in the part.

    Examples
    --------
    >>> Part((0, 2), {"rule": "rule~1"}).replicas
    (0, 2)
    """

    replicas: tuple[int, ...]
    rules: Mapping[str, str]


def take(state: Mapping[str, Array], part: Part) -> dict[str, Array]:
    """Return the state of a part; where its replicas stand side by side, the arrays are views.

    Parameters
    ----------
    state : mapping of str to array
    part : Part

    Examples
    --------
    >>> weights = {"rule a/when": np.ones((2, 1, 4)), "rule b/when": np.zeros((2, 1, 4))}
    >>> taken = take({"position": np.array(3), **weights}, Part((1,), {"mine": "b"}))
    >>> {name: array.shape for name, array in taken.items()}
    {'position': (), 'rule mine/when': (1, 1, 4)}
    """
    rows = _rows(part.replicas)
    return {
        name: array if name in _SHARED else array[(slice(None),) * _axis(name) + (rows,)]
        for name, array in renamed(state, part.rules).items()
    }


def _rows(replicas: Sequence[int]) -> slice | list[int]:
    """Return what selects replicas, without a copy if they stand side by side."""
    first, last = replicas[0], replicas[-1] + 1
    return slice(first, last) if list(replicas) == list(range(first, last)) else list(replicas)


def renamed(state: Mapping[str, Array], rules: Mapping[str, str]) -> dict[str, Array]:
    """Return the state of some of the rules, under other names; the arrays are the same.

    Parameters
    ----------
    state : mapping of str to array
    rules : mapping of str to str
        Names in `state` by names in what is returned.

    Examples
    --------
    >>> state = {"position": np.array(3), "rule a/when": np.ones(4), "rule b/when": np.ones(4)}
    >>> list(renamed(state, {"mine": "b"}))
    ['position', 'rule mine/when']
    """
    found = {}
    for name, array in state.items():
        rule = _rule(name)
        if rule is None:
            found[name] = array
        else:
            found |= {_renamed(name, rule, new): array for new, old in rules.items() if old == rule}
    return found


def join(states: Sequence[Mapping[str, Array]], parts: Sequence[Part]) -> dict[str, Array]:
    """Return the state whose parts these are; what no part holds, a rule in a replica, is zero.

    Parameters
    ----------
    states : sequence of mapping
        All equally far.
    parts : sequence of Part

    Examples
    --------
    >>> halves = [{"position": np.array(3), "v": np.full((1, 2), b)} for b in range(2)]
    >>> join(halves, [Part((0,), {}), Part((1,), {})])["v"].tolist()
    [[0, 0], [1, 1]]
    """
    batch = 1 + max(max(part.replicas) for part in parts)
    whole: dict[str, Array] = {}
    for state, part in zip(states, parts, strict=True):
        for name, array in state.items():
            rule = _rule(name)
            new = name if rule is None else _renamed(name, rule, part.rules[rule])
            if name in _SHARED:
                whole[new] = array
                continue
            axis = _axis(name)
            if new not in whole:
                whole[new] = np.zeros((*array.shape[:axis], batch, *array.shape[axis + 1 :]), array.dtype)
            np.moveaxis(whole[new], axis, 0)[list(part.replicas)] = np.moveaxis(array, axis, 0)
    return whole


def position(state: Mapping[str, Array]) -> int:
    """Return how many trials or pieces a state is from the beginning.

    Examples
    --------
    >>> position({"here/position": np.array(3)})
    3
    """
    return int(next(state[name] for name in ("position", "here/position") if name in state))


def _axis(name: str) -> int:
    """Return which axis is that of the replicas; what is kept of each trial has the trials in front."""
    return 1 if name.startswith("kept/") else 0


def _rule(name: str) -> str | None:
    """Return the rule that an array belongs to, if it belongs to one."""
    group, _, key = name.partition("/")
    if group.startswith("rule "):
        return group.removeprefix("rule ")
    if name.startswith(_OF_RULES) and "." in key:
        return key.rpartition(".")[0]
    return None


def _renamed(name: str, rule: str, new: str) -> str:
    group, slash, key = name.partition("/")
    if group.startswith("rule "):
        return f"rule {new}{slash}{key}"
    return f"{group}{slash}{new}.{key.rpartition('.')[2]}"
