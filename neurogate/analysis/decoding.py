"""Which class a trial belongs to, read from its activity at one time by a decoder trained at another.

A code that stays is read by one decoder at all times; a code that moves only by a decoder of the same time.
Here live a regularised linear discriminant and cross-temporal decoding. Its null, shuffled labels, comes from
:mod:`neurogate.analysis.surrogates`; reading elapsed time lives in :mod:`neurogate.analysis.elapsed_time`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.shrinkage import solve_shrunk
from neurogate.analysis.trials import as_trials, stratified_folds
from neurogate.errors import RequestError

__all__ = [
    "Discriminant",
    "cross_temporal_accuracy",
    "fit_discriminant",
    "generalisation_index",
]


class Discriminant(NamedTuple):
    """A linear score for each class; a sample belongs to the class of the largest.

    Attributes
    ----------
    weights : (..., K, N) float64
        Weights of each class.
    offsets : (..., K) float64
        Constant of each class; the score of a sample x is ``weights @ x + offsets``.
    """

    weights: NDArray[np.float64]
    offsets: NDArray[np.float64]


def fit_discriminant(samples: ArrayLike, member: ArrayLike, shrinkage: float = 0.1) -> Discriminant:
    r"""Fit a linear discriminant with a shrunk covariance and equal priors.

    .. math:: g_k(x) = \mu_k^T \Sigma^{-1} x - \tfrac12 \mu_k^T \Sigma^{-1} \mu_k

    with :math:`\mu_k` the mean of class k less that of all samples, and :math:`\Sigma` the covariance within
    classes, shrunk as in :func:`neurogate.analysis.shrinkage.solve_shrunk`. Scores of different classes
    differ by their log-likelihood ratio under Gaussian noise.

    Parameters
    ----------
    samples : (..., S, N)
        Samples of N neurons; a discriminant is fitted for each leading index.
    member : (S,) int
        Class of each sample, from 0 to K - 1; each class has at least one.
    shrinkage : float
        :math:`\lambda`, above 0 and at most 1.

    Returns
    -------
    Discriminant
        Weights (..., K, N) and offsets (..., K).

    Raises
    ------
    RequestError
        If the shrinkage is out of range, lengths disagree, or a class has no sample.

    References
    ----------
    Friedman JH (1989). Regularized discriminant analysis. doi:10.1080/01621459.1989.10478752

    Examples
    --------
    >>> weights, offsets = fit_discriminant([[0.0, 1.0], [1.0, 0.0], [4.0, 1.0], [5.0, 0.0]], [0, 0, 1, 1])
    >>> int((weights @ [4.5, 0.5] + offsets).argmax())
    1
    """
    data, classes = np.asarray(samples, dtype=np.float64), np.asarray(member, dtype=np.int64)
    if data.ndim < 2 or classes.shape != data.shape[-2:-1]:
        raise RequestError(
            f"samples has shape {data.shape} and member {classes.shape}. Give one class for each sample."
        )
    count = np.bincount(classes)
    if not count.all():
        raise RequestError(f"Class {count.argmin()} has no sample. Number the classes from 0 without a gap.")
    centre = data.mean(axis=-2, keepdims=True)
    centred = data - centre
    means = (np.eye(count.size)[classes] / count).T @ centred
    weights = solve_shrunk(centred - means[..., classes, :], means, shrinkage)
    return Discriminant(weights, -(weights * (centre + means / 2)).sum(axis=-1))


def cross_temporal_accuracy(
    activity: ArrayLike, labels: ArrayLike, folds: int = 5, shrinkage: float = 0.1
) -> NDArray[np.float64]:
    r"""Return how well a decoder trained at time t tells classes apart at time t' of other trials.

    .. math:: A_{tt'} = \frac1K \sum_k \Pr\bigl(\arg\max_j g^{(t)}_j(x_{t'}) = k \mid k\bigr)

    with the discriminant :math:`g^{(t)}` of `fit_discriminant`. Accuracy is balanced: chance is 1 / K
    whatever the number of trials of each class. No trial tests a decoder that it trained. To judge all T²
    entries at once against shuffled labels, compare with the largest entry of each draw, which keeps the
    chance of any false alarm at the level of the test.

    Parameters
    ----------
    activity : (S, T, N)
        Trials, time bins, neurons; any unit.
    labels : (S,)
        Class of each trial, numbers or words.
    folds : int
        Folds of the cross-validation, from 2 to the trials of the rarest class; see `stratified_folds`.
    shrinkage : float
        Of the covariance, above 0 and at most 1.

    Returns
    -------
    (T, T) float64
        Balanced accuracy from 0 to 1; row: time of training, column: time of testing. Activity that says
        nothing, such as that of constant neurons, gives chance.

    Raises
    ------
    RequestError
        If a class has fewer trials than folds, there is one class only, lengths disagree, or a value is not
        finite.

    References
    ----------
    Stokes MG et al. (2013). Dynamic coding for cognitive control in prefrontal cortex.
    doi:10.1016/j.neuron.2013.01.039
    King JR, Dehaene S (2014). doi:10.1016/j.tics.2014.01.002
    Ojala M, Garriga GC (2010). Permutation tests for studying classifier performance. JMLR 11:1833-1863.

    Examples
    --------
    >>> first, second = np.repeat([0, 1], 4), np.tile([0, 1], 4)
    >>> activity = np.stack([first, second], axis=1)[:, :, None]  # the first factor, then the second
    >>> cross_temporal_accuracy(activity, first, folds=2).tolist()
    [[1.0, 0.5], [0.5, 0.5]]
    """
    data = as_trials(activity)
    if np.shape(labels) != (len(data),):
        raise RequestError(
            f"activity has {len(data)} trials and labels the shape {np.shape(labels)}. "
            "Give one label for each trial."
        )
    member, fold = stratified_folds(labels, folds)
    by_time = np.ascontiguousarray(data.transpose(1, 0, 2))
    hits = np.zeros(())
    for test in (fold == k for k in range(folds)):
        fitted = fit_discriminant(by_time[:, ~test], member[~test], shrinkage)
        hits = hits + _hits(fitted, by_time[:, test], member[test])
    return np.asarray((hits / np.bincount(member)).mean(axis=-1))


def _hits(
    fitted: Discriminant, by_time: NDArray[np.float64], member: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return (T, T, K): how many trials of each class the decoder of each time gets right at each time."""
    times, trials, n = by_time.shape
    scores = fitted.weights.reshape(-1, n) @ by_time.reshape(-1, n).T + fitted.offsets.reshape(-1, 1)
    chosen = scores.reshape(times, -1, times * trials).argmax(axis=1).reshape(times, times, trials)
    one_hot = np.eye(fitted.weights.shape[1])[member]
    return np.asarray((chosen == member) @ one_hot)


def generalisation_index(accuracy: ArrayLike, chance: float) -> float:
    r"""Return how far decoders serve at other times than their own.

    .. math:: G = \frac{\langle A_{tt'} \rangle_{t \ne t'} - c}{\langle A_{tt} \rangle - c}

    1 for a static code, 0 for one that is new at each time, below 0 for one that turns round.

    Parameters
    ----------
    accuracy : (T, T)
        Of `cross_temporal_accuracy`, T at least 2.
    chance : float
        Accuracy `c` at chance: 1 / K, or the mean of the null.

    Returns
    -------
    float
        Index; NaN if the diagonal is not above chance, where there is no code that could generalise.

    Raises
    ------
    RequestError
        If `accuracy` is no square matrix of at least two times.

    Examples
    --------
    >>> round(generalisation_index([[0.9, 0.7], [0.7, 0.9]], chance=0.5), 9)
    0.5
    """
    matrix = np.asarray(accuracy, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < 2:
        raise RequestError(f"accuracy has shape {matrix.shape}. Give a square matrix of at least two times.")
    own = matrix.diagonal().mean() - chance
    others = matrix[~np.eye(len(matrix), dtype=bool)].mean() - chance
    return float(others / own) if own > 0 else float("nan")
