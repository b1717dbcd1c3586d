"""How neurons mix two things that vary from trial to trial: purely, linearly or nonlinearly.

A neuron is pure if one factor alone moves it, linearly mixed if both do and their effects add up, and
nonlinearly mixed if they do not. Only the last kind lets a linear readout answer questions about
combinations (Rigotti et al. 2013). Here live the partition of a neuron's variance by a two-way analysis of
variance, the kinds of neurons, and activity whose effects add up, which is the null. Axes of a whole
population live in :mod:`neurogate.analysis.demixed`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError

__all__ = ["KINDS", "Selectivity", "additive_surrogate", "kinds", "nonlinear_fraction", "selectivity"]

KINDS = ("none", "first", "second", "linear", "nonlinear")
"""What `kinds` may call a neuron."""


class Selectivity(NamedTuple):
    """What moves each neuron: variances, and how likely chance alone makes such effects.

    Attributes
    ----------
    first, second : (...) float64
        Variance over conditions of the effect of each factor alone, in the squared unit of the activity.
        Unbiased, so that it may lie below 0 where there is no effect.
    interaction : (...) float64
        Variance of what is left of the conditions' means, unbiased too.
    noise : (...) float64
        Variance between trials of one condition.
    p_first, p_second, p_interaction : (...) float64
        p values; NaN where there is neither effect nor noise, as in a neuron that never changes.
    """

    first: NDArray[np.float64]
    second: NDArray[np.float64]
    interaction: NDArray[np.float64]
    noise: NDArray[np.float64]
    p_first: NDArray[np.float64]
    p_second: NDArray[np.float64]
    p_interaction: NDArray[np.float64]


def selectivity(activity: ArrayLike, first: ArrayLike, second: ArrayLike) -> Selectivity:
    r"""Split the variance of each neuron's mean responses between two factors and their interaction.

    With :math:`m_{ab}` the mean over the :math:`n_{ab}` trials of a condition, and each condition counting
    alike, however many trials it has,

    .. math:: m_{ab} = \mu + \alpha_a + \beta_b + \gamma_{ab}, \qquad
              v_\alpha = \langle \alpha_a^2 \rangle - \frac{A - 1}{AB}\, \sigma^2 \langle 1 / n_{ab} \rangle

    where :math:`\sigma^2` is the variance within conditions and the last term is what noise adds; so for
    :math:`v_\beta` with B - 1 and for :math:`v_\gamma` with (A - 1)(B - 1). The p values are those of the F
    tests of weighted squares of means, exact for Gaussian noise of equal variance whatever the numbers of
    trials.

    Parameters
    ----------
    activity : (S, ...)
        Trials, then any axes: neurons, or time bins and neurons. Any unit.
    first, second : (S,)
        Level of either factor in each trial, numbers or words: A and B levels, at least two each. Each
        combination occurs, and one at least twice.

    Returns
    -------
    Selectivity
        Variances and p values, of the shape (...) of a trial.

    Raises
    ------
    RequestError
        If lengths disagree, a factor does not vary, a combination is missing, none is repeated, or a value
        is not finite.

    References
    ----------
    Rigotti M et al. (2013). doi:10.1038/nature12160
    Yates F (1934). doi:10.2307/2278459

    Examples
    --------
    >>> a, b = [0, 0, 1, 1] * 2, [0, 1] * 4
    >>> pure, xor = np.array(a), np.array(a) ^ np.array(b)
    >>> found = selectivity(np.stack([pure, xor], axis=1), a, b)
    >>> found.first.round(9).tolist(), found.interaction.round(9).tolist()
    ([0.25, 0.0], [0.0, 0.25])
    """
    flat, shape = _finite(activity)
    a, b = _levels(first, len(flat), "first"), _levels(second, len(flat), "second")
    counts = _counts(a, b)
    place = a * counts.shape[1] + b
    means = (np.eye(counts.size)[place] / counts.ravel()).T @ flat
    free = len(flat) - counts.size
    noise = np.square(_beyond_rounding(flat - means[place], flat)).sum(axis=0) / free
    effects = [_effect(rows, means, noise, counts.ravel(), free) for rows in _contrasts(*counts.shape)]
    variances, p_values = zip(*effects, strict=True)
    return Selectivity(*(part.reshape(shape) for part in (*variances, noise, *p_values)))


def _finite(activity: ArrayLike) -> tuple[NDArray[np.float64], tuple[int, ...]]:
    """Return (S, M) deviations from the first trial, which are exactly 0 in a constant neuron."""
    array = np.asarray(activity, dtype=np.float64)
    if array.ndim < 2 or not array.size:
        raise RequestError(
            f"activity has shape {array.shape}. Give trials x neurons, or trials x time x neurons."
        )
    if not np.isfinite(array).all():
        raise RequestError(
            f"activity holds NaN or infinity in trial {np.argwhere(~np.isfinite(array))[0, 0]}. "
            "Only finite values have a meaning here; leave that trial or that neuron out."
        )
    return (array - array[0]).reshape(len(array), -1), array.shape[1:]


def _beyond_rounding(values: NDArray[np.float64], of: NDArray[np.float64]) -> NDArray[np.float64]:
    """Replace by 0 what is only the rounding of larger numbers, else noise-free neurons seem mixed."""
    return np.where(np.abs(values) > 1e-12 * np.abs(of).max(axis=0), values, 0.0)


def _levels(labels: ArrayLike, trials: int, name: str) -> NDArray[np.int64]:
    names, member = np.unique(np.asarray(labels), return_inverse=True)
    if member.shape != (trials,):
        raise RequestError(
            f"activity has {trials} trials and {name} the shape {member.shape}. "
            "Give one level for each trial."
        )
    if len(names) < 2:
        raise RequestError(f"All levels of {name} are {names[0]}. An effect needs at least two levels.")
    return member.astype(np.int64)


def _counts(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (A, B): how many trials each combination has."""
    counts = np.zeros((a.max() + 1, b.max() + 1), dtype=np.int64)
    np.add.at(counts, (a, b), 1)
    if not counts.all():
        i, j = np.argwhere(counts == 0)[0]
        raise RequestError(
            f"No trial has level {i} of first with level {j} of second (levels sorted, counted from 0). "
            "Interactions need every combination; leave a level out."
        )
    if counts.max() < 2:
        raise RequestError(
            f"{counts.size} trials have {counts.size} combinations of levels. "
            "Noise is seen only where a combination occurs twice; give more trials."
        )
    return counts


def _contrasts(a: int, b: int) -> tuple[NDArray[np.float64], ...]:
    """Return orthonormal contrasts of the A B means: of either factor and of their interaction."""
    from scipy.linalg import helmert

    of_a: NDArray[np.float64] = helmert(a)
    of_b: NDArray[np.float64] = helmert(b)
    same_a, same_b = np.full((1, a), a**-0.5), np.full((1, b), b**-0.5)
    pairs = ((of_a, same_b), (same_a, of_b), (of_a, of_b))
    return tuple(np.asarray(np.kron(left, right), dtype=np.float64) for left, right in pairs)


def _effect(
    rows: NDArray[np.float64],
    means: NDArray[np.float64],
    noise: NDArray[np.float64],
    counts: NDArray[np.int64],
    free: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the unbiased variance of an effect and its p value."""
    from scipy.special import fdtrc

    effect, spread = _beyond_rounding(rows @ means, means), (rows / counts) @ rows.T
    variance = (np.square(effect).sum(axis=0) - noise * np.trace(spread)) / counts.size
    squares = (effect * np.linalg.solve(spread, effect)).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = fdtrc(len(rows), free, squares / (len(rows) * noise))
    return np.asarray(variance), np.asarray(p_value, dtype=np.float64)


def nonlinear_fraction(found: Selectivity, *, pooled: bool = False) -> NDArray[np.float64]:
    r"""Return which share of what the factors do is due to their interaction: the index of mixing.

    .. math:: \eta = \frac{v_\gamma}{v_\alpha + v_\beta + v_\gamma}

    0 if effects add up, 1 for an exclusive or. Of a weakly selective neuron it is a ratio of two small
    numbers and may lie beyond both; `pooled` sums over neurons first and is steady.

    Parameters
    ----------
    found : Selectivity
        Of `selectivity`, with neurons on the last axis.
    pooled : bool
        Whether variances are summed over neurons before they are divided.

    Returns
    -------
    (...) float64
        Index of each neuron, or of the population with the last axis removed; NaN where the variances sum
        to 0 or less, which is to say that nothing shows above the noise.

    References
    ----------
    Fusi S, Miller EK, Rigotti M (2016). Why neurons mix. doi:10.1016/j.conb.2016.01.010

    Examples
    --------
    >>> a, b = np.array([0, 0, 1, 1] * 2), np.array([0, 1] * 4)
    >>> nonlinear_fraction(selectivity(np.stack([a + b, a & b, a ^ b], axis=1), a, b)).round(6).tolist()
    [0.0, 0.333333, 1.0]
    """
    parts = np.stack([found.first, found.second, found.interaction])
    parts = parts.sum(axis=-1) if pooled else parts
    total = parts.sum(axis=0)
    return np.asarray(np.divide(parts[2], total, out=np.full(total.shape, np.nan), where=total > 0))


def kinds(found: Selectivity, level: float = 0.05) -> NDArray[np.str_]:
    """Name each neuron by the effects that are significant.

    ``nonlinear`` with a significant interaction, else ``linear`` with effects of both factors, ``first`` or
    ``second`` with one, ``none`` with none. At level 0.05 one neuron in seven that nothing moves is named
    by chance: compare the shares of kinds with those of a null.

    Parameters
    ----------
    found : Selectivity
        Of `selectivity`.
    level : float
        Largest p value that counts as significant, between 0 and 1.

    Returns
    -------
    (...) str
        One of `KINDS` for each neuron.

    References
    ----------
    Rigotti M et al. (2013). doi:10.1038/nature12160

    Examples
    --------
    >>> a, b = np.array([0, 0, 1, 1] * 2), np.array([0, 1] * 4)
    >>> noise = 0.1 * np.repeat([1, -1], 4)
    >>> cells = np.stack([a, b, a + b, a ^ b, 0 * a], axis=1) + noise[:, None]
    >>> kinds(selectivity(cells, a, b)).tolist()
    ['first', 'second', 'linear', 'nonlinear', 'none']
    """
    first, second = found.p_first <= level, found.p_second <= level
    linear = np.where(first & second, 3, first + 2 * second)
    named: NDArray[np.str_] = np.array(KINDS)[np.where(found.p_interaction <= level, 4, linear)]
    return named


def additive_surrogate(
    rng: np.random.Generator, activity: ArrayLike, first: ArrayLike, second: ArrayLike
) -> NDArray[np.float64]:
    r"""Return activity in which the effects of two factors add up, and all else is as it was.

    .. math:: \tilde x_s = \hat\mu + \hat\alpha_{a(s)} + \hat\beta_{b(s)} + r_{\pi(s)}

    with the least-squares fit without interaction, its residuals `r`, and a random permutation
    :math:`\pi` of the trials, the same for all neurons. An index of nonlinear mixing is judged by what it is
    in many of these.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the permutation; it is advanced.
    activity, first, second
        As for `selectivity`.

    Returns
    -------
    (S, ...) float64
        A surrogate.

    Raises
    ------
    RequestError
        As `selectivity`.

    References
    ----------
    Freedman D, Lane D (1983). doi:10.1080/07350015.1983.10509354

    Examples
    --------
    >>> a, b = np.array([0, 0, 1, 1] * 5), np.array([0, 1] * 10)
    >>> cell = (10 * a + (a ^ b))[:, None]
    >>> flat = selectivity(additive_surrogate(np.random.default_rng(0), cell, a, b), a, b)
    >>> bool(flat.first[0] > 24), bool(abs(flat.interaction[0]) < 0.05)
    (True, True)
    """
    flat, shape = _finite(activity)
    a, b = _levels(first, len(flat), "first"), _levels(second, len(flat), "second")
    _counts(a, b)
    design = np.hstack([np.eye(a.max() + 1)[a], np.eye(b.max() + 1)[b]])
    fit = design @ np.linalg.lstsq(design, flat, rcond=None)[0]
    surrogate = fit + rng.permutation(flat - fit)
    return np.asarray(surrogate.reshape(-1, *shape) + np.asarray(activity)[0], dtype=np.float64)
