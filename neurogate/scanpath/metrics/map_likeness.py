"""How alike two maps are: divergence, correlation, and overlap."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.attention.arrays import fits
from neurogate.scanpath.metrics.map_metric import against_maps
from neurogate.scanpath.metrics.metric import both
from neurogate.scanpath.metrics.priority import checked_map, density

__all__ = ["correlation", "kl_divergence", "similarity"]

Values = NDArray[np.float64]
EPSILON = float(np.finfo(np.float64).eps)
LEAST = 1e-20
Divergence = Literal["mit", "pysaliency"]
Overlap = Literal["pysaliency", "mit"]


def _divergences(p: Values, q: Values, *, variant: Divergence = "mit") -> Values:
    r"""Return all divergences with one logarithm for each map.

    For "mit" they are :math:`\sum Q \ln Q - \sum Q \ln(P + \epsilon)`. What is left out,
    :math:`\sum Q \ln(1 + \epsilon (P + \epsilon) / Q)`, is at most :math:`\epsilon \sum (P + \epsilon)`.
    """
    least, epsilon = (0.0, EPSILON) if variant == "mit" else (LEAST, 0.0)
    p, q = both(lambda maps: _raised(maps, least), p, q)
    p_sum, q_sum = p.sum(axis=1), q.sum(axis=1)
    logs = np.stack([_log(row, epsilon * total) for row, total in zip(p, p_sum, strict=True)])
    own = np.array([some @ np.log(some) for some in (row[row > 0] for row in q)])
    return np.asarray((own - logs @ q.T) / q_sum - np.log(q_sum) + np.log(p_sum)[:, None])


def _log(row: Values, more: float) -> Values:
    """Return logarithms of numbers and a little more; most of a map is often 0, and has the same one."""
    seen = row > 0
    found = np.full(row.shape, math.log(more) if more else 0.0)
    found[seen] = np.log(row[seen] + more)
    return found


def _raised(maps: Values, least: float = 0.0) -> Values:
    """Return rows that are maps but for a factor: none is negative, and one that is all 0 is all 1."""
    rows = maps.reshape(len(maps), -1)
    low = np.minimum(rows.min(axis=1, keepdims=True), 0.0)
    rows = rows - low if low.any() else rows
    rows = rows + least if least else rows
    empty = ~rows.any(axis=1, keepdims=True)
    return np.where(empty, 1.0, rows) if empty.any() else rows


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


def _correlations(p: Values, q: Values) -> Values:
    (a, a_norm), (b, b_norm) = both(_centred, p, q)
    return np.asarray(a @ b.T / np.outer(a_norm, b_norm))


def _centred(maps: Values) -> tuple[Values, Values]:
    """Return rows whose mean is 0, and their lengths, NaN of flat ones."""
    rows = maps.reshape(len(maps), -1)
    flat = rows.min(axis=1) == rows.max(axis=1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows, np.where(flat, np.nan, np.sqrt(np.einsum("ij,ij->i", rows, rows)))


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


def _similarities(p: Values, q: Values, *, variant: Overlap = "pysaliency") -> Values:
    from neurogate.backends.numba_cpu.areas import overlaps

    def shares(maps: Values) -> Values:
        rows = _raised(maps - maps.min(axis=(1, 2), keepdims=True) if variant == "mit" else maps)
        return np.asarray(rows / rows.sum(axis=1, keepdims=True))

    return overlaps(*both(shares, p, q))


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
