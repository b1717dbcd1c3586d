"""MultiMatch: two scanpaths are aligned saccade by saccade, then compared in five respects."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.metric import metric

__all__ = ["Grouping", "Similarity", "aligned", "multimatch", "simplified"]

Values = NDArray[np.float64]


class Similarity(NamedTuple):
    """How alike two scanpaths are, each from 0 to 1; NaN if one has fewer than three fixations."""

    vector: float  # difference of saccades
    direction: float  # angle between them
    length: float  # difference of their lengths
    position: float  # distance of where they start
    duration: float  # of the fixations before them


class Grouping(NamedTuple):
    """When neighbouring saccades count as one."""

    direction_deg: float  # those that turn by less, if the fixation between is short
    duration_s: float  # what short is
    amplitude_px: float  # those that are shorter, if a fixation beside is short


@metric(compiled="multimatch", values=Similarity._fields, columns=3)
def multimatch(
    a: Values, b: Values, *, size: tuple[float, float], grouping: Grouping | None = None
) -> Similarity:
    r"""Return how alike two scanpaths are in five respects.

    Saccades :math:`u_i, v_j` are aligned along the cheapest way through :math:`|u_i - v_j|` (`aligned`). With
    medians over that way and the diagonal D of the picture,

    .. math::
        1 - \frac{|u - v|}{2 D}, \quad 1 - \frac{\angle(u, v)}{\pi}, \quad 1 - \frac{||u| - |v||}{D}, \quad
        1 - \frac{|p_u - p_v|}{D}, \quad 1 - \frac{|d_u - d_v|}{\max(d_u, d_v)}

    where p and d are place and duration of the fixation from which a saccade starts. The last fixation has
    none, so that its duration never counts.

    Parameters
    ----------
    a, b : (L, 3)
        Fixations: x, y, duration.
    size : (float, float)
        Width and height of the picture, in the unit of x and y.
    grouping : Grouping, optional
        Simplify both before; not at all if left out.

    Returns
    -------
    Similarity
        A difference of durations that are both 0 is 0.

    Raises
    ------
    RequestError
        If a number is missing, or the picture has no size.

    References
    ----------
    Jarodzka, Holmqvist & Nyström 2010, doi:10.1145/1743666.1743718.
    Dewhurst et al. 2012, doi:10.3758/s13428-012-0212-2.

    Examples
    --------
    >>> path = np.array([[10, 10, 0.2], [50, 10, 0.3], [50, 40, 0.1]])
    >>> multimatch(path, path, size=(80, 60))
    Similarity(vector=1.0, direction=1.0, length=1.0, position=1.0, duration=1.0)
    >>> multimatch(path, path + [8, 6, 0], size=(80, 60)).position
    0.9
    """
    diagonal = math.hypot(*size)
    if not 0 < diagonal < math.inf:
        raise RequestError(f"The picture is {size[0]:g} x {size[1]:g}. Give a width and a height above 0.")
    if len(a) < 3 or len(b) < 3:
        return Similarity(*[math.nan] * 5)
    u, v = (_saccades(path) if grouping is None else simplified(path, grouping) for path in (a, b))
    way = aligned(u[:, 2:4], v[:, 2:4])
    x, y = u[way[:, 0]], v[way[:, 1]]
    lengths = [np.hypot(s[:, 2], s[:, 3]) for s in (x, y)]
    longest = np.maximum(x[:, 4], y[:, 4])
    off = (
        np.hypot(*(x[:, 2:4] - y[:, 2:4]).T) / (2 * diagonal),
        _between(x[:, 2:4], y[:, 2:4]) / math.pi,
        np.abs(lengths[0] - lengths[1]) / diagonal,
        np.hypot(*(x[:, :2] - y[:, :2]).T) / diagonal,
        np.abs(x[:, 4] - y[:, 4]) / np.where(longest > 0, longest, 1),
    )
    return Similarity(*(float(1 - np.median(each)) for each in off))


def aligned(u: Values, v: Values) -> NDArray[np.intp]:
    r"""Return the cheapest way through two rows of saccades.

    The way goes from the first pair to the last in steps that advance one row or both; a step costs
    :math:`|u_i - v_j|` of the pair that it enters. Of ways that cost the same, the one is taken that, looked
    at from its end, advances both, else the first row, else the second.

    Parameters
    ----------
    u, v : (n, 2), (m, 2)
        Saccades.

    Returns
    -------
    (steps, 2) int
        The pairs of the way.

    Examples
    --------
    >>> aligned(np.array([[1.0, 0], [0, 1.0]]), np.array([[1.0, 0], [1.0, 0], [0, 1.0]])).tolist()
    [[0, 0], [0, 1], [1, 2]]
    """
    cost = np.hypot(*(u[:, None] - v[None]).transpose(2, 0, 1))
    total = np.full(cost.shape, np.inf)
    total[0, 0] = 0.0
    for i, j in np.ndindex(cost.shape):
        for before in _before(i, j):
            total[i, j] = min(total[i, j], total[before] + cost[i, j])
    way = [(len(u) - 1, len(v) - 1)]
    while way[-1] != (0, 0):
        way.append(min(_before(*way[-1]), key=total.__getitem__))
    return np.array(way[::-1])


def simplified(path: Values, grouping: Grouping) -> Values:
    """Join saccades that go on in one direction, or are short, until nothing changes any more.

    By direction: a saccade joins the one before if they turn by less than `direction_deg` and the fixation
    between them lasts less than `duration_s`. By length: a saccade shorter than `amplitude_px` joins the one
    after if the fixation before either lasts less than `duration_s`; a short one at the end joins the one
    before. What is joined goes from the first start, and has the first duration.

    Parameters
    ----------
    path : (L, 3)
        Fixations: x, y, duration.
    grouping : Grouping
        When saccades are joined.

    Returns
    -------
    (saccades, 5)
        x and y of the start, both components, and duration before it.

    Examples
    --------
    >>> path = np.array([[0, 0, 0.5], [50, 0, 0.1], [100, 0, 0.5], [100, 50, 0.5]])
    >>> simplified(path, Grouping(direction_deg=45, duration_s=0.3, amplitude_px=10)).shape
    (2, 5)
    """
    saccades, before = _saccades(path), 0
    while len(saccades) != before:
        before = len(saccades)
        saccades = _by_length(_by_direction(saccades, grouping), grouping)
    return saccades


def _saccades(path: Values) -> Values:
    return np.column_stack([path[:-1, :2], np.diff(path[:, :2], axis=0), path[:-1, 2]])


def _before(i: int, j: int) -> list[tuple[int, int]]:
    """List the pairs from which a pair can be entered, the preferred one first."""
    return [(a, b) for a, b in ((i - 1, j - 1), (i - 1, j), (i, j - 1)) if a >= 0 and b >= 0]


def _between(u: Values, v: Values) -> Values:
    """Return the angle between vectors, from 0 to pi."""
    turn = np.abs(np.arctan2(u[:, 1], u[:, 0]) - np.arctan2(v[:, 1], v[:, 0]))
    return np.minimum(turn, 2 * math.pi - turn)


def _by_direction(saccades: Values, grouping: Grouping) -> Values:
    kept, i = [], 0
    while i < len(saccades):
        joins = i + 1 < len(saccades) and saccades[i + 1, 4] < grouping.duration_s
        if joins:
            turn = _between(saccades[i : i + 1, 2:4], saccades[i + 1 : i + 2, 2:4])[0]
            joins = turn < math.radians(grouping.direction_deg)
        kept.append(_joined(saccades[i], saccades[i + 1]) if joins else saccades[i])
        i += 2 if joins else 1
    return np.array(kept)


def _by_length(saccades: Values, grouping: Grouping) -> Values:
    kept: list[Values] = []
    i, last = 0, len(saccades) - 1
    while i <= last:
        short = math.hypot(*saccades[i, 2:4]) < grouping.amplitude_px
        near = saccades[i : i + 2, 4] < grouping.duration_s
        if short and i < last and near.any():
            kept.append(_joined(saccades[i], saccades[i + 1]))
            i += 2
            continue
        if short and i == last and kept and (saccades[i - 1, 4] < grouping.duration_s or near[0]):
            kept[-1] = _joined(kept[-1], saccades[i])
        else:
            kept.append(saccades[i])
        i += 1
    return np.array(kept)


def _joined(first: Values, second: Values) -> Values:
    return np.concatenate([first[:2], first[2:4] + second[2:4], first[4:]])
