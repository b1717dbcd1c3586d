"""Demixed components on trials that they have not seen: how strong a ridge, and what they tell apart.

Every repeat holds out one trial of each condition and fits :mod:`neurogate.analysis.demixed` to the others.
Trials are arrays (R, conditions..., T, N) as in :mod:`neurogate.analysis.marginals`. Each fit costs some
:math:`N^3`: with more than a few hundred neurons, reduce to the leading principal components first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.demixed import demix
from neurogate.analysis.marginals import TIME, condition_means, marginals, noise_covariance, present_trials
from neurogate.analysis.reduced_rank import reduced_rank_map, second_moments
from neurogate.errors import RequestError

__all__ = ["RIDGES", "RidgeChoice", "choose_ridge", "decoding_course", "shuffled_trials"]

Array = NDArray[np.float64]

RIDGES = (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)


class RidgeChoice(NamedTuple):
    """How well held-out trials rebuild the marginals.

    Attributes
    ----------
    ridge : float
        Strength with the smallest mean error.
    ridges : (L,) float64
        Strengths that were tried.
    errors : (repeats, L) float64
        Squared error, divided by the squares of the activity: 0 is perfect, 1 what predicting nothing
        costs. ``1 - errors`` is the cross-validated fraction of variance.
    """

    ridge: float
    ridges: Array
    errors: Array


def choose_ridge(
    rng: np.random.Generator,
    trials: ArrayLike,
    axes: Sequence[str],
    ridges: Sequence[float] = RIDGES,
    components: int = 3,
    repeats: int = 10,
) -> RidgeChoice:
    r"""Choose the strength of the ridge by cross-validation.

    .. math:: \frac{\sum_\phi \lVert X_\phi - F_\phi D_\phi X_\text{held out} \rVert^2}{\lVert X \rVert^2}

    where the marginals :math:`X_\phi`, decoders and encoders stem from the other trials.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the choice of trials; it is advanced.
    trials : (R, conditions..., T, N)
        Single trials, two or more of each condition; missing ones are NaN.
    axes : sequence of str
        Name of each axis but the first and the last; that of the bins is ``"time"``.
    ridges : sequence of float
        Strengths to try, at least 0.
    components : int
        Number of components of each marginal.
    repeats : int
        How often trials are held out.

    Returns
    -------
    RidgeChoice
        The best, and all errors; they are NaN if the activity is the same everywhere.

    Raises
    ------
    RequestError
        If a condition has fewer than two trials, or a setting is out of range.

    References
    ----------
    Kobak D et al. (2016). doi:10.7554/eLife.10989

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> signal = np.outer(np.repeat([-1.0, 1.0], 4), np.ones(20)).reshape(2, 4, 20)
    >>> trials = signal + 3.0 * rng.standard_normal((5, 2, 4, 20))
    >>> choose_ridge(rng, trials, ("what", "time"), ridges=[0.0, 0.1], components=1).errors.shape
    (10, 2)
    """
    tried = np.asarray(ridges, dtype=np.float64)
    if tried.ndim != 1 or not tried.size or not (np.isfinite(tried) & (tried >= 0)).all():
        raise RequestError(f"ridges is {list(ridges)}. Give one or more finite strengths from 0.")
    splits = _splits(rng, trials, axes, repeats)
    errors = np.array([[_error(split, axes, components, ridge) for ridge in tried] for split in splits])
    return RidgeChoice(float(tried[errors.mean(axis=0).argmin()]), tried, errors)


def decoding_course(
    rng: np.random.Generator,
    trials: ArrayLike,
    axes: Sequence[str],
    name: str,
    components: int = 1,
    ridge: float = 0.0,
    repeats: int = 10,
) -> Array:
    """Return how often the components of a marginal tell its conditions apart, in each bin.

    A trial that was held out belongs to the condition whose mean, over the other trials and the other
    features, lies nearest to it in the components. The null is the same of `shuffled_trials`::

        course = decoding_course(rng, trials, axes, "what")
        null = null_of(lambda r: decoding_course(r, shuffled_trials(r, trials), axes, "what"), rng, 100)
        seen = above_null(course, null, shortest=10)

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the choice of trials; it is advanced.
    trials : (R, conditions..., T, N)
        Single trials, two or more of each condition; missing ones are NaN.
    axes : sequence of str
        Name of each axis but the first and the last; that of the bins is ``"time"``.
    name : str
        Marginal, for example ``"what"`` or ``"what x probability"``.
    components : int
        How many of its components are used.
    ridge : float
        Strength, from `choose_ridge`.
    repeats : int
        How often trials are held out.

    Returns
    -------
    (T,) float64
        Fraction of trials, every condition counting the same; 1 / number of conditions by chance. NaN if
        the conditions do not differ at all in the trials that are left, so that there is no component.

    Raises
    ------
    RequestError
        If a condition has fewer than two trials, or there is no such marginal.

    References
    ----------
    Kobak D et al. (2016). doi:10.7554/eLife.10989

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> trials = 0.01 * rng.standard_normal((3, 2, 4, 5))
    >>> trials[:, 1, 2:] += 1.0
    >>> decoding_course(rng, trials, ("what", "time"), "what").tolist()[2:]
    [1.0, 1.0]
    """
    features = _features(axes, name)
    hits = []
    for train, noise, test in _splits(rng, trials, axes, repeats):
        part = {name: marginals(train, axes)[name]}
        found = demix(train, part, components, ridge, noise)
        seen, unseen = (_by_level(found.read(name, each), features) for each in (train, test))
        distance = ((unseen[:, :, None] - seen.mean(axis=1)) ** 2).sum(axis=-1)
        right = np.arange(len(seen))[:, None, None]
        hit = (distance.argmin(axis=2) == right).mean(axis=(0, 1))
        hits.append(hit if found.decoders[name].size else np.full(hit.shape, np.nan))
    return np.asarray(np.mean(hits, axis=0))


def shuffled_trials(rng: np.random.Generator, trials: ArrayLike) -> Array:
    """Deal trials to conditions at random: no condition differs from another, time courses stay.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the order; it is advanced.
    trials : (R, conditions..., T, N)
        Single trials; missing ones are NaN and stay where they are.

    Returns
    -------
    (R, conditions..., T, N) float64
        The same trials in other places.

    Raises
    ------
    RequestError
        If a condition has no trial, a trial is NaN in part, or a value is infinite.

    Examples
    --------
    >>> shuffled_trials(np.random.default_rng(1), np.arange(6.0).reshape(3, 2, 1, 1)).ravel().tolist()
    [4.0, 0.0, 2.0, 1.0, 5.0, 3.0]
    """
    result = np.array(trials, dtype=np.float64)
    there = present_trials(result)
    result[there] = rng.permutation(result[there])
    return result


class _Split(NamedTuple):
    """Means and noise of the trials that are left, and one trial of each condition that is not."""

    train: Array
    noise: Array
    test: Array


def _splits(
    rng: np.random.Generator, trials: ArrayLike, axes: Sequence[str], repeats: int
) -> Iterator[_Split]:
    if isinstance(axes, str) or list(axes)[-1:] != [TIME] or repeats < 1:
        raise RequestError(
            f"axes is {axes!r} and repeats is {repeats}. Name the axes of the conditions and, last, that of "
            f"the bins, {TIME!r}; and repeat at least once."
        )
    array = np.asarray(trials, dtype=np.float64)
    there = present_trials(array, least=2)
    mean, count = condition_means(array), there.sum(axis=0)
    freedom = array.shape[-2] * (count - 1).sum()
    scatter = noise_covariance(array) * freedom
    for _ in range(repeats):
        held = np.where(there, rng.random(there.shape), -1.0).argmax(axis=0)
        test = np.take_along_axis(array, held[None, ..., None, None], axis=0)[0]
        # Without one trial of n, the mean makes this step, and the scatter falls by n (n - 1) its square.
        step = (mean - test) / (count - 1)[..., None, None]
        lost = (step * (count * (count - 1))[..., None, None] ** 0.5).reshape(-1, array.shape[-1])
        left = max(freedom - array.shape[-2] * count.size, 1)
        yield _Split(mean + step, (scatter - lost.T @ lost) / left, test)


def _error(split: _Split, axes: Sequence[str], components: int, ridge: float) -> float:
    n = split.train.shape[-1]
    train = split.train.reshape(-1, n)
    whole, unseen = train - train.mean(axis=0), split.test.reshape(-1, n) - train.mean(axis=0)
    moments, missed = second_moments(whole, split.noise), 0.0
    for part in marginals(split.train, axes).values():
        decoders, encoders = reduced_rank_map(moments, whole, part.reshape(-1, n), components, ridge)
        missed += float(((part.reshape(-1, n) - unseen @ decoders.T @ encoders) ** 2).sum())
    total = float((whole**2).sum())
    return missed / total if total else float("nan")


def _features(axes: Sequence[str], name: str) -> list[int]:
    wanted = name.split(" x ")
    if name == TIME or not set(wanted) <= set(axes):
        raise RequestError(
            f"{name!r} is no marginal of {list(axes)} that tells conditions apart. "
            "Give the name of an axis, or several with ' x ' between them."
        )
    return [list(axes).index(feature) for feature in wanted]


def _by_level(scores: Array, features: Sequence[int]) -> Array:
    """Return components (conditions..., T, q) as (levels of the features, other conditions, T, q)."""
    first = np.moveaxis(scores, features, range(len(features)))
    levels = int(np.prod(first.shape[: len(features)]))
    if levels < 2:
        raise RequestError("There is one condition only, and nothing to tell apart. Give two or more.")
    others = int(np.prod(first.shape[len(features) : -2]))
    return first.reshape(levels, others, *scores.shape[-2:])
