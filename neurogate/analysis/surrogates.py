"""Draw a statistic under a null: subspaces with the covariance of the data, shuffles, and what exceeds them.

Here live the tools that make a null of any statistic. The nulls of the angle between readouts live in
:mod:`neurogate.analysis.nulls`, with `summary` and `tail_fraction`, which compare a value with the draws.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.samples import centred
from neurogate.errors import RequestError

__all__ = ["above_null", "null_of", "random_subspaces", "shuffled"]


def null_of(
    statistic: Callable[[np.random.Generator], ArrayLike], rng: np.random.Generator, draws: int
) -> NDArray[np.float64]:
    """Draw a statistic many times, each time with a generator of its own.

    A draw depends on its number and on `rng` only, so that more draws change none of the first ones.

    Parameters
    ----------
    statistic : callable
        Takes a generator and returns the statistic of data that it has shuffled, drawn or simulated.
    rng : numpy.random.Generator
        Source of the draws; it spawns one generator for each.
    draws : int
        Number of draws, at least 1.

    Returns
    -------
    (draws, ...) float64
        Values of the statistic under the null.

    Raises
    ------
    RequestError
        If no draw is asked for.

    Examples
    --------
    >>> x, labels = np.arange(8.0), np.repeat([0, 1], 4)
    >>> def difference(labels):
    ...     return x[labels == 1].mean() - x[labels == 0].mean()
    >>> null = null_of(lambda rng: difference(shuffled(rng, labels)), np.random.default_rng(0), draws=99)
    >>> float(difference(labels)), bool(difference(labels) >= null.max())
    (4.0, True)
    """
    if draws < 1:
        raise RequestError(f"A null of {draws} draws was asked for. Ask for at least 1, better 100 or more.")
    return np.stack([np.asarray(statistic(each), dtype=np.float64) for each in rng.spawn(draws)])


def shuffled(
    rng: np.random.Generator, labels: ArrayLike, within: ArrayLike | None = None
) -> NDArray[np.generic]:
    """Return labels in random order, all together or each group by itself.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the order; it is advanced.
    labels : (S, ...)
        One label per trial, on the first axis.
    within : (S,), optional
        Group of each trial, for example its session or its cue: labels stay inside their group, so
        that what the groups differ in is the same under the null.

    Returns
    -------
    (S, ...)
        The same labels, permuted.

    Raises
    ------
    RequestError
        If there is not one group for each label.

    References
    ----------
    Good P (2005). Permutation, Parametric and Bootstrap Tests of Hypotheses. doi:10.1007/b138696

    Examples
    --------
    >>> shuffled(np.random.default_rng(2), [1, 2, 3, 7, 8, 9], within=list("aaabbb")).tolist()
    [3, 1, 2, 9, 8, 7]
    """
    values = np.asarray(labels)
    groups = np.zeros(len(values)) if within is None else np.asarray(within)
    if groups.shape != values.shape[:1]:
        raise RequestError(
            f"within has shape {groups.shape} and there are {len(values)} labels. Give one group for each."
        )
    result = values.copy()
    for group in np.unique(groups):
        place = np.flatnonzero(groups == group)
        result[place] = values[rng.permutation(place)]
    return result


def random_subspaces(
    rng: np.random.Generator, samples: ArrayLike, dims: int, draws: int
) -> NDArray[np.float64]:
    r"""Draw random subspaces that prefer the directions in which samples vary.

    .. math:: Q = \mathrm{orth}(g_1, \dots, g_k), \qquad g_i \sim N(0, C)

    with `C` the covariance of the samples: a null for any measure of a subspace that only asks which
    directions of an activity it takes.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the draws; it is advanced.
    samples : (..., N)
        Activity.
    dims : int
        Dimension `k` of each subspace.
    draws : int
        Number of draws.

    Returns
    -------
    (draws, dims, N) float64
        Orthonormal rows.

    Raises
    ------
    RequestError
        If the samples vary in fewer than `dims` directions.

    References
    ----------
    Elsayed GF et al. (2016). doi:10.1038/ncomms13239

    Examples
    --------
    >>> found = random_subspaces(np.random.default_rng(0), [[1.0, 0.0], [-1.0, 0.0]], dims=1, draws=3)
    >>> abs(found[:, 0]).tolist()
    [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]]
    """
    _, deviations = centred(samples)
    _, scale, axes = np.linalg.svd(deviations, full_matrices=False)
    rank = int((scale > scale[0] * max(deviations.shape) * np.finfo(np.float64).eps).sum())
    if not 1 <= dims <= rank:
        raise RequestError(
            f"Subspaces of {dims} dimension(s) were asked for, but the samples vary in {rank} direction(s). "
            f"Give more samples, or dims from 1 to {rank}."
            if rank
            else "All samples are equal, so that no direction is preferred. Look for silent neurons."
        )
    drawn = (rng.standard_normal((draws, dims, rank)) * scale[:rank] / scale[0]).transpose(0, 2, 1)
    basis, _ = np.linalg.qr(drawn)
    return np.asarray(basis.transpose(0, 2, 1) @ axes[:rank])


def above_null(
    course: ArrayLike, null: ArrayLike, level: float = 1.0, shortest: int = 1
) -> NDArray[np.bool_]:
    """Tell in which bins a time course exceeds its null for long enough.

    Parameters
    ----------
    course : (T,)
        Statistic in each bin.
    null : (draws, T)
        The same under the null.
    level : float
        Quantile of the null that must be exceeded: 1 for all draws.
    shortest : int
        How many bins in a row must exceed it; guards against the many comparisons of a time course.

    Returns
    -------
    (T,) bool
        True in runs of at least `shortest` bins; False where the course is NaN.

    Raises
    ------
    RequestError
        If the null has not one column for each bin, or `shortest` is below 1.

    References
    ----------
    Kobak D et al. (2016). Demixed principal component analysis of neural population data (100
    shuffles, all exceeded in 10 successive bins). doi:10.7554/eLife.10989

    Examples
    --------
    >>> above_null([0.9, 0.5, 0.9, 0.9], [[0.6, 0.6, 0.6, 0.6]], shortest=2).tolist()
    [False, False, True, True]
    """
    values, drawn = np.asarray(course, dtype=np.float64), np.asarray(null, dtype=np.float64)
    if values.ndim != 1 or drawn.shape[1:] != values.shape or not len(drawn) or shortest < 1:
        raise RequestError(
            f"course has shape {values.shape}, null {drawn.shape} and shortest is {shortest}. "
            "Give a course (T,), a null (draws, T) and shortest of at least 1."
        )
    exceeds = np.asarray(values > np.quantile(drawn, level, axis=0))
    start = np.flatnonzero(np.diff(exceeds, prepend=False, append=False))
    for first, stop in start.reshape(-1, 2):
        exceeds[first:stop] = stop - first >= shortest
    return exceeds
