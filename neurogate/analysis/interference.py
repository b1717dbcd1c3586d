"""How much a change of one thing disturbs what was learned of another.

Here lives the measure. What shares weights can be disturbed, what does not cannot: an angle between weights
says nothing of it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError

__all__ = ["rise"]


def rise(trial: ArrayLike, error: ArrayLike, switch: float, trials: float) -> NDArray[np.float64]:
    r"""Return by how much an error after a switch exceeds that before it.

    .. math:: \overline{e(t)}_{s < t \le s + n} - \overline{e(t)}_{s - n < t \le s}

    Parameters
    ----------
    trial : (P,)
        Trials done at each judgement.
    error : (..., P)
        Error of what the switch left as it was; NaN counts as unknown for the whole row.
    switch : float
        Trials done when something else switched, `s`.
    trials : float
        How many trials before and after are averaged, `n`.

    Returns
    -------
    (...) float64
        In the unit of the error; 0 if the switch disturbs nothing.

    Raises
    ------
    RequestError
        If nothing was judged before or after, or lengths disagree.

    Examples
    --------
    >>> float(rise([10, 20, 30, 40], [0.5, 0.1, 0.4, 0.2], switch=20, trials=10).round(6))
    0.3
    """
    done, errors = np.asarray(trial, dtype=np.float64), np.asarray(error, dtype=np.float64)
    before, after = ((done > low) & (done <= low + trials) for low in (switch - trials, switch))
    if done.shape != errors.shape[-1:] or not (before.any() and after.any()):
        raise RequestError(
            f"trial has shape {done.shape} and error {errors.shape}, with {before.sum()} judgement(s) in the "
            f"{trials:g} trials before {switch:g} and {after.sum()} after. Give one trial for each error, "
            "and some on both sides of the switch."
        )
    return np.asarray(errors[..., after].mean(axis=-1) - errors[..., before].mean(axis=-1))
