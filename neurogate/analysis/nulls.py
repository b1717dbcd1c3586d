"""What angle between readouts to expect by chance.

In high dimension two random subspaces are nearly orthogonal by themselves, so an angle near 90 degrees
says nothing until it is compared with a null. Here live four, from weak to strong: directions drawn from the
whole space, from the components that hold most of the activity, with the covariance of the activity, and as
random sums of the traces that each readout reads. The angles come from :mod:`neurogate.analysis.subspaces`;
nulls of other statistics are made in :mod:`neurogate.analysis.surrogates`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.subspaces import dimensions_for, principal_angles, principal_components
from neurogate.errors import RequestError

__all__ = [
    "covariance_angles",
    "isotropic_angles",
    "leading_angles",
    "summary",
    "tail_fraction",
    "trace_sum_angles",
]


def isotropic_angles(
    rng: np.random.Generator, n: int, dims_a: int, dims_b: int, draws: int
) -> NDArray[np.float64]:
    r"""Draw the smallest angle between two uniformly random subspaces.

    For a vector against K directions, :math:`\cos^2\theta \sim \mathrm{Beta}(K/2, (n - K)/2)`.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the draws; it is advanced.
    n : int
        Dimension of the space: the number of neurons or, for a stronger null, of the principal
        components that hold most of the variance.
    dims_a, dims_b : int
        Dimensions of the two subspaces, from 1 to n.
    draws : int
        Number of draws.

    Returns
    -------
    (draws,) float64
        Smallest principal angles in degrees.

    Raises
    ------
    RequestError
        If a dimension is out of range.

    References
    ----------
    Absil PA, Edelman A, Koev P (2006). doi:10.1016/j.laa.2005.10.004

    Examples
    --------
    >>> angles = isotropic_angles(np.random.default_rng(0), n=1000, dims_a=1, dims_b=2, draws=200)
    >>> 87 < float(angles.mean()) < 88.5
    True
    """
    if not (1 <= dims_a <= n and 1 <= dims_b <= n):
        raise RequestError(
            f"Subspaces of {dims_a} and {dims_b} dimensions were asked for in a space of {n}. "
            f"Give dimensions from 1 to {n}."
        )
    return _smallest(rng.standard_normal((draws, dims_a, n)), rng.standard_normal((draws, dims_b, n)))


def leading_angles(
    rng: np.random.Generator,
    samples: ArrayLike,
    dims_a: int,
    dims_b: int,
    draws: int,
    fraction: float = 0.9,
) -> NDArray[np.float64]:
    r"""Draw the angle between random subspaces of the components that hold most of an activity.

    All of these components count the same, all others nothing: readouts that keep to where there is
    activity, but ignore how much. Few samples span few directions, in which random subspaces meet more; give
    many more than the activity has dimensions.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the draws; it is advanced.
    samples : (S, N)
        Activity.
    dims_a, dims_b : int
        Dimensions of the two subspaces.
    draws : int
        Number of draws.
    fraction : float
        Fraction of the variance that the components hold, above 0 and at most 1.

    Returns
    -------
    (draws,) float64
        Smallest principal angles in degrees.

    Raises
    ------
    RequestError
        If the samples do not vary, or fewer components hold the fraction than the subspaces need.

    References
    ----------
    Absil PA, Edelman A, Koev P (2006). doi:10.1016/j.laa.2005.10.004

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> activity = rng.standard_normal((200, 30)) * ([1.0] * 3 + [0.01] * 27)
    >>> 40 < float(leading_angles(rng, activity, 1, 1, draws=400).mean()) < 70
    True
    """
    variances = principal_components(_centred(samples, max(dims_a, dims_b))).variances
    return isotropic_angles(rng, dimensions_for(variances, fraction), dims_a, dims_b, draws)


def covariance_angles(
    rng: np.random.Generator, samples: ArrayLike, dims_a: int, dims_b: int, draws: int
) -> NDArray[np.float64]:
    r"""Draw the angle between random subspaces that both follow the covariance of an activity.

    .. math:: a_i, b_j \sim N(0, C)

    so that both prefer the directions in which the activity varies most, and meet there. Few samples span
    few directions; give many more than the activity has dimensions.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the draws; it is advanced.
    samples : (S, N)
        Activity with covariance `C`.
    dims_a, dims_b : int
        Dimensions of the two subspaces.
    draws : int
        Number of draws.

    Returns
    -------
    (draws,) float64
        Smallest principal angles in degrees.

    Raises
    ------
    RequestError
        If the samples do not vary, or are no more than the dimensions.

    References
    ----------
    Elsayed GF et al. (2016). doi:10.1038/ncomms13239

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> activity = rng.standard_normal((40, 6)) * [9.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    >>> both = covariance_angles(rng, activity, 1, 2, draws=200)
    >>> bool(both.mean() < leading_angles(rng, activity, 1, 2, draws=200, fraction=0.99).mean())
    True
    """
    deviations, _ = _centred(samples, dims_a), _centred(samples, dims_b)
    return _smallest(_sums(rng, deviations, dims_a, draws), _sums(rng, deviations, dims_b, draws))


def trace_sum_angles(
    rng: np.random.Generator, when_traces: ArrayLike, what_traces: ArrayLike, dims: int, draws: int
) -> NDArray[np.float64]:
    r"""Draw the angle between readouts that are random sums of their own traces.

    .. math:: w = (H - \bar H)^T g, \qquad W_k = (X - \bar X)^T g_k, \qquad g \sim N(0, 1)

    so that `w` and every `W_k` have exactly the covariance of the traces that a rule learns from: what a
    rule would reach if its errors were noise.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the draws; it is advanced.
    when_traces : (S, N)
        Samples of the traces that the one *when* readout reads.
    what_traces : (S', N)
        Samples of the traces that the *what* readouts read; without the constant input.
    dims : int
        Number of *what* readouts.
    draws : int
        Number of draws.

    Returns
    -------
    (draws,) float64
        Smallest principal angle between the *when* vector and the *what* subspace, in degrees.

    Raises
    ------
    RequestError
        If the traces disagree in N, do not vary, or vary in fewer than `dims` directions.

    References
    ----------
    Elsayed GF, Cunningham JP (2017). doi:10.1038/nn.4617

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> traces = rng.standard_normal((40, 6)) * [9.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    >>> shared = trace_sum_angles(rng, traces, traces, dims=2, draws=200)
    >>> bool(shared.mean() < isotropic_angles(rng, 6, 1, 2, draws=200).mean())
    True
    """
    when, what = _centred(when_traces, 1), _centred(what_traces, dims)
    if when.shape[1] != what.shape[1]:
        raise RequestError(
            f"when_traces has {when.shape[1]} columns and what_traces {what.shape[1]}. "
            "Give one column per neuron in both, without the constant input."
        )
    return _smallest(_sums(rng, when, 1, draws), _sums(rng, what, dims, draws))


def _centred(traces: ArrayLike, dims: int) -> NDArray[np.float64]:
    matrix = np.asarray(traces, dtype=np.float64)
    if not np.isfinite(matrix).all():
        raise RequestError("Traces hold NaN or infinity. Leave these samples out, or look for divergence.")
    if dims < 1:
        raise RequestError(f"A subspace of {dims} dimensions was asked for. Give at least 1.")
    if matrix.ndim != 2 or len(matrix) <= dims or not np.ptp(matrix, axis=0).any():
        raise RequestError(
            f"Traces of shape {matrix.shape} do not span {dims} direction(s). "
            f"Give a matrix (S, N) with at least {dims + 1} rows that vary."
        )
    return np.asarray(matrix - matrix.mean(axis=0))


def _sums(
    rng: np.random.Generator, centred: NDArray[np.float64], dims: int, draws: int
) -> NDArray[np.float64]:
    """Return (draws, dims, N) random Gaussian sums of the rows of `centred`."""
    weights = rng.standard_normal((draws * dims, len(centred)))
    sums: NDArray[np.float64] = (weights @ centred).reshape(draws, dims, -1)
    return sums


def _smallest(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the smallest principal angle of each pair of matrices: all at once if they have full rank."""
    (small, whole), (large, also) = sorted((_bases(a), _bases(b)), key=lambda pair: pair[0].shape[1])
    if not (whole and also):
        each = [float(principal_angles(p, q)[0]) for p, q in zip(a, b, strict=True)]
        return np.array(each, dtype=np.float64)
    overlap = small @ large.transpose(0, 2, 1)
    cosine = np.linalg.svd(overlap, compute_uv=False)[:, 0]
    sine = np.linalg.svd(small - overlap @ large, compute_uv=False)[:, -1]
    theta = np.where(cosine**2 > 0.5, np.arcsin(sine.clip(0, 1)), np.arccos(cosine.clip(0, 1)))
    return np.asarray(np.rad2deg(theta))


def _bases(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], bool]:
    """Return an orthonormal basis of each row space, and whether all have full rank."""
    largest = np.abs(rows).max(axis=2, keepdims=True)
    if not largest.all():
        return rows, False
    _, scale, basis = np.linalg.svd(rows / largest, full_matrices=False)
    least = scale[:, :1] * max(rows.shape[1:]) * np.finfo(np.float64).eps
    return basis, bool((scale > least).all())


def summary(draws: ArrayLike) -> dict[str, float]:
    """Return the mean and the 5th and 95th percentiles of a null.

    Parameters
    ----------
    draws : (draws,)
        Values of the statistic under the null.

    Returns
    -------
    dict
        ``mean``, ``p5`` and ``p95`` in the unit of the draws.

    Examples
    --------
    >>> summary(range(101))
    {'mean': 50.0, 'p5': 5.0, 'p95': 95.0}
    """
    values = np.asarray(draws, dtype=np.float64)
    low, high = np.percentile(values, [5, 95])
    return {"mean": float(values.mean()), "p5": float(low), "p95": float(high)}


def tail_fraction(null: ArrayLike, value: float) -> float:
    r"""Return how often a null is at least as large as what was observed.

    .. math:: p = \frac{1 + \#\{x_i \ge v\}}{1 + n}

    The observation counts as one draw, so that the fraction is a valid one-sided p value and never 0.

    Parameters
    ----------
    null : (n,)
        Values of the statistic under the null.
    value : float
        Observed value, in the same unit; NaN gives NaN.

    Returns
    -------
    float
        From 1 / (1 + n) to 1.

    References
    ----------
    Phipson B, Smyth GK (2010). doi:10.2202/1544-6115.1585

    Examples
    --------
    >>> tail_fraction([80.0, 85.0, 88.0], 86.0)
    0.5
    """
    values = np.asarray(null, dtype=np.float64)
    return float("nan") if np.isnan(value) else float((1 + (values >= value).sum()) / (1 + values.size))
