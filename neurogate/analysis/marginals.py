"""Split activity into what depends on one feature of the task, on another, on both, and on time alone.

Marginals are the analysis of variance of an activity: they sum to it and share no variance. Here they are
made of the means of conditions; components that keep them apart are found in
:mod:`neurogate.analysis.demixed`.

Single trials are an array (R, conditions..., T, N): R trials of each combination of conditions, time, and
neurons. Where a combination has fewer trials than another, the missing ones are NaN.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError

__all__ = ["TIME", "condition_means", "marginal_variances", "marginals", "noise_covariance", "present_trials"]

TIME = "time"
"""Name of the axis that joins each marginal with its interaction with time."""


def present_trials(trials: ArrayLike, least: int = 1) -> NDArray[np.bool_]:
    """Return which trials are there, or say what is wrong with them.

    Parameters
    ----------
    trials : (R, ..., T, N)
        Single trials; missing ones are NaN in all bins and neurons.
    least : int
        How many trials each condition must have.

    Returns
    -------
    (R, ...) bool
        False for those that are missing.

    Raises
    ------
    RequestError
        If a condition has too few trials, a trial is NaN in part, or a value is infinite.

    Examples
    --------
    >>> present_trials([[[1.0, 2.0]], [[float("nan"), float("nan")]]]).tolist()
    [True, False]
    """
    array = np.asarray(trials, dtype=np.float64)
    if array.ndim < 3 or not array.size:
        raise RequestError(f"trials has shape {array.shape}. Give (R, conditions..., T, N).")
    absent = np.isnan(array)
    there = np.asarray(~absent.any(axis=(-2, -1)))
    if np.isinf(array).any() or (there != ~absent.all(axis=(-2, -1))).any():
        raise RequestError(
            "A trial holds infinity, or NaN in some bins and neurons only. "
            "Make the whole trial NaN to leave it out, or look for divergence."
        )
    fewest = int(there.sum(axis=0).min())
    if fewest < least:
        raise RequestError(
            f"A condition has {fewest} trial(s), and at least {least} are needed in each. "
            "Give more trials, or fewer conditions."
        )
    return there


def condition_means(trials: ArrayLike, least: int = 1) -> NDArray[np.float64]:
    """Return the mean activity of each condition.

    Parameters
    ----------
    trials : (R, ..., T, N)
        Single trials, in any unit; missing ones are NaN in all bins and neurons.
    least : int
        How many trials each condition must have.

    Returns
    -------
    (..., T, N) float64
        Mean over the trials that are there.

    Raises
    ------
    RequestError
        If a condition has too few trials, a trial is NaN in part, or a value is infinite.

    Examples
    --------
    >>> absent = float("nan")
    >>> condition_means([[[[1.0]], [[5.0]]], [[[3.0]], [[absent]]]]).tolist()
    [[[2.0]], [[5.0]]]
    """
    array = np.asarray(trials, dtype=np.float64)
    there = present_trials(array, least)[..., None, None]
    return np.asarray(np.where(there, array, 0.0).sum(axis=0) / there.sum(axis=0))


def noise_covariance(trials: ArrayLike) -> NDArray[np.float64]:
    r"""Return the covariance of single trials around the means of their conditions.

    .. math:: C = \frac{1}{T \sum_c (n_c - 1)} \sum_{c, i, t} (x_{cit} - \bar x_{ct})(x_{cit} - \bar x_{ct})^T

    Parameters
    ----------
    trials : (R, ..., T, N)
        Single trials; missing ones are NaN in all bins and neurons.

    Returns
    -------
    (N, N) float64
        Covariance, in the squared unit of the trials.

    Raises
    ------
    RequestError
        If a condition has fewer than two trials, a trial is NaN in part, or a value is infinite.

    Examples
    --------
    >>> noise_covariance([[[1.0, 0.0]], [[3.0, 0.0]]]).tolist()
    [[2.0, 0.0], [0.0, 0.0]]
    """
    array = np.asarray(trials, dtype=np.float64)
    there = present_trials(array, least=2)
    deviations = (array - condition_means(array))[there].reshape(-1, array.shape[-1])
    freedom = array.shape[-2] * (there.sum(axis=0) - 1).sum()
    return np.asarray(deviations.T @ deviations / freedom)


def marginals(means: ArrayLike, axes: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    r"""Split activity into what each set of features, and no smaller one, explains.

    .. math:: X_\phi = \prod_{i \in \phi} (1 - E_i) \prod_{i \notin \phi} E_i \; X

    where :math:`E_i` averages over axis `i`. If an axis is called ``"time"``, each marginal is joined with
    its interaction with time, so that ``"what"`` is all that depends on *what*, at whatever time.

    Parameters
    ----------
    means : (..., N)
        Mean activity for each combination of features, each counting the same.
    axes : sequence of str
        Name of every axis but the last, for example ``("what", "probability", "time")``.

    Returns
    -------
    dict of str to (..., N) float64
        Marginals ``"what"``, ``"probability"``, ``"time"``, ``"what x probability"``: those of one feature
        first. With the mean over everything they sum to `means`, and the product of two of
        them, summed over all but neurons, is 0.

    Raises
    ------
    RequestError
        If there is not one name for each axis, a name is given twice, or a value is not finite.

    References
    ----------
    Kobak D et al. (2016). doi:10.7554/eLife.10989

    Examples
    --------
    >>> means = [[[0.0], [1.0]], [[2.0], [5.0]]]
    >>> for name, part in marginals(means, ("what", "time")).items():
    ...     print(name, part[..., 0].tolist())
    what [[-1.0, -2.0], [1.0, 2.0]]
    time [[-1.0, 1.0], [-1.0, 1.0]]
    """
    array = _named(means, axes)
    parts: dict[str, NDArray[np.float64]] = {}
    for size in range(1, len(axes) + 1):
        for features in itertools.combinations(range(len(axes)), size):
            names = [axes[axis] for axis in features]
            name = " x ".join(n for n in names if n != TIME) or TIME
            parts[name] = parts.get(name, 0.0) + _marginal(array, features)
    return parts


def marginal_variances(means: ArrayLike, axes: Sequence[str]) -> dict[str, float]:
    """Return the fraction of the variance of activity that each marginal holds.

    Parameters
    ----------
    means : (..., N)
        Mean activity for each combination of features.
    axes : sequence of str
        Name of every axis but the last, as in `marginals`.

    Returns
    -------
    dict of str to float
        Fractions that sum to 1; NaN if the activity is the same everywhere.

    Raises
    ------
    RequestError
        As `marginals`.

    References
    ----------
    Kobak D et al. (2016). doi:10.7554/eLife.10989

    Examples
    --------
    >>> shares = marginal_variances([[[0.0], [1.0]], [[2.0], [5.0]]], ("what", "time"))
    >>> {name: round(share, 3) for name, share in shares.items()}
    {'what': 0.714, 'time': 0.286}
    """
    parts = marginals(means, axes)
    size = max(np.abs(part).max() for part in parts.values()) or 1.0
    sums = {name: float(((part / size) ** 2).sum()) for name, part in parts.items()}
    total = math.fsum(sums.values())
    return {name: part / total if total else float("nan") for name, part in sums.items()}


def _named(means: ArrayLike, axes: Sequence[str]) -> NDArray[np.float64]:
    """Return the activity relative to its first sample, so that what is constant is exactly 0."""
    array = np.asarray(means, dtype=np.float64)
    if isinstance(axes, str) or array.ndim != len(axes) + 1 or len(set(axes)) != len(axes) or not array.size:
        raise RequestError(
            f"means has shape {array.shape} and axes is {axes!r}. "
            "Give a list with one name, each another, for every axis but the last, the neurons."
        )
    if not np.isfinite(array).all():
        raise RequestError(
            "A mean is NaN or infinite, and marginals need every combination of conditions. "
            "Leave out the condition that was never tried, or look for divergence."
        )
    return np.asarray(array - array.reshape(-1, array.shape[-1])[0])


def _marginal(array: NDArray[np.float64], features: Sequence[int]) -> NDArray[np.float64]:
    part = array
    for axis in range(array.ndim - 1):
        mean = part.mean(axis=axis, keepdims=True)
        part = part - mean if axis in features else mean
    return np.broadcast_to(part, array.shape)
