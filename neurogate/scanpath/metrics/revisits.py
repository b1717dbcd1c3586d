"""Recurrence of fixations: how often a scanpath comes back to a place, or to where another one was."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.geometry import apart
from neurogate.scanpath.metrics.group_metric import unpaired
from neurogate.scanpath.metrics.metric import Places, fixations, metric, packed

__all__ = ["Recurrence", "cross_recurrence", "self_recurrence", "self_recurrences"]

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Recurrence(NamedTuple):
    """Recurrence in percent; all but `rec` are NaN if nothing recurs, all if there are too few fixations."""

    rec: float  # pairs of fixations that are near each other
    det: float  # of these, those in diagonal lines: stretches that are repeated
    lam: float  # those in vertical and horizontal lines, halved: places that are looked at again and again
    corm: float  # how far from the diagonal they lie: late ones are large


def _cross_pairs(
    first: list[Values], second: list[Values], places: Places, *, radius: float, line: int = 2
) -> Values:
    from neurogate.backends.numba_cpu.gaze_revisits import recurrences

    _check(radius, line)
    return recurrences(packed(first), packed(second), places, radius, line, itself=False)


@metric(pairs=_cross_pairs, values=Recurrence._fields)
def cross_recurrence(a: Values, b: Values, *, radius: float, line: int = 2) -> Recurrence:
    r"""Return how two scanpaths recur in each other.

    Of the first :math:`N = \min(n, m)` fixations, :math:`r_{ij} = 1` if :math:`|a_i - b_j| \le` radius, and
    :math:`R = \sum r_{ij}`. With D, H and V the points in diagonal, horizontal and vertical runs of at least
    `line` points,

    .. math::
        REC = \frac{100 R}{N^2}, \quad DET = \frac{100 D}{R}, \quad LAM = \frac{100 (H + V)}{2 R}, \quad
        CORM = \frac{100 \sum (j - i) r_{ij}}{(N - 1) R}

    Parameters
    ----------
    a, b : (L, 2)
        Fixations: x, y.
    radius : float
        In the unit of x and y.
    line : int
        Points that make a line.

    Returns
    -------
    Recurrence

    Raises
    ------
    RequestError
        If a number is missing, the radius is negative, or a line has fewer than two points.

    References
    ----------
    Anderson, Anderson, Kingstone & Bischof 2015, doi:10.3758/s13428-014-0550-3.

    Examples
    --------
    >>> cross_recurrence([[0, 0], [50, 0]], [[0, 0], [50, 0]], radius=5)
    Recurrence(rec=50.0, det=100.0, lam=0.0, corm=0.0)
    """
    _check(radius, line)
    count = min(len(a), len(b))
    near = apart(a[:count], b[:count]) <= radius
    return _quantified(near, count**2, line)


@unpaired("Take cross_recurrence of two scanpaths, and self_recurrences of many.")
def self_recurrence(path: ArrayLike, *, radius: float, line: int = 2) -> Recurrence:
    r"""Return how a scanpath recurs in itself.

    As `cross_recurrence` of a path with itself, of pairs :math:`i < j` only, and
    :math:`REC = \frac{200 R}{N (N - 1)}`.

    Parameters
    ----------
    path : Scanpath or (L, 2)
        Fixations: x, y.
    radius : float
        In the unit of x and y.
    line : int
        Points that make a line.

    Returns
    -------
    Recurrence
        NaN throughout if there are fewer than two fixations.

    Raises
    ------
    RequestError
        If a number is missing, the radius is negative, or a line has fewer than two points.

    References
    ----------
    Anderson, Bischof, Laidlaw, Risko & Kingstone 2013, doi:10.3758/s13428-012-0299-5.

    Examples
    --------
    >>> self_recurrence([[0, 0], [50, 0], [0, 0], [50, 0]], radius=5)
    Recurrence(rec=33.333333333333336, det=100.0, lam=0.0, corm=66.66666666666667)
    """
    _check(radius, line)
    places = fixations(path)
    count = len(places)
    near = np.triu(apart(places, places) <= radius, 1)
    return _quantified(near, count * (count - 1) / 2, line)


def self_recurrences(paths: Iterable[ArrayLike], *, radius: float, line: int = 2) -> Values:
    """Return `self_recurrence` of many scanpaths, compiled.

    Parameters
    ----------
    paths : iterable of (L, 2)
        Fixations: x, y.
    radius : float
        In the unit of x and y.
    line : int
        Points that make a line.

    Returns
    -------
    (n, 4)
        rec, det, lam, corm.

    Examples
    --------
    >>> self_recurrences([[[0, 0], [50, 0], [0, 0]]], radius=5).round(1).tolist()
    [[33.3, 0.0, 0.0, 100.0]]
    """
    from neurogate.backends.numba_cpu.gaze_revisits import recurrences

    _check(radius, line)
    several = packed([fixations(path) for path in paths])
    places = np.tile(np.arange(len(several[1]) - 1), (2, 1))
    return recurrences(several, several, places, radius, line, itself=True)


def _quantified(near: Flags, possible: float, line: int) -> Recurrence:
    if not possible:
        return Recurrence(*[math.nan] * 4)
    found, count = int(near.sum()), len(near)
    if not found:
        return Recurrence(0.0, *[math.nan] * 3)
    diagonals = [near.diagonal(offset) for offset in range(1 - count, count)]
    points = [sum(_on_lines(row, line) for row in rows) for rows in (diagonals, near, near.T)]
    i, j = np.nonzero(near)
    late = 100 * float((j - i).sum()) / ((count - 1) * found) if count > 1 else math.nan
    staying = 100 * (points[1] + points[2]) / (2 * found)
    return Recurrence(100 * found / possible, 100 * points[0] / found, staying, late)


def _on_lines(row: Flags, line: int) -> int:
    """Return how many points of a row stand in runs of at least `line`."""
    edges = np.diff(np.concatenate([[0], row.astype(int), [0]]))
    runs = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    return int(runs[runs >= line].sum())


def _check(radius: float, line: int) -> None:
    if not radius >= 0:
        raise RequestError(f"radius is {radius:g}. Give a distance of at least 0.")
    if line < 2:
        raise RequestError(f"line is {line}. A line has at least 2 points.")
