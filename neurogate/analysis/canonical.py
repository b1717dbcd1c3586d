"""Canonical correlations: what two activities have in common, whatever their neurons.

Angles and alignment compare activities of the same neurons. Here two sets of variables that were recorded
together are compared: two populations, two networks in the same trials, activity and behaviour.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.samples import centred
from neurogate.errors import RequestError

__all__ = ["CanonicalCorrelations", "canonical_correlations", "shuffled_correlations"]


class CanonicalCorrelations(NamedTuple):
    """Pairs of directions along which two activities are most correlated.

    Attributes
    ----------
    correlations : (m,) float64
        From 0 to 1, falling.
    a_mean, b_mean : (N,), (M,) float64
        Means of the samples.
    a_weights, b_weights : (m, N), (m, M) float64
        ``(a - a_mean) @ a_weights.T`` are the canonical variates: of unit variance (divisor S - 1) and
        uncorrelated, except for each with its partner.
    """

    correlations: NDArray[np.float64]
    a_mean: NDArray[np.float64]
    b_mean: NDArray[np.float64]
    a_weights: NDArray[np.float64]
    b_weights: NDArray[np.float64]


def canonical_correlations(a: ArrayLike, b: ArrayLike, dims: int | None = None) -> CanonicalCorrelations:
    r"""Return the canonical correlations of two activities.

    With orthonormal bases :math:`Q_a, Q_b` of the columns of the centred samples, the correlations are
    the singular values of :math:`Q_a^T Q_b`: the cosines of the angles between what the two activities
    do over samples.

    Parameters
    ----------
    a : (..., N)
        Activity; all axes but the last are pooled.
    b : (..., M)
        Activity in the same samples.
    dims : int, optional
        Reduce each side to so many principal components first. Give it when there are many neurons:
        the correlations grow with the number of dimensions, and are 1 if that exceeds the samples.

    Returns
    -------
    CanonicalCorrelations
        m is the smaller number of directions in which a side varies, `dims` at most. A neuron that is
        constant has weight 0; if a side does not vary at all, m is 0.

    Raises
    ------
    RequestError
        If the samples disagree, a value is not finite, or there are fewer samples than
        the directions of both sides together and one more, so that the correlations say nothing of the data.

    References
    ----------
    Hotelling H (1936). doi:10.1093/biomet/28.3-4.321
    Björck Å, Golub GH (1973). doi:10.1090/S0025-5718-1973-0348991-3
    Gallego JA et al. (2020). doi:10.1038/s41593-019-0555-4

    Examples
    --------
    >>> a = np.random.default_rng(0).standard_normal((50, 3))
    >>> b = a @ [[1.0, 2.0], [0.0, 1.0], [3.0, 0.0]]
    >>> canonical_correlations(a, b).correlations.round(6).tolist()
    [1.0, 1.0]
    """
    _same_samples(a, b)
    (a_mean, first), (b_mean, second) = centred(a, "a"), centred(b, "b")
    (a_scores, a_map), (b_scores, b_map) = (_whitened(each, dims) for each in (first, second))
    _enough_samples(len(first), len(a_map), len(b_map))
    left, correlations, right = np.linalg.svd(a_scores.T @ b_scores, full_matrices=False)
    spread = np.sqrt(len(first) - 1)
    return CanonicalCorrelations(
        correlations.clip(0, 1), a_mean, b_mean, spread * (left.T @ a_map), spread * (right @ b_map)
    )


def shuffled_correlations(
    rng: np.random.Generator, a: ArrayLike, b: ArrayLike, draws: int, dims: int | None = None
) -> NDArray[np.float64]:
    """Draw the canonical correlations of activities whose trials are paired at random.

    The first axis of `b` is permuted, so that time within a trial stays: with (trials, T, N), the time
    course that all trials share survives and the null is strict. Samples in time that are pooled
    already are not exchangeable, and make the null too low.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the draws; it is advanced.
    a : (trials, ..., N)
        Activity.
    b : (trials, ..., M)
        Activity in the same trials.
    draws : int
        Number of draws.
    dims : int, optional
        As in `canonical_correlations`.

    Returns
    -------
    (draws, m) float64
        Correlations under the null, falling in each row.

    Raises
    ------
    RequestError
        As `canonical_correlations`.

    References
    ----------
    Winkler AM et al. (2020). doi:10.1016/j.neuroimage.2020.117065

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> a = rng.standard_normal((60, 2))
    >>> bool(shuffled_correlations(rng, a, a + 1.0, draws=50).max() < 0.7)
    True
    """
    _same_samples(a, b)
    (first, _), (second, _) = (_whitened(centred(each, name)[1], dims) for each, name in ((a, "a"), (b, "b")))
    _enough_samples(len(first), first.shape[1], second.shape[1])
    trials = second.reshape(*np.shape(b)[:-1], second.shape[1])
    drawn = [first.T @ rng.permutation(trials).reshape(second.shape) for _ in range(draws)]
    cross = np.reshape(drawn, (draws, first.shape[1], second.shape[1]))
    return np.asarray(np.linalg.svd(cross, compute_uv=False).clip(0, 1))


def _whitened(
    deviations: NDArray[np.float64], dims: int | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return an orthonormal basis of the columns, and the map that makes it of them."""
    size = np.abs(deviations).max() or 1.0
    basis, scale, axes = np.linalg.svd(deviations / size, full_matrices=False)
    rank = int((scale > scale[0] * max(deviations.shape) * np.finfo(np.float64).eps).sum())
    if dims is not None and dims < 1:
        raise RequestError(f"dims is {dims}. Give at least 1, or leave it out to use all directions.")
    kept = rank if dims is None else min(dims, rank)
    return basis[:, :kept], axes[:kept] / (size * scale[:kept, None])


def _same_samples(a: ArrayLike, b: ArrayLike) -> None:
    if np.shape(a)[:-1] != np.shape(b)[:-1]:
        raise RequestError(
            f"a has shape {np.shape(a)} and b {np.shape(b)}. Give both in the same samples: "
            "all axes but the last must agree."
        )


def _enough_samples(samples: int, a_dims: int, b_dims: int) -> None:
    if samples - 1 < a_dims + b_dims and a_dims and b_dims:
        raise RequestError(
            f"{samples} samples that vary in {a_dims} and {b_dims} directions are correlated by 1 whatever "
            f"they are. Give at least {a_dims + b_dims + 1} samples, or reduce the sides with dims."
        )
