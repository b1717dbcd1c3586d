"""Masks of attention: which query may look at which key."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np

from neurogate.attention.arrays import Array, Namespace, fits, together
from neurogate.attention.options import whole_number

__all__ = ["both", "causal", "kept", "sliding_window"]

_Sizes = ParamSpec("_Sizes")
_Made = TypeVar("_Made", bound=Array | tuple[Array, ...])


def kept(make: Callable[_Sizes, _Made]) -> Callable[_Sizes, _Made]:
    """Decorate what makes large arrays from sizes, which layers ask for again and again: few are kept.

    On a CPU nobody can change them.

    Parameters
    ----------
    make : callable
        Takes what can be hashed, and returns one array or several.

    Examples
    --------
    >>> kept(np.eye)(2).flags.writeable
    False
    """

    @functools.lru_cache(maxsize=8)
    def made(*sizes: _Sizes.args, **named: _Sizes.kwargs) -> _Made:
        found = make(*sizes, **named)
        for array in found if isinstance(found, tuple) else (found,):
            if isinstance(array, np.ndarray):
                array.setflags(write=False)
        return found

    @functools.wraps(make)
    def asked(*sizes: _Sizes.args, **named: _Sizes.kwargs) -> _Made:
        try:
            hash((sizes, *named.values()))
        except TypeError:  # which sizes never are: let it be said
            return make(*sizes, **named)
        return made(*sizes, **named)  # type: ignore[arg-type]

    return asked


def both(mask: Array | None, other: Array | None) -> Array | None:
    """Let a query look where two masks allow it.

    Parameters
    ----------
    mask, other : bool, optional
        True where a query may look; the two broadcast. None allows all.

    Returns
    -------
    bool or None
        True where a query may look.

    Raises
    ------
    RequestError
        If they do not broadcast, or are not of true and false.

    Examples
    --------
    >>> both(causal(2, 2), np.array([False, True])).astype(int).tolist()
    [[0, 0], [0, 1]]
    """
    if mask is None or other is None:
        return mask if other is None else other
    together(mask=mask, other=other)
    fits(mask.dtype == other.dtype == bool, "masks must be of true and false", mask=mask, other=other)
    pairs = zip(reversed(mask.shape), reversed(other.shape), strict=False)
    fits(all(m in (1, n) or n == 1 for m, n in pairs), "the masks must broadcast", mask=mask, other=other)
    return mask & other


def causal(queries: int, keys: int, xp: Namespace = np) -> Array:
    r"""Let each query look at its own key and at earlier ones.

    .. math:: M_{ij} = [\, j \le i + K - Q \,]

    for Q queries and K keys.

    The array is given again to whoever asks next: copy it to change it.

    Parameters
    ----------
    queries, keys : int
        How many; the last query stands at the last key, so that a cache may hold the earlier keys.
    xp : module
        `numpy` or `cupy`.

    Returns
    -------
    (queries, keys) bool
        True where a query may look.

    Examples
    --------
    >>> causal(2, 3).astype(int).tolist()
    [[1, 1, 0], [1, 1, 1]]
    """
    return _triangle(whole_number("queries", queries, 0), whole_number("keys", keys, 0), xp)


@kept
def _triangle(queries: int, keys: int, xp: Namespace) -> Array:
    return xp.tri(queries, keys, keys - queries, dtype=bool)


def sliding_window(
    queries: int, keys: int, before: int, after: int | None = None, xp: Namespace = np
) -> Array:
    r"""Let each query look at keys near its own.

    .. math:: M_{ij} = [\, -a \le i + K - Q - j \le b \,]

    for Q queries and K keys, of which b before and a after are seen.

    The array is given again to whoever asks next: copy it to change it.

    Parameters
    ----------
    queries, keys : int
        How many; the last query stands at the last key.
    before : int
        How many keys before its own are seen.
    after : int, optional
        How many keys after its own are seen; as many as before if left out, 0 for a causal window.
    xp : module
        `numpy` or `cupy`.

    Returns
    -------
    (queries, keys) bool
        True where a query may look.

    Raises
    ------
    RequestError
        If a window is negative.

    Examples
    --------
    >>> sliding_window(3, 3, before=1, after=0).astype(int).tolist()
    [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    """
    queries, keys = whole_number("queries", queries, 0), whole_number("keys", keys, 0)
    before = whole_number("before", before, 0, of="keys")
    after = before if after is None else whole_number("after", after, 0, of="keys")
    return _band(queries, keys, before, after, xp)


@kept
def _band(queries: int, keys: int, before: int, after: int, xp: Namespace) -> Array:
    lag = xp.arange(queries)[:, None] + (keys - queries) - xp.arange(keys)
    return (lag <= before) & (lag >= -after)
