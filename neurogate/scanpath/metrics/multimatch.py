"""MultiMatch: two scanpaths are aligned saccade by saccade, then compared in five respects."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurogate.scanpath.metrics.geometry import apart, diagonal, length
from neurogate.scanpath.metrics.grouping import Compat, Grouping, saccades, simplified
from neurogate.scanpath.metrics.metric import Places, both, metric, packed

__all__ = ["Similarity", "aligned", "multimatch"]

Values = NDArray[np.float64]


class Similarity(NamedTuple):
    """How alike two scanpaths are, each from 0 to 1; NaN if one has fewer than three fixations.

    Of fixations far outside the picture, all but direction and duration may be below 0.
    """

    vector: float  # difference of saccades
    direction: float  # angle between them
    length: float  # difference of their lengths
    position: float  # distance of where they start
    duration: float  # of the fixations before them


def _pairs(
    first: list[Values], second: list[Values], places: Places, *, size: tuple[float, float],
    grouping: Grouping | None = None, compat: Compat | None = None,
) -> Values:  # fmt: skip
    from neurogate.backends.numba_cpu.multimatch import similarities

    def prepared(paths: list[Values]) -> tuple[Values, Places]:
        return packed([_prepared(path, grouping, compat) for path in paths])

    return similarities(*both(prepared, first, second), places, diagonal(size))


@metric(pairs=_pairs, values=Similarity._fields, columns=3)
def multimatch(
    a: Values, b: Values, *, size: tuple[float, float], grouping: Grouping | None = None,
    compat: Compat | None = None,
) -> Similarity:  # fmt: skip
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
        Simplify both before (see `grouping.simplified`); not at all if left out.
    compat : {"multimatch_gaze"}, optional
        Simplify as multimatch_gaze 0.1.3 does, and give NaN where it fails.

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
    across = diagonal(size)
    u, v = (_prepared(path, grouping, compat) for path in (a, b))
    if not (len(u) and len(v)):
        return Similarity(*[math.nan] * 5)
    way = aligned(u[:, 2:4], v[:, 2:4])
    x, y = u[way[:, 0]], v[way[:, 1]]
    lengths = [length(s[:, 2:4]) for s in (x, y)]
    longest = np.maximum(x[:, 4], y[:, 4])
    off = (
        length(x[:, 2:4] - y[:, 2:4]) / (2 * across),
        _between(x[:, 2:4], y[:, 2:4]) / math.pi,
        np.abs(lengths[0] - lengths[1]) / across,
        length(x[:, :2] - y[:, :2]) / across,
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
    cost = apart(u, v)
    total = np.full(cost.shape, np.inf)
    total[0, 0] = 0.0
    for i, j in np.ndindex(cost.shape):
        for before in _before(i, j):
            total[i, j] = min(total[i, j], total[before] + cost[i, j])
    way = [(len(u) - 1, len(v) - 1)]
    while way[-1] != (0, 0):
        way.append(min(_before(*way[-1]), key=total.__getitem__))
    return np.array(way[::-1])


def _prepared(path: Values, grouping: Grouping | None, compat: Compat | None) -> Values:
    """Return the saccades that are compared: none if there are fewer than three fixations."""
    if len(path) < 3:
        return np.zeros((0, 5))
    return saccades(path) if grouping is None else simplified(path, grouping, compat)


def _before(i: int, j: int) -> list[tuple[int, int]]:
    """List the pairs from which a pair can be entered, the preferred one first."""
    return [(a, b) for a, b in ((i - 1, j - 1), (i - 1, j), (i, j - 1)) if a >= 0 and b >= 0]


def _between(u: Values, v: Values) -> Values:
    """Return the angle between vectors, from 0 to pi."""
    turn = np.abs(np.arctan2(u[:, 1], u[:, 0]) - np.arctan2(v[:, 1], v[:, 0]))
    between: Values = np.minimum(turn, 2 * math.pi - turn)
    return between
