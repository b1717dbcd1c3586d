"""How alike two maps are: divergence, correlation, and overlap."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.attention.arrays import fits
from neurogate.scanpath.metrics.map_metric import against_maps
from neurogate.scanpath.metrics.metric import both
from neurogate.scanpath.metrics.priority import checked_map, density

__all__ = ["correlation", "kl_divergence", "similarity"]

Values = NDArray[np.float64]
Maps = list[Values]
Side = tuple[list[Values], Values]
EPSILON = float(np.finfo(np.float64).eps)
LEAST = 1e-20
TINY = float(np.finfo(np.float64).tiny)
BLOCK = 2**12
Divergence = Literal["mit", "pysaliency"]
Overlap = Literal["pysaliency", "mit"]


def _divergences(p: Maps, q: Maps, *, variant: Divergence = "mit") -> Values:
    r"""Return all divergences with one logarithm for each map on each side.

    For "mit" they are :math:`\sum Q \ln Q - \sum Q \ln(P + \epsilon)`. What is left out,
    :math:`\sum Q \ln(1 + \epsilon (P + \epsilon) / Q)`, is at most :math:`\epsilon \sum (P + \epsilon)`.
    """
    least, epsilon = (0.0, EPSILON) if variant == "mit" else (LEAST, 0.0)
    crossed, own = np.zeros((len(p), len(q))), np.zeros(len(q))
    for a, b in _blocks(np.divide, *both(functools.partial(_raised, least=least), p, q)):
        crossed += np.log(a + epsilon) @ b.T
        own += np.einsum("ij,ij->i", b, np.log(np.maximum(b, TINY)))
    return own - crossed


def _blocks(change: Callable[[Values, Values], Values], p: Side, q: Side) -> Iterator[tuple[Values, Values]]:
    """Yield some columns of both sides at a time, changed by a number for each row.

    What is made of so few never leaves the processor's cache; what is made of whole maps is too large for it.
    """
    for start in range(0, p[0][0].size, BLOCK):
        yield both(functools.partial(_cut, change, slice(start, start + BLOCK)), p, q)


def _cut(change: Callable[[Values, Values], Values], columns: slice, side: Side) -> Values:
    rows, numbers = side
    return change(np.stack([row[columns] for row in rows]), numbers)


def _raised(maps: Maps, *, least: float = 0.0, always: bool = False) -> Side:
    """Return maps as rows, and their sums: none is negative, and one that is all 0 is all 1."""
    rows = []
    for s in maps:
        low = s.min()
        row = s.ravel() - low if always or low < 0 else s.ravel()
        row = row + least if least else row
        rows.append(row if row.any() else np.ones(row.size))
    return rows, np.array([[row.sum()] for row in rows])


@against_maps(_divergences)
def kl_divergence(priority: ArrayLike, empirical: ArrayLike, *, variant: Divergence = "mit") -> float:
    r"""Return how much is lost when a map stands for another, in nats.

    With both divided by their sums, P the priority and Q the empirical map,

    .. math::
        \text{mit:} \sum Q \ln\left(\epsilon + \frac{Q}{P + \epsilon}\right), \qquad
        \text{pysaliency:} \sum Q \ln \frac{Q}{P},

    where pysaliency adds :math:`10^{-20}` to both maps before it divides by their sums.

    Parameters
    ----------
    priority, empirical : (H, W)
        If a number is negative, the smallest is taken off first.
    variant : {"mit", "pysaliency"}
        What is done about 0; ε is 2.2e-16.

    Returns
    -------
    float
        At least 0 up to about ε for "mit"; 0 if the maps are the same.

    Raises
    ------
    RequestError
        If shapes differ or a number is missing.

    References
    ----------
    Kullback & Leibler 1951, doi:10.1214/aoms/1177729694; Bylinskii et al. 2019, arXiv:1604.03605.

    Examples
    --------
    >>> kl_divergence([[1, 1]], [[0, 1]]).__round__(4)
    0.6931
    """
    p, q = _both(priority, empirical)
    if variant == "mit":
        p, q = density(p), density(q)
        return float((q * np.log(EPSILON + q / (p + EPSILON))).sum())
    p, q = (density(each - min(each.min(), 0.0) + LEAST) for each in (p, q))
    return float((q * (np.log(q) - np.log(p))).sum())


def _correlations(p: Maps, q: Maps) -> Values:
    found, p_square, q_square = np.zeros((len(p), len(q))), np.zeros(len(p)), np.zeros(len(q))
    for a, b in _blocks(np.subtract, *both(_means, p, q)):
        found += a @ b.T
        squares = both(lambda rows: np.einsum("ij,ij->i", rows, rows), a, b)
        p_square += squares[0]
        q_square += squares[1]
    p_flat, q_flat = both(lambda maps: [s.min() == s.max() for s in maps], p, q)
    p_square[p_flat], q_square[q_flat] = np.nan, np.nan
    return np.asarray(found / np.sqrt(np.outer(p_square, q_square)))


def _means(maps: Maps) -> Side:
    return [s.ravel() for s in maps], np.array([[s.mean()] for s in maps])


@against_maps(_correlations)
def correlation(priority: ArrayLike, empirical: ArrayLike) -> float:
    """Return Pearson's correlation of two maps, CC.

    Parameters
    ----------
    priority, empirical : (H, W)
        Maps.

    Returns
    -------
    float
        From -1 to 1; NaN if one is flat.

    Raises
    ------
    RequestError
        If shapes differ or a number is missing.

    References
    ----------
    Bylinskii et al. 2019, arXiv:1604.03605.

    Examples
    --------
    >>> correlation([[0, 1, 2]], [[1, 3, 5]])
    1.0
    """
    p, q = _both(priority, empirical)
    if p.min() == p.max() or q.min() == q.max():
        return float("nan")
    p, q = p - p.mean(), q - q.mean()
    pq, pp, qq = (np.einsum("ij,ij->", a, b) for a, b in ((p, q), (p, p), (q, q)))
    return float(pq / np.sqrt(pp * qq))


def _similarities(p: Maps, q: Maps, *, variant: Overlap = "pysaliency") -> Values:
    from neurogate.backends.numba_cpu.areas import overlaps

    found = np.zeros((len(p), len(q)))
    for a, b in _blocks(np.divide, *both(functools.partial(_raised, always=variant == "mit"), p, q)):
        found += overlaps(a, b)
    return found


@against_maps(_similarities)
def similarity(priority: ArrayLike, empirical: ArrayLike, *, variant: Overlap = "pysaliency") -> float:
    """Return the overlap of two maps that are divided by their sums, SIM: the sum of the smaller of the two.

    Parameters
    ----------
    priority, empirical : (H, W)
        Maps.
    variant : {"pysaliency", "mit"}
        "mit" takes off the minimum first, "pysaliency" only if it is negative.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    RequestError
        If shapes differ or a number is missing.

    References
    ----------
    Judd et al. 2012, MIT-CSAIL-TR-2012-001; Bylinskii et al. 2019, arXiv:1604.03605.

    Examples
    --------
    >>> similarity([[1, 1]], [[0, 1]]), similarity([[1, 2]], [[1, 3]], variant="mit")
    (0.5, 1.0)
    """
    p, q = _both(priority, empirical)
    if variant == "mit":
        p, q = p - p.min(), q - q.min()
    return float(np.minimum(density(p), density(q)).sum())


def _both(priority: ArrayLike, empirical: ArrayLike) -> tuple[Values, Values]:
    p, q = checked_map(priority), checked_map(empirical, "empirical")
    fits(p.shape == q.shape, "both maps must have one shape", priority=p, empirical=q)
    return p, q
