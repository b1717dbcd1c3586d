"""Chosen tokens of each sequence, moved together in their order, and back to their places.

Both are linear, and each is the other's adjoint: the backward of `packed` is `unpacked`, and the reverse.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, Namespace, fits, namespace, together
from neurogate.attention.constants import constant
from neurogate.attention.fused import fused
from neurogate.attention.options import record

__all__ = ["Plan", "packed", "plan", "unpacked"]


class Plan(NamedTuple):
    """Where tokens come from and go to.

    Attributes
    ----------
    source : (B, n) int
        Places of the chosen tokens, n being the most that a sequence has, and 1 at least.
    held : (B, n) bool
        Whether there is one; the rest are zeros.
    rank : (B, T) int
        How many of the chosen come before.
    chosen : (B, T) bool
        Which they are.
    """

    source: Array
    held: Array
    rank: Array
    chosen: Array


def plan(chosen: Array, like: Array) -> Plan:
    """Find out where each chosen token goes.

    Parameters
    ----------
    chosen : (B, T) bool
        Which tokens.
    like : array
        Any array of floating-point numbers of the library.

    Raises
    ------
    RequestError
        If `chosen` is not two axes of true and false.

    Examples
    --------
    >>> import numpy as np
    >>> plan(np.array([[False, True, False, True]]), np.ones(1)).source.tolist()
    [[1, 3]]
    """
    xp = namespace(like=like)
    together(chosen=chosen, like=like)
    good = chosen.ndim == 2 and chosen.dtype == bool
    fits(good, "the choice must be (batch, length) of true and false", chosen=chosen)
    length = chosen.shape[1]
    counts = chosen.sum(axis=1)
    most = min(max(int(counts.max()) if counts.size else 0, 1), length)
    place = constant(np.arange, length, like=np.dtype(int), xp=xp)
    source = xp.argsort(_order(chosen, place, length), axis=1)[:, :most]
    held = place[:most] < counts[:, None]
    return Plan(source, held, xp.cumsum(chosen, axis=1) - chosen, chosen)


def packed(x: Array, where: Plan) -> Array:
    r"""Move the chosen tokens together.

    .. math:: y_{r_t} = x_t \text{ where } c_t, \quad r_t = \sum_{s < t} c_s

    with c 1 for the chosen tokens, and 0 for others.

    Parameters
    ----------
    x : (B, T, ...)
        All tokens.
    where : Plan
        Of `plan`.

    Returns
    -------
    (B, n, ...)
        The chosen ones, and zeros behind.

    Examples
    --------
    >>> import numpy as np
    >>> where = plan(np.array([[False, True, False, True]]), np.ones(1))
    >>> packed(np.array([[[5.0], [6.0], [7.0], [8.0]]]), where).ravel().tolist()
    [6.0, 8.0]
    """
    where = record("where", where, Plan)
    _of_plan(x, where, where.chosen.shape[1])
    return _taken(x, where.source, where.held)


def unpacked(x: Array, where: Plan) -> Array:
    r"""Move the chosen tokens back.

    .. math:: y_t = c_t x_{r_t}

    with c and r as in `packed`.

    Parameters
    ----------
    x : (B, n, ...)
        The chosen ones.
    where : Plan
        Of `plan`.

    Returns
    -------
    (B, T, ...)
        All places, with zeros where no token was chosen.

    Examples
    --------
    >>> import numpy as np
    >>> where = plan(np.array([[False, True, False, True]]), np.ones(1))
    >>> unpacked(np.array([[[6.0], [8.0]]]), where).ravel().tolist()
    [0.0, 6.0, 0.0, 8.0]
    """
    xp = namespace(x=x)
    where = record("where", where, Plan)
    _of_plan(x, where, where.source.shape[1])
    return _taken(x, xp.minimum(where.rank, max(0, x.shape[1] - 1)), where.chosen)


@fused
def _order(xp: Namespace, chosen: Array, place: Array, length: int) -> Array:
    return xp.where(chosen, place, place + length)


def _of_plan(x: Array, where: Plan, length: int) -> None:
    namespace(x=x)
    good = x.ndim >= 2 and x.shape[:2] == (len(where.chosen), length)
    fits(good, f"x must be ({len(where.chosen)}, {length}, ...), as the plan is", x=x)


def _taken(x: Array, places: Array, valid: Array) -> Array:
    rows = constant(np.arange, len(x), like=np.dtype(int), xp=namespace(x=x))
    found = x[rows[:, None], places]
    found *= valid.reshape(*valid.shape, *(1,) * (x.ndim - 2))
    return found
