"""How far scanpaths are apart as clouds of places, whatever their order: Hausdorff, Eyenalysis, Mannan."""

from __future__ import annotations

import functools
import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.geometry import apart, chosen, diagonal
from neurogate.scanpath.metrics.metric import Places, metric, packed

__all__ = ["eyenalysis", "hausdorff", "mannan", "mannan_distance"]

Values = NDArray[np.float64]
Nearest = Literal["distance", "square"]


def _nearest(first: list[Values], second: list[Values], places: Places) -> tuple[Values, Values, Values]:
    """Return, for every pair: sums of nearest distances, and of squares, and the largest; (P, 2) each."""
    from neurogate.backends.numba_cpu.gaze_distances import nearest

    found = nearest(packed(first), packed(second), places)
    return found[:, 0], found[:, 1], found[:, 2]


def _lengths(first: list[Values], second: list[Values], places: Places) -> tuple[Values, Values]:
    n, m = (np.array([len(path) for path in paths], dtype=float) for paths in (first, second))
    return n[places[0]], m[places[1]]


def _hausdorff_pairs(first: list[Values], second: list[Values], places: Places) -> Values:
    return np.asarray(_nearest(first, second, places)[2].max(axis=1))


@metric(pairs=_hausdorff_pairs)
def hausdorff(a: Values, b: Values) -> float:
    """Return the symmetric Hausdorff distance: of the fixation that is farthest from all of the other path.

    Parameters
    ----------
    a, b : (L, 2)
        Fixations: x, y.

    Returns
    -------
    float
        NaN if one has no fixation.

    Raises
    ------
    RequestError
        If a number is missing.

    References
    ----------
    Huttenlocher, Klanderman & Rucklidge 1993, doi:10.1109/34.232073.

    Examples
    --------
    >>> hausdorff([[0, 0], [3, 4]], [[0, 0]])
    5.0
    """
    between = apart(a, b)
    if not between.size:
        return math.nan
    return float(max(between.min(axis=0).max(), between.min(axis=1).max()))


def _eyenalysis_pairs(
    first: list[Values], second: list[Values], places: Places, *, variant: Nearest = "distance"
) -> Values:
    which = 0 if chosen(variant, "distance", "square") == "distance" else 1
    return np.asarray(
        _nearest(first, second, places)[which].sum(axis=1)
        / np.maximum(np.maximum(*_lengths(first, second, places)), 1)
    )


@metric(pairs=_eyenalysis_pairs)
def eyenalysis(a: Values, b: Values, *, variant: Nearest = "distance") -> float:
    r"""Return the mean distance to the nearest fixation of the other path.

    .. math::
        \frac{\sum_p \min_q d_{pq} + \sum_q \min_p d_{pq}}{\max(n_p, n_q)}

    Parameters
    ----------
    a, b : (L, 2)
        Fixations: x, y; more columns could be added by the same definition, and are not.
    variant : {"distance", "square"}
        What d is: the distance, or its square.

    Returns
    -------
    float
        NaN if one has no fixation.

    Raises
    ------
    RequestError
        If a number is missing, or there is no such variant.

    References
    ----------
    Mathôt et al. 2012, doi:10.16910/jemr.5.1.4.

    Examples
    --------
    >>> eyenalysis([[0, 0], [3, 4]], [[0, 0]]), eyenalysis([[0, 0], [3, 4]], [[0, 0]], variant="square")
    (2.5, 12.5)
    """
    between = apart(a, b) ** (1 if chosen(variant, "distance", "square") == "distance" else 2)
    if not between.size:
        return math.nan
    return float((between.min(axis=0).sum() + between.min(axis=1).sum()) / max(between.shape))


def _mannan_distance_pairs(
    first: list[Values], second: list[Values], places: Places, *, size: tuple[float, float]
) -> Values:
    n, m = _lengths(first, second, places)
    squares = _nearest(first, second, places)[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        linear = (m * squares[:, 0] + n * squares[:, 1]) / (2 * n * m * diagonal(size) ** 2)
    return np.asarray(np.sqrt(linear))


@metric(pairs=_mannan_distance_pairs)
def mannan_distance(a: Values, b: Values, *, size: tuple[float, float]) -> float:
    r"""Return Mannan's linear distance of two sets of fixations.

    .. math::
        D^2 = \frac{n_q \sum_p d_p^2 + n_p \sum_q d_q^2}{2 n_p n_q (w^2 + h^2)}

    where d is the distance to the nearest fixation of the other path.

    Parameters
    ----------
    a, b : (L, 2)
        Fixations: x, y.
    size : (float, float)
        Width and height of the picture.

    Returns
    -------
    float
        0 if the places are the same; NaN if one has no fixation.

    Raises
    ------
    RequestError
        If a number is missing, or the picture has no size.

    References
    ----------
    Mannan, Ruddock & Wooding 1995, Spatial Vision 9, 363.

    Examples
    --------
    >>> mannan_distance([[0, 0], [3, 4]], [[0, 0]], size=(3, 4))
    0.5
    """
    between, square = apart(a, b), diagonal(size) ** 2
    if not between.size:
        return math.nan
    n, m = between.shape
    squares = [(between.min(axis=axis) ** 2).sum() for axis in (1, 0)]
    return float(np.sqrt((m * squares[0] + n * squares[1]) / (2 * n * m * square)))


def _mannan_pairs(
    first: list[Values], second: list[Values], places: Places, *, size: tuple[float, float],
    draws: int = 200, seed: int = 0,
) -> Values:  # fmt: skip
    found = _mannan_distance_pairs(first, second, places, size=size)
    lengths = np.sort(np.stack(_lengths(first, second, places)).astype(int), axis=0).T
    known, where = np.unique(lengths, axis=0, return_inverse=True)
    chance = np.array([_chance(int(n), int(m), tuple(size), draws, seed) for n, m in known])
    return np.asarray(100 * (1 - found / chance[where.ravel()]))


@metric(pairs=_mannan_pairs)
def mannan(a: Values, b: Values, *, size: tuple[float, float], draws: int = 200, seed: int = 0) -> float:
    r"""Return Mannan's index of similarity: 100 for the same places, about 0 for random ones.

    .. math::
        I = 100 \left(1 - \frac{D}{D_{rand}}\right)

    where D is `mannan_distance`, and :math:`D_{rand}` its mean over random paths of the same two lengths.

    Parameters
    ----------
    a, b : (L, 2)
        Fixations: x, y.
    size : (float, float)
        Width and height of the picture.
    draws : int
        Pairs of random paths, uniform over the picture.
    seed : int
        Of these; the same lengths are always compared with the same ones.

    Returns
    -------
    float
        At most 100; negative if they avoid each other; NaN if one has no fixation.

    Raises
    ------
    RequestError
        If a number is missing, or the picture has no size.

    References
    ----------
    Mannan, Ruddock & Wooding 1995, Spatial Vision 9, 363.

    Examples
    --------
    >>> mannan([[10, 20], [30, 40]], [[30, 40], [10, 20]], size=(80, 60))
    100.0
    """
    n, m = sorted((len(a), len(b)))
    found = mannan_distance.function(a, b, size=size)
    return float(100 * (1 - found / _chance(n, m, tuple(size), draws, seed)))


@functools.lru_cache(maxsize=4096)
def _chance(n: int, m: int, size: tuple[float, ...], draws: int, seed: int) -> float:
    if draws < 1:
        raise RequestError(f"draws is {draws}; give at least 1.")
    if not n:
        return math.nan
    rng = np.random.default_rng([seed, n, m])
    first, second = (list(rng.random((draws, count, 2)) * size) for count in (n, m))
    places = np.tile(np.arange(draws), (2, 1))
    return float(_mannan_distance_pairs(first, second, places, size=(size[0], size[1])).mean())
