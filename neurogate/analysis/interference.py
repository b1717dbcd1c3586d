"""How much a change of one thing disturbs what was learned of another.

Here lives the measure. What shares weights can be disturbed, what does not cannot: an angle between weights
says nothing of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError

__all__ = ["disturbance"]


def disturbance(
    trial: ArrayLike, estimate: ArrayLike, switch: float, settled: float = 100.0, early: float = 100.0
) -> NDArray[np.float64]:
    r"""Return how far a switch moves estimates of what it left as it was, beyond their own wandering.

    .. math:: D(t) = \overline{|\hat p(t) - \langle \hat p \rangle_{s - m < t \le s}|}, \qquad
              \langle D \rangle_{s < t \le s + n} - \langle D \rangle_{s - n < t \le s}

    Parameters
    ----------
    trial : (P,)
        Trials done at each judgement.
    estimate : (B, P, ...)
        What was estimated, for example probabilities of cues and outcomes, over which D is averaged. They
        must be read alike before and after: not at a time that switches, say.
    switch : float
        Trials done when something else switched, `s`.
    settled : float
        Trials before it whose mean is what was known, `m`.
    early : float
        Trials on both sides in which estimates are compared with that, `n`.

    Returns
    -------
    (B,) float64
        In the unit of the estimate; about 0 if the switch disturbs nothing.

    Raises
    ------
    RequestError
        If nothing was judged before or after, or lengths disagree.

    Examples
    --------
    >>> estimates = np.array([[0.5, 0.5, 0.9, 0.5]])
    >>> disturbance([10, 20, 30, 40], estimates, switch=20, settled=20, early=10).round(6).tolist()
    [0.4]
    """
    done, values = np.asarray(trial, dtype=np.float64), np.asarray(estimate, dtype=np.float64)
    known, before = ((done > switch - length) & (done <= switch) for length in (settled, early))
    after = (done > switch) & (done <= switch + early)
    if (
        values.ndim < 2
        or done.shape != values.shape[1:2]
        or not (known.any() and before.any() and after.any())
    ):
        raise RequestError(
            f"trial has shape {done.shape} and estimate {values.shape}, with {before.sum()} judgement(s) in "
            f"the {early:g} trials before {switch:g} and {after.sum()} after. Give one trial for each "
            "estimate on the second axis, and some on both sides of the switch."
        )
    away = np.abs(values - values[:, known].mean(axis=1, keepdims=True))
    away = away.reshape(*away.shape[:2], -1).mean(axis=-1)
    return np.asarray(away[:, after].mean(axis=1) - away[:, before].mean(axis=1))
