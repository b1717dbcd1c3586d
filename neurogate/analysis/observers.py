r"""What can be known of the odds of outcomes by who sees every trial and forgets nothing by accident.

Here live two observers without neurons, to hold learners against. One counts, over all trials or over the
recent ones, and may be told when the world changes. The other is Bayes': it is told only how often the world
changes on average, and weighs every time at which it may have changed last.

Both are given which cue came in each trial and which outcome followed, -1 for none.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError

__all__ = ["change_points", "counted"]

_Trials = NDArray[np.int64]


def counted(
    cue: ArrayLike,
    outcome: ArrayLike,
    shape: tuple[int, int],
    *,
    memory: float = np.inf,
    resets: Iterable[int] = (),
) -> NDArray[np.float64]:
    r"""Return the share of each outcome among the trials of each cue, recent ones counting more.

    .. math:: \hat p_{ck} = \sum_i \lambda^{i} o_{ck}^{(-i)} \Big/ \sum_i \lambda^{i}, \quad
              \lambda = 1 - 1 / \text{memory}

    where the sums run over the trials of cue c since the last reset, backwards.

    Parameters
    ----------
    cue, outcome : (n,) int
        Of each trial; an outcome of -1 is none.
    shape : (int, int)
        Number of cues and of outcomes, C and K.
    memory : float
        Trials of the same cue that count, at least 1; infinity counts all alike.
    resets : iterable of int
        Trials before which everything is forgotten.

    Returns
    -------
    (n, C, K) float64
        After each trial; NaN for a cue that has not come yet.

    Raises
    ------
    RequestError
        If trials do not fit together, or the memory is below 1.

    Examples
    --------
    >>> counted([0, 0, 0, 0], [0, -1, 0, 0], (1, 1))[:, 0, 0].round(2).tolist()
    [1.0, 0.5, 0.67, 0.75]
    >>> counted([0, 0, 0, 0], [0, -1, 0, 0], (1, 1), memory=1.0)[:, 0, 0].tolist()
    [1.0, 0.0, 1.0, 1.0]
    """
    cues, outcomes = _checked(cue, outcome, shape)
    if not memory >= 1:
        raise RequestError(f"memory is {memory:g}; it must be at least 1, the last trial of each cue.")
    begins, keep = set(resets), 1 - 1 / memory
    came, total = np.zeros(shape), np.zeros(shape[0])
    found = np.full((len(cues), *shape), np.nan)
    for i, (c, k) in enumerate(zip(cues, outcomes, strict=True)):
        if i in begins:
            came[:], total[:] = 0.0, 0.0
        came[c] *= keep
        total[c] = keep * total[c] + 1
        if k >= 0:
            came[c, k] += 1
        np.divide(came, total[:, None], out=found[i], where=total[:, None] > 0)
    return found


def change_points(
    cue: ArrayLike, outcome: ArrayLike, shape: tuple[int, int], hazard: float, prior: float = 0.5
) -> NDArray[np.float64]:
    r"""Return Bayes' estimate of the odds in a world whose odds all change at once, now and then.

    Before each trial the odds of every cue are drawn anew with probability h, the hazard. For each trial r at
    which that may have happened last there is a weight :math:`w_r`, and counts :math:`n_{cok}` since then:

    .. math:: p_r(o | c) = \frac{n_{rco} + a}{n_{rc} + (K + 1) a}, \quad
              w_r \leftarrow (1 - h)\, w_r\, p_r(o | c), \quad w_\text{new} = h\, p_\text{new}(o | c)

    The estimate is the mean of :math:`p_r` under these weights; none can have a smaller mean squared error
    if the world is such, with odds that are Dirichlet(a).

    Parameters
    ----------
    cue, outcome : (n,) int
        Of each trial; an outcome of -1 is none, and counts as one of K + 1.
    shape : (int, int)
        Number of cues and of outcomes, C and K.
    hazard : float
        Probability of a change before each trial, from 0 to 1.
    prior : float
        Concentration a of the prior, above 0.

    Returns
    -------
    (n, C, K) float64
        After each trial.

    Raises
    ------
    RequestError
        If trials do not fit together, or the hazard or the prior is out of range.

    References
    ----------
    Adams & MacKay 2007, arXiv:0710.3742.

    Examples
    --------
    >>> came = [0] * 20 + [-1] * 20
    >>> found = change_points([0] * 40, came, (1, 1), hazard=0.02)[:, 0, 0]
    >>> found[[19, 24, 39]].round(2).tolist()
    [0.97, 0.1, 0.03]
    """
    cues, outcomes = _checked(cue, outcome, shape)
    if not 0 <= hazard <= 1 or not prior > 0:
        raise RequestError(
            f"hazard is {hazard:g} and prior {prior:g}; a hazard lies from 0 to 1, a prior is above 0."
        )
    n, width = len(cues), shape[1] + 1
    counts, weight = np.full((n, shape[0], width), prior), np.zeros(n)
    found = np.empty((n, *shape))
    for i, (c, o) in enumerate(zip(cues, outcomes, strict=True)):
        weight[:i] *= 1 - hazard
        weight[i] = hazard if i else 1.0
        weight[: i + 1] *= counts[: i + 1, c, o] / counts[: i + 1, c].sum(axis=-1)
        weight[: i + 1] /= weight[: i + 1].sum()
        counts[: i + 1, c, o] += 1
        odds = counts[: i + 1] / counts[: i + 1].sum(axis=-1, keepdims=True)
        found[i] = np.tensordot(weight[: i + 1], odds[..., :-1], axes=1)
    return found


def _checked(cue: ArrayLike, outcome: ArrayLike, shape: tuple[int, int]) -> tuple[_Trials, _Trials]:
    cues, outcomes = np.asarray(cue), np.asarray(outcome)
    if cues.ndim != 1 or cues.shape != outcomes.shape:
        raise RequestError(
            f"cue has shape {cues.shape} and outcome {outcomes.shape}; each trial needs one of both."
        )
    fits = cues.size and cues.min() >= 0 and cues.max() < shape[0]
    if not (fits and outcomes.min() >= -1 and outcomes.max() < shape[1]):
        raise RequestError(
            f"There are {cues.size} trials, and shape says {shape[0]} cues and {shape[1]} outcomes; there "
            "must be trials, cues counted from 0, and outcomes from 0, or -1 for none."
        )
    return cues.astype(np.int64), outcomes.astype(np.int64)
