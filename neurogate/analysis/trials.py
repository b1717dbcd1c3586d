"""What analyses of repeated trials share: the check of their activity, folds, and activity without a clock.

Activity is an array of trials, time bins and neurons (S, T, N), in any unit. What is measured on it lives
in :mod:`neurogate.analysis.decoding`, :mod:`neurogate.analysis.sequences` and
:mod:`neurogate.analysis.elapsed_time`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError

__all__ = ["as_rates", "as_trials", "circularly_shifted", "stratified_folds"]


def as_trials(activity: ArrayLike, least: int = 2) -> NDArray[np.float64]:
    """Return activity as an array of trials, time bins and neurons, or say what is wrong with it.

    Parameters
    ----------
    activity : (S, T, N)
        Trials, time bins, neurons; any unit.
    least : int
        Smallest number of trials S.

    Returns
    -------
    (S, T, N) float64
        The activity.

    Raises
    ------
    RequestError
        If trials differ in length, there are not three axes, an axis is empty, trials are too few, or a value
        is not finite.

    Examples
    --------
    >>> as_trials([[[1, 2]], [[3, 4]]]).shape
    (2, 1, 2)
    """
    try:
        array = np.asarray(activity, dtype=np.float64)
    except ValueError as problem:
        raise RequestError(
            "activity is no array of numbers: trials differ in shape, or hold something else. "
            "Give all trials the same time bins and neurons."
        ) from problem
    if array.ndim != 3 or not array.size or len(array) < least:
        raise RequestError(
            f"activity has shape {array.shape}. "
            f"Give trials x time bins x neurons, none of them empty, with at least {least} trials."
        )
    if not np.isfinite(array).all():
        trial, time, neuron = np.argwhere(~np.isfinite(array))[0]
        raise RequestError(
            f"activity is {array[trial, time, neuron]} in trial {trial}, time bin {time}, neuron {neuron}. "
            "Only finite values have a meaning here; leave that trial or that neuron out."
        )
    return array


def as_rates(activity: ArrayLike, least: int = 2) -> NDArray[np.float64]:
    """Return activity as `as_trials` does, and see to it that none is negative.

    Parameters
    ----------
    activity : (S, T, N)
        Spike counts or rates of trials, time bins, neurons.
    least : int
        Smallest number of trials S.

    Returns
    -------
    (S, T, N) float64
        The activity.

    Raises
    ------
    RequestError
        As `as_trials`, or if a value is negative.

    Examples
    --------
    >>> as_rates([[[1, 0]], [[3, 4]]]).tolist()
    [[[1.0, 0.0]], [[3.0, 4.0]]]
    """
    rates = as_trials(activity, least)
    if rates.min() < 0:
        raise RequestError(
            f"activity is as low as {rates.min():g}. Ratios of rates have a meaning from 0 up only; "
            "give spike counts or rates, before a mean is taken off."
        )
    return rates


def stratified_folds(labels: ArrayLike, folds: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Deal the trials of every class to folds in turn, like cards.

    Nothing is drawn: the i-th trial of a class is in fold i modulo `folds`.

    Parameters
    ----------
    labels : (S,)
        Class of each trial; numbers or words.
    folds : int
        Number of folds, at least 2.

    Returns
    -------
    member : (S,) int64
        Class of each trial as a number from 0, in the order of the sorted labels.
    fold : (S,) int64
        Fold of each trial, from 0 to folds - 1.

    Raises
    ------
    RequestError
        If there are fewer than two folds or classes, or a class with fewer trials than folds.

    Examples
    --------
    >>> [part.tolist() for part in stratified_folds(["b", "a", "a", "b", "a"], folds=2)]
    [[1, 0, 0, 1, 0], [0, 0, 1, 1, 0]]
    """
    names, member, count = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)
    if folds < 2:
        raise RequestError(f"folds is {folds}. Training and testing on different trials needs at least 2.")
    if len(names) < 2:
        raise RequestError(f"All {member.size} labels are equal. Telling classes apart needs at least two.")
    if count.min() < folds:
        rarest = names[count.argmin()]
        raise RequestError(
            f"Class {rarest} has {count.min()} trial(s), fewer than the {folds} folds. "
            "Give more trials, leave that class out, or lower folds."
        )
    order = np.argsort(member, kind="stable")
    rank = np.empty(member.size, dtype=np.int64)
    rank[order] = np.arange(member.size) - np.repeat(np.cumsum(count) - count, count)
    return member.astype(np.int64), rank % folds


def circularly_shifted(
    rng: np.random.Generator, activity: ArrayLike, *, together: bool = False
) -> NDArray[np.float64]:
    r"""Return activity that has lost its relation to time but kept its course.

    .. math:: \tilde x_{s,t,i} = x_{s,\,(t + \Delta_{s,i}) \bmod T,\,i},
              \qquad \Delta \sim U\{0, \dots, T - 1\}

    A statistic of many such surrogates is its null: what it is for the same rates, variances and
    autocorrelations in the absence of a common clock.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the shifts; it is advanced.
    activity : (S, T, N)
        Trials, time bins, neurons.
    together : bool
        Whether the neurons of a trial share one shift (correlations between neurons stay) or each has its
        own (only each neuron's own course stays).

    Returns
    -------
    (S, T, N) float64
        A surrogate.

    Raises
    ------
    RequestError
        If `activity` is no array of trials (see `as_trials`).

    Examples
    --------
    >>> shifted = circularly_shifted(np.random.default_rng(1), [[[1.0], [2.0], [3.0]]])
    >>> shifted[0, :, 0].tolist()
    [2.0, 3.0, 1.0]
    """
    array = as_trials(activity, least=1)
    trials, bins, neurons = array.shape
    shift = rng.integers(bins, size=(trials, 1, 1 if together else neurons))
    place = (np.arange(bins)[:, None] + shift) % bins
    return np.take_along_axis(array, place, axis=1)
