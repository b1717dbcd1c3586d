"""Angles between subspaces, principal components and the dimension of activity.

A subspace is given by the **rows** of a matrix (one readout, pattern or component per row, one column
per neuron), which is how readout weights are stored. Whether an angle is surprising is the question of
:mod:`neurogate.analysis.nulls`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.samples import centred
from neurogate.errors import RequestError

__all__ = [
    "PrincipalComponents",
    "angle_between",
    "dimensions_for",
    "participation_ratio",
    "principal_angles",
    "principal_components",
    "row_bases",
    "row_basis",
]


def principal_angles(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    r"""Return the principal angles between the row spaces of two matrices.

    With orthonormal bases :math:`Q_a, Q_b`, :math:`\cos\theta_i = \sigma_i(Q_a Q_b^T)` and
    :math:`\sin\theta_i = \sigma_i(Q_a - Q_a Q_b^T Q_b)`. The sine is used below 45 degrees, where the
    cosine would lose half of the digits.

    Parameters
    ----------
    a : (p, N)
        Rows span the first subspace; they need be neither normalised nor independent.
    b : (q, N)
        Rows span the second subspace.

    Returns
    -------
    (m,) float64
        Angles in degrees, from 0 to 90, ascending; m is the smaller of the two ranks.

    Raises
    ------
    RequestError
        If the matrices disagree in N or hold a value that is not finite.

    References
    ----------
    Björck Å, Golub GH (1973). doi:10.1090/S0025-5718-1973-0348991-3
    Knyazev AV, Argentati ME (2002). doi:10.1137/S1064827500377332

    Examples
    --------
    >>> principal_angles([[1.0, 0.0, 0.0]], [[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]).round(6).tolist()
    [45.0]
    """
    if np.ndim(a) != 2 or np.ndim(b) != 2 or np.shape(a)[1] != np.shape(b)[1]:
        raise RequestError(
            f"a has shape {np.shape(a)} and b {np.shape(b)}. "
            "Give two matrices with one row per direction and the same number of columns."
        )
    small, large = sorted((row_basis(a), row_basis(b)), key=len)
    if not len(small):
        return np.empty(0)
    overlap = small @ large.T
    cosine = np.linalg.svd(overlap, compute_uv=False)
    sine = np.linalg.svd(small - overlap @ large, compute_uv=False)[::-1]
    theta = np.where(cosine**2 > 0.5, np.arcsin(sine.clip(0, 1)), np.arccos(cosine.clip(0, 1)))
    return np.asarray(np.rad2deg(theta))


def row_basis(rows: ArrayLike) -> NDArray[np.float64]:
    """Return an orthonormal basis of the row space of a matrix.

    A row's length says nothing about its direction, so each is scaled before it is judged whether the
    rows are independent.

    Parameters
    ----------
    rows : (p, N)
        Directions; they need be neither normalised nor independent.

    Returns
    -------
    (r, N) float64
        Orthonormal rows; r is the rank.

    Raises
    ------
    RequestError
        If this is no matrix or a value is not finite.

    Examples
    --------
    >>> abs(row_basis([[0.0, 2.0], [0.0, -1.0], [0.0, 0.0]])).round(6).tolist()
    [[0.0, 1.0]]
    """
    matrix = np.asarray(rows, dtype=np.float64)
    if matrix.ndim != 2:
        raise RequestError(f"rows has shape {matrix.shape}. Give a matrix with one row per direction.")
    if not np.isfinite(matrix).all():
        raise RequestError("A matrix holds NaN or infinity. Angles need finite values; look for divergence.")
    matrix = matrix[matrix.any(axis=1)]
    if not matrix.size:
        return matrix
    bases, rank = row_bases(matrix)
    return bases[:rank]


def row_bases(rows: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return orthonormal bases of the row spaces of many matrices at once.

    As `row_basis` of each, but of one shape: rows of zeros stand where a rank is smaller than it could be.

    Parameters
    ----------
    rows : (..., p, N)
        Finite; rows of zeros are no directions.

    Returns
    -------
    bases : (..., m, N) float64
        Of orthonormal rows first, then of zeros; m is the smaller of p and N.
    ranks : (...) int
        How many rows are not zeros.

    Examples
    --------
    >>> bases, ranks = row_bases([[[0.0, 2.0], [0.0, -1.0]], [[1.0, 0.0], [0.0, 1.0]], [[0.0, 0.0]] * 2])
    >>> bases.shape, ranks.tolist()
    ((3, 2, 2), [1, 2, 0])
    """
    given = np.asarray(rows, dtype=np.float64)
    size = np.abs(given).max(axis=-1, keepdims=True)
    scaled = np.divide(given, size, out=np.zeros(given.shape), where=size > 0)
    _, scale, basis = np.linalg.svd(scaled, full_matrices=False)
    kept = scale > scale[..., :1] * max(given.shape[-2:]) * np.finfo(np.float64).eps
    return basis * kept[..., None], kept.sum(axis=-1)


def angle_between(u: ArrayLike, subspace: ArrayLike) -> float:
    r"""Return the angle between a vector and a subspace.

    .. math:: \theta = \arccos \frac{\lVert P u \rVert}{\lVert u \rVert}

    where `P` projects onto the subspace: the smallest angle between `u` and any vector in it.

    Parameters
    ----------
    u : (N,)
        Vector, for example the *when* weights.
    subspace : (K, N)
        Rows span the subspace, for example the *what* weights without their constant.

    Returns
    -------
    float
        Angle in degrees, from 0 to 90; NaN if `u` is zero or every row of `subspace` is.

    Raises
    ------
    RequestError
        If the shapes disagree or a value is not finite.

    Examples
    --------
    >>> round(angle_between([1.0, 1.0, 0.0], [[1.0, 0.0, 0.0], [0.0, 0.0, 2.0]]), 9)
    45.0
    >>> angle_between([0.0, 0.0], [[1.0, 0.0]])
    nan
    """
    angles = principal_angles(np.asarray(u)[None], subspace)
    return float(angles[0]) if angles.size else float("nan")


class PrincipalComponents(NamedTuple):
    """Orthogonal directions of greatest variance.

    Attributes
    ----------
    mean : (N,) float64
        Mean of the samples.
    components : (m, N) float64
        Orthonormal rows, by falling variance; the largest entry of each is positive.
    variances : (m,) float64
        Variance along each component (divisor S - 1), in the squared unit of the samples.
    """

    mean: NDArray[np.float64]
    components: NDArray[np.float64]
    variances: NDArray[np.float64]


def principal_components(samples: ArrayLike) -> PrincipalComponents:
    r"""Return the principal components of samples.

    The rows of `V` in the singular value decomposition :math:`X - \bar X = U S V`, with variances
    :math:`S^2 / (n - 1)`.

    Parameters
    ----------
    samples : (..., N)
        At least two samples; all axes but the last are pooled.

    Returns
    -------
    PrincipalComponents
        Mean, m = min(S, N) components and their variances.

    Raises
    ------
    RequestError
        If there are fewer than two samples, or one holds a value that is not finite.

    References
    ----------
    Jolliffe IT (2002). Principal component analysis. doi:10.1007/b98835

    Examples
    --------
    >>> found = principal_components([[0.0, 1.0], [2.0, 1.0], [4.0, 1.0]])
    >>> found.components[0].tolist(), found.variances.round(6).tolist()
    ([1.0, 0.0], [4.0, 0.0])
    """
    mean, deviations = centred(samples)
    _, scale, components = np.linalg.svd(deviations, full_matrices=False)
    largest = np.abs(components).argmax(axis=1)
    signs = np.where(components[np.arange(len(components)), largest] < 0, -1.0, 1.0)
    return PrincipalComponents(mean, components * signs[:, None], scale**2 / (len(deviations) - 1))


def dimensions_for(variances: ArrayLike, fraction: float = 0.9) -> int:
    """Return how many leading components hold at least a fraction of the variance.

    Parameters
    ----------
    variances : (m,)
        Variance of each component, falling.
    fraction : float
        Fraction of the total, above 0 and at most 1.

    Returns
    -------
    int
        Number of components, from 1 to m; 0 if there is no variance at all.

    Examples
    --------
    >>> dimensions_for([6.0, 3.0, 1.0], 0.9)
    2
    """
    total = np.cumsum(np.asarray(variances, dtype=np.float64))
    if not total.size or total[-1] <= 0:
        return 0
    reached = total >= fraction * total[-1] * (
        1 - 1e-12
    )  # 2 of 5 equal variances hold 0.4, whatever the rounding
    return int(reached.argmax()) + 1


def participation_ratio(samples: ArrayLike) -> float:
    r"""Return the effective number of dimensions that samples occupy.

    .. math:: \mathrm{PR} = \frac{(\sum_i \lambda_i)^2}{\sum_i \lambda_i^2}
              = \frac{(\mathrm{tr}\, C)^2}{\mathrm{tr}\, C^2}

    with :math:`\lambda` the eigenvalues of the covariance `C`: 1 on a line, N in a round cloud. It cannot be
    above S - 1, so of few samples it says how few they are.

    Parameters
    ----------
    samples : (..., N)
        At least two samples; all axes but the last are pooled.

    Returns
    -------
    float
        From 1 to min(S - 1, N); NaN if all samples are equal.

    Raises
    ------
    RequestError
        If there are fewer than two samples, or one holds a value that is not finite.

    References
    ----------
    Gao P et al. (2017). A theory of multineuronal dimensionality. doi:10.1101/214262

    Examples
    --------
    >>> round(participation_ratio([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]), 9)
    2.0
    """
    _, deviations = centred(samples)
    size = np.abs(deviations).max(initial=0.0)
    if size == 0:
        return float("nan")
    deviations = deviations / size
    wide = deviations.shape[0] < deviations.shape[1]
    gram = deviations @ deviations.T if wide else deviations.T @ deviations
    return float(np.trace(gram) ** 2 / (gram**2).sum())
