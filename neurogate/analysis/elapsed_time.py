"""Reading elapsed time from a population, and how the error grows with time.

Timing is scalar if the spread of estimates grows in proportion to time (Weber's law): then one clock runs
faster in one trial than in another. It grows with the square root of time if errors add up independently, and
not at all if only the readout is noisy. Here live decoders of time and the law of their errors. Sequences
of neurons live in :mod:`neurogate.analysis.sequences`; what a trained readout predicts, in
:mod:`neurogate.analysis.predictions`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.analysis.decoding import fit_discriminant
from neurogate.analysis.shrinkage import solve_shrunk
from neurogate.analysis.trials import as_trials
from neurogate.errors import RequestError

__all__ = ["ErrorGrowth", "TimeReading", "error_growth", "read_time"]


class TimeReading(NamedTuple):
    """Elapsed time as read from activity of trials that did not train the decoder.

    Attributes
    ----------
    estimate_ms : (S, T) float64
        Estimate in each trial at each time.
    bias_ms : (T,) float64
        Mean over trials of estimate less time.
    sd_ms : (T,) float64
        Standard deviation of the estimate over trials (divisor S - 1).
    rmse_ms : float
        Root of the mean squared error over trials and times; where nothing is read it is about the standard
        deviation of the times themselves.
    """

    estimate_ms: NDArray[np.float64]
    bias_ms: NDArray[np.float64]
    sd_ms: NDArray[np.float64]
    rmse_ms: float


def read_time(
    activity: ArrayLike,
    time_ms: ArrayLike,
    decoder: Literal["bayes", "linear"] = "bayes",
    folds: int = 5,
    groups: ArrayLike | None = None,
    shrinkage: float = 0.1,
) -> TimeReading:
    r"""Read elapsed time from the activity of each time bin, in trials that did not train the decoder.

    ``"bayes"`` returns the posterior mean under Gaussian noise of one covariance and a flat prior over the
    bins, ``"linear"`` a ridge regression, the best ramp that a linear readout can make:

    .. math:: \hat t(x) = \sum_t t\, \frac{e^{g_t(x)}}{\sum_{t'} e^{g_{t'}(x)}}, \qquad
              \hat t(x) = \bar t + (1 - \lambda)\, c^T \Sigma^{-1} (x - \bar x)

    with the discriminant :math:`g_t` of :func:`neurogate.analysis.decoding.fit_discriminant` whose classes
    are the bins, and with the covariance `c` of activity and time and the shrunk covariance :math:`\Sigma` of
    activity. Both draw estimates towards the middle of the window, so that bias and spread mean little in its
    first and last bins. The null is the same for activity that is
    :func:`~neurogate.analysis.trials.circularly_shifted` with ``together=True``.

    Parameters
    ----------
    activity : (S, T, N)
        Trials, time bins, neurons; any unit.
    time_ms : (T,)
        Time of each bin, at least two different ones.
    decoder : {"bayes", "linear"}
        How time is read.
    folds : int
        Trial i is in fold i modulo `folds`, from 2 to S; not used if `groups` are given.
    groups : (S,), optional
        What is left out together, for example the cue of each trial: time is then read after cues that
        the decoder never saw.
    shrinkage : float
        :math:`\lambda` of the covariance, above 0 and at most 1.

    Returns
    -------
    TimeReading
        Estimates and their errors.

    Raises
    ------
    RequestError
        If lengths disagree, times do not differ, there are fewer than two folds or groups, fewer trials than
        folds, the decoder is unknown, or a value is not finite.

    References
    ----------
    Bakhurin KI et al. (2017). doi:10.1523/JNEUROSCI.1789-16.2016

    Examples
    --------
    >>> ramp = np.arange(5.0)[:, None] + np.zeros((4, 1, 1))
    >>> found = read_time(ramp, [0, 10, 20, 30, 40], "linear", folds=2, shrinkage=1e-9)
    >>> found.estimate_ms[0].round(3).tolist()
    [0.0, 10.0, 20.0, 30.0, 40.0]
    """
    data, times = as_trials(activity), np.asarray(time_ms, dtype=np.float64)
    if times.shape != data.shape[1:2] or not np.ptp(times) > 0:
        raise RequestError(
            f"time_ms has shape {times.shape} for {data.shape[1]} time bins. "
            "Give one time for each bin, and at least two different ones."
        )
    if decoder not in _DECODERS:
        raise RequestError(f"decoder is {decoder!r}. Choose one of {', '.join(_DECODERS)}.")
    fold = _folds(len(data), folds, groups)
    estimate = np.empty(data.shape[:2])
    for test in (fold == k for k in range(fold.max() + 1)):
        estimate[test] = _DECODERS[decoder](data[~test], data[test], times, shrinkage)
    error = estimate - times
    return TimeReading(
        estimate, error.mean(axis=0), estimate.std(axis=0, ddof=1), float(np.sqrt(np.square(error).mean()))
    )


def _folds(trials: int, folds: int, groups: ArrayLike | None) -> NDArray[np.int64]:
    if groups is None:
        if not 2 <= folds <= trials:
            raise RequestError(f"folds is {folds} for {trials} trials. Give 2 to {trials}.")
        return np.arange(trials) % folds
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    if member.shape != (trials,) or len(names) < 2:
        raise RequestError(
            f"groups has shape {member.shape} and {len(names)} different value(s) for {trials} trials. "
            "Give one for each trial, and at least two different ones."
        )
    return member.astype(np.int64)


def _bayes(
    train: NDArray[np.float64], test: NDArray[np.float64], times: NDArray[np.float64], shrinkage: float
) -> NDArray[np.float64]:
    trials, bins, n = train.shape
    fitted = fit_discriminant(train.reshape(-1, n), np.tile(np.arange(bins), trials), shrinkage)
    score = test @ fitted.weights.T + fitted.offsets
    posterior = np.exp(score - score.max(axis=-1, keepdims=True))
    return np.asarray(posterior @ times / posterior.sum(axis=-1))


def _linear(
    train: NDArray[np.float64], test: NDArray[np.float64], times: NDArray[np.float64], shrinkage: float
) -> NDArray[np.float64]:
    centre = train.mean(axis=(0, 1))
    deviations, late = train - centre, times - times.mean()
    covariance = (late @ deviations.mean(axis=0)) / late.size
    samples = deviations.reshape(-1, len(centre))
    weights = (1 - shrinkage) * solve_shrunk(samples, covariance[None], shrinkage)[0]
    return np.asarray(times.mean() + (test - centre) @ weights)


_DECODERS = {"bayes": _bayes, "linear": _linear}


class ErrorGrowth(NamedTuple):
    """How the spread of timing grows with time.

    Attributes
    ----------
    exponent : float
        Of a power law: 1 for scalar timing, 0.5 for errors that add up, 0 for a constant error.
    weber : float
        Weber fraction: how much of the spread is in proportion to time.
    floor_ms : float
        What is left of the spread at time 0, in ms.
    """

    exponent: float
    weber: float
    floor_ms: float


def error_growth(time_ms: ArrayLike, sd_ms: ArrayLike) -> ErrorGrowth:
    r"""Fit a power law and the generalised law of Weber to the spread of timing.

    .. math:: \log \sigma = \beta \log t + \text{const}, \qquad \sigma^2 = w^2 t^2 + c^2

    both by least squares, the second with :math:`w^2, c^2 \ge 0`. A floor lowers the exponent, so a small
    exponent alone does not refute scalar timing. It applies to the spread of peak times of a readout as well
    as to `read_time`.

    Parameters
    ----------
    time_ms : (T,)
        Times; only those above 0 are used.
    sd_ms : (T,)
        Standard deviation at each; only values above 0 are used.

    Returns
    -------
    ErrorGrowth
        Exponent, Weber fraction and floor; NaN where fewer than two different times are left.

    Raises
    ------
    RequestError
        If the shapes differ.

    References
    ----------
    Gibbon J (1977). Scalar expectancy theory and Weber's law. doi:10.1037/0033-295X.84.3.279
    Getty DJ (1975). doi:10.3758/BF03199358

    Examples
    --------
    >>> [round(part, 6) for part in error_growth([300, 600, 900, 1200], [30, 60, 90, 120])]
    [1.0, 0.1, 0.0]
    """
    from scipy.optimize import nnls

    times, spread = np.asarray(time_ms, dtype=np.float64), np.asarray(sd_ms, dtype=np.float64)
    if times.ndim != 1 or times.shape != spread.shape:
        raise RequestError(
            f"time_ms has shape {times.shape} and sd_ms {spread.shape}. Give one spread for each time."
        )
    times, spread = times[(times > 0) & (spread > 0)], spread[(times > 0) & (spread > 0)]
    if np.unique(times).size < 2:
        return ErrorGrowth(float("nan"), float("nan"), float("nan"))
    design = np.stack([np.square(times / times.max()), np.ones(times.size)], axis=1)
    (slope, base), _ = nnls(design, np.square(spread / times.max()))
    exponent = np.polynomial.Polynomial.fit(np.log(times), np.log(spread), 1).convert().coef[1]
    return ErrorGrowth(float(exponent), float(np.sqrt(slope)), float(np.sqrt(base) * times.max()))
