"""What MultiMatch may do to a scanpath first: saccades of one direction, and short ones, are joined."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Compat", "Grouping", "saccades", "simplified"]

Values = NDArray[np.float64]
Compat = Literal["multimatch_gaze"]
_Row = tuple[float, ...]


class Grouping(NamedTuple):
    """When neighbouring saccades count as one."""

    direction_deg: float  # those that turn by less, if the fixation between is short
    duration_s: float  # what short is
    amplitude_px: float  # those that are shorter, if a fixation at either end is short


def saccades(path: Values) -> Values:
    """Return the saccades of a scanpath.

    Parameters
    ----------
    path : (L, 3)
        Fixations: x, y, duration.

    Returns
    -------
    (L - 1, 5)
        x and y of the start, both components, and duration of the fixation before.

    Examples
    --------
    >>> saccades(np.array([[1, 2, 0.5], [4, 6, 0.1]])).tolist()
    [[1.0, 2.0, 3.0, 4.0, 0.5]]
    """
    return np.column_stack([path[:-1, :2], np.diff(path[:, :2], axis=0), path[:-1, 2]])


def simplified(path: Values, grouping: Grouping, compat: Compat | None = None) -> Values:
    """Join saccades until nothing changes any more.

    By direction: a saccade joins the one before if they turn by less than `direction_deg` and the fixation
    between them lasts less than `duration_s`; one of no length has no direction. By length: a saccade shorter
    than `amplitude_px` joins the one after, and the last one the one before, if the fixation at either of its
    ends lasts less than `duration_s`. What is joined goes from the first start, and has the first duration.

    Parameters
    ----------
    path : (L, 3)
        Fixations: x, y, duration.
    grouping : Grouping
        When saccades are joined.
    compat : {"multimatch_gaze"}, optional
        As multimatch_gaze 0.1.3 does it: if the last saccade joins one that others joined in the same pass,
        these are lost from the sum; a pass whose last saccade joined the one before counts one saccade too
        many when it is decided whether there was a change; no saccades are returned where it fails, because a
        single one is left that is short.

    Returns
    -------
    (saccades, 5)
        Like `saccades`.

    Examples
    --------
    >>> path = np.array([[0, 0, 0.5], [50, 0, 0.1], [100, 0, 0.5], [100, 50, 0.5]])
    >>> simplified(path, Grouping(direction_deg=45, duration_s=0.3, amplitude_px=10)).shape
    (2, 5)
    """
    rows: list[_Row] = [tuple(row) for row in saccades(path).tolist()]
    before, now = -1, len(rows)
    while now != before:
        before = now
        rows = _by_direction(rows, grouping)
        rows, backwards = _by_length(rows, float(path[-1, 2]), grouping, compat)
        now = len(rows) + (backwards and compat is not None)
    return np.array(rows).reshape(-1, 5)


def _by_direction(rows: list[_Row], grouping: Grouping) -> list[_Row]:
    kept, i = [], 0
    while i < len(rows):
        joins = i + 1 < len(rows) and rows[i + 1][4] < grouping.duration_s
        joins = joins and _turn(rows[i], rows[i + 1]) < math.radians(grouping.direction_deg)
        kept.append(_joined(rows[i], rows[i + 1]) if joins else rows[i])
        i += 2 if joins else 1
    return kept


def _by_length(
    rows: list[_Row], last_s: float, grouping: Grouping, compat: Compat | None
) -> tuple[list[_Row], bool]:
    kept: list[_Row] = []
    i, end = 0, len(rows) - 1
    while i <= end:
        after_s = rows[i + 1][4] if i < end else last_s
        joins = math.hypot(*rows[i][2:4]) < grouping.amplitude_px
        joins = joins and min(rows[i][4], after_s) < grouping.duration_s
        if joins and i == end:
            return _backwards(kept, rows, compat), bool(kept)
        kept.append(_joined(rows[i], rows[i + 1]) if joins else rows[i])
        i += 2 if joins else 1
    return kept, False


def _backwards(kept: list[_Row], rows: list[_Row], compat: Compat | None) -> list[_Row]:
    """Join the last saccade with what was kept before it, if anything was."""
    if not kept:
        return rows if compat is None else []
    if compat is None:
        return [*kept[:-1], _joined(kept[-1], rows[-1])]
    raw = _joined(rows[-2], rows[-1])
    return [*kept[:-1], (*kept[-1][:2], *raw[2:4], kept[-1][4])]


def _turn(u: _Row, v: _Row) -> float:
    if not any(u[2:4]) or not any(v[2:4]):
        return math.inf
    turn = abs(math.atan2(u[3], u[2]) - math.atan2(v[3], v[2]))
    return min(turn, 2 * math.pi - turn)


def _joined(first: _Row, second: _Row) -> _Row:
    return (*first[:2], first[2] + second[2], first[3] + second[3], first[4])
