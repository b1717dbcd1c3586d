"""Read time and probability out of a prediction, and score them.

A prediction object is a *when* readout (a bump at the expected time) and a *what* readout (one value for
each outcome). Here live the functions that turn both into a time and into probabilities and compare
them with the truth. Learning the readouts lives in :mod:`neurogate.plasticity`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError

__all__ = [
    "Peak",
    "correlation",
    "mean_absolute_error",
    "peak_time",
    "read_probability",
    "timing_error",
    "trials_to_criterion",
]

_SLACK_MS = 1e-6  # bin times are sums of decimal steps, so a bin meant to lie on a bound may miss it


class Peak(NamedTuple):
    """Where a *when* readout is largest.

    Attributes
    ----------
    peak_ms : (...) float
        Time of the maximum, given even where it was not found.
    amplitude : (...) float
        Readout at that time.
    found : (...) bool
        Whether the amplitude reaches the floor.
    """

    peak_ms: NDArray[np.float64]
    amplitude: NDArray[Any]
    found: NDArray[np.bool_]


def peak_time(when: ArrayLike, time_ms: ArrayLike, window_ms: tuple[float, float], floor: float) -> Peak:
    r"""Find the time at which a trial-averaged *when* readout peaks.

    .. math:: \hat t = \arg\max_{t \in [t_0, t_1]} z(t), \quad \text{found} = [z(\hat t) \ge \text{floor}]

    Parameters
    ----------
    when : (..., T)
        Readout, averaged over trials; arbitrary unit. A NaN in the window counts as not found.
    time_ms : (T,)
        Time of each bin.
    window_ms : (float, float)
        First and last time at which a peak is looked for, both included.
    floor : float
        Smallest amplitude that counts as a prediction.

    Returns
    -------
    Peak
        Time, amplitude and whether it was found, each of shape (...); the first of equal maxima.

    Raises
    ------
    RequestError
        If lengths disagree or no bin lies in the window.

    Examples
    --------
    >>> peak = peak_time([0.0, 0.1, 0.6, 0.2], [0.0, 5.0, 10.0, 15.0], (5.0, 15.0), floor=0.08)
    >>> float(peak.peak_ms), float(peak.amplitude), bool(peak.found)
    (10.0, 0.6, True)
    """
    readout, times = np.asarray(when), _times(time_ms, np.shape(when))
    inside = (times >= window_ms[0] - _SLACK_MS) & (times <= window_ms[1] + _SLACK_MS)
    if not inside.any():
        raise RequestError(
            f"No bin lies in the window from {window_ms[0]:g} to {window_ms[1]:g} ms. "
            f"The bins run from {times.min(initial=np.inf):g} to {times.max(initial=-np.inf):g} ms; "
            "widen the window."
        )
    seen = readout[..., inside]
    best = seen.argmax(axis=-1)
    amplitude = np.take_along_axis(seen, best[..., None], axis=-1)[..., 0]
    return Peak(times[inside][best], amplitude, amplitude >= floor)


def timing_error(
    peak_ms: ArrayLike, found: ArrayLike, latency_ms: ArrayLike, missed_error_ms: float = 600.0
) -> NDArray[np.float64]:
    r"""Return the absolute timing error of each prediction.

    .. math:: e = |\hat t - L| \text{ if found, else } e_\text{missed}

    Parameters
    ----------
    peak_ms, found, latency_ms : (...)
        Predicted time (ms), whether there is one, and the true time (ms); shapes broadcast.
    missed_error_ms : float
        What a prediction that is not there counts as, in ms.

    Returns
    -------
    (...) float64
        Error in ms, at least 0.

    Examples
    --------
    >>> timing_error([310.0, 200.0], [True, False], [300.0, 600.0]).tolist()
    [10.0, 600.0]
    """
    error = np.abs(np.asarray(peak_ms, dtype=np.float64) - np.asarray(latency_ms, dtype=np.float64))
    return np.where(np.asarray(found, dtype=bool), error, missed_error_ms)


def read_probability(
    what: ArrayLike, time_ms: ArrayLike, peak_ms: ArrayLike, half_width_ms: float = 40.0
) -> NDArray[np.float64]:
    r"""Return the probability of each outcome, read around the predicted time.

    .. math:: \hat p_k = \mathrm{mean}\{\, q_k(t) : |t - \hat t| \le h \,\}

    Parameters
    ----------
    what : (..., K, T)
        Readout of every outcome.
    time_ms : (T,)
        Time of each bin.
    peak_ms : (...)
        Predicted time, from `peak_time`.
    half_width_ms : float
        Half width `h` of the window that is averaged, its bounds included.

    Returns
    -------
    (..., K) float64
        Learned probabilities, unclipped; NaN where no bin lies in the window.

    Raises
    ------
    RequestError
        If lengths disagree.

    Examples
    --------
    >>> what = [[0.2, 0.4, 0.6, 0.8], [0.5, 0.5, 0.5, 0.5]]
    >>> read_probability(what, [0.0, 40.0, 80.0, 120.0], 80.0).round(3).tolist()
    [0.6, 0.5]
    """
    readout, times = np.asarray(what, dtype=np.float64), _times(time_ms, np.shape(what))
    near = np.abs(times - np.asarray(peak_ms, dtype=np.float64)[..., None]) <= half_width_ms + _SLACK_MS
    near = near[..., None, :]
    total, count = np.where(near, readout, 0.0).sum(axis=-1), near.sum(axis=-1)
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))


def mean_absolute_error(
    estimate: ArrayLike, truth: ArrayLike, axis: int | tuple[int, ...] | None = None
) -> NDArray[np.float64]:
    """Return the mean of ``|estimate - truth|`` over `axis`, over everything by default.

    Parameters
    ----------
    estimate, truth : (...)
        Values in the same unit; shapes broadcast.
    axis : int or tuple of int, optional
        Axes to average over.

    Returns
    -------
    (...) float64
        Error in the unit of the values, at least 0.

    Examples
    --------
    >>> float(mean_absolute_error([0.5, 1.0], [0.25, 0.75]))
    0.25
    """
    difference = np.asarray(estimate, dtype=np.float64) - np.asarray(truth, dtype=np.float64)
    return np.asarray(np.abs(difference).mean(axis=axis))


def correlation(x: ArrayLike, y: ArrayLike) -> float:
    r"""Return Pearson's correlation of two sets of paired values.

    .. math:: r = \frac{\sum (x - \bar x)(y - \bar y)}{\sqrt{\sum (x - \bar x)^2 \sum (y - \bar y)^2}}

    Parameters
    ----------
    x, y : (...)
        Paired values of one shape; every axis is pooled.

    Returns
    -------
    float
        From -1 to 1. NaN (without a warning) if either side is constant, empty or holds a value that
        is not finite, because r is then undefined.

    Raises
    ------
    RequestError
        If the shapes differ.

    References
    ----------
    Pearson K (1895). Notes on regression and inheritance in the case of two parents.
    doi:10.1098/rspl.1895.0041

    Examples
    --------
    >>> round(correlation([0.1, 0.5, 0.9], [0.2, 0.6, 1.0]), 6)
    1.0
    >>> correlation([0.1, 0.5, 0.9], [0.3, 0.3, 0.3])
    nan
    """
    if np.shape(x) != np.shape(y):
        raise RequestError(
            f"x has shape {np.shape(x)} and y {np.shape(y)}. A correlation needs pairs; give one shape."
        )
    u, v = (_unit_deviation(values) for values in (x, y))
    return float(np.clip((u * v).sum(), -1.0, 1.0))


def _unit_deviation(values: ArrayLike) -> NDArray[np.float64]:
    """Centre values and scale them to norm 1; all NaN where that is impossible."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    if not flat.size or not np.isfinite(flat).all() or flat.min() == flat.max():
        return np.full(max(flat.size, 1), np.nan)
    deviation = flat / np.abs(flat).max()
    deviation -= deviation.mean()
    deviation /= np.abs(deviation).max()
    unit: NDArray[np.float64] = deviation / np.sqrt((deviation**2).sum())
    return unit


def trials_to_criterion(
    trial: ArrayLike, error: ArrayLike, threshold: float, successive: int = 3
) -> NDArray[np.float64]:
    """Return the first trial from which the error stays below a threshold for some successive probes.

    Parameters
    ----------
    trial : (P,)
        Trials done at each probe, ascending.
    error : (..., P)
        Error at each probe; NaN is never below the threshold.
    threshold : float
        What the error must be strictly below, in its own unit.
    successive : int
        How many probes in a row must be below; guards against one lucky probe.

    Returns
    -------
    (...) float64
        Trial of the first of those probes; infinity where the criterion is never met.

    Raises
    ------
    RequestError
        If lengths disagree or `successive` is below 1.

    Examples
    --------
    >>> float(trials_to_criterion([10, 20, 30, 40, 50], [9.0, 1.0, 9.0, 1.0, 1.0], 5.0, successive=2))
    40.0
    >>> float(trials_to_criterion([10, 20, 30], [9.0, 9.0, 1.0], 5.0))
    inf
    """
    errors, trials = np.asarray(error, dtype=np.float64), np.asarray(trial, dtype=np.float64)
    if trials.shape != errors.shape[-1:] or successive < 1:
        raise RequestError(
            f"trial has shape {trials.shape}, error {errors.shape} and successive is {successive}. "
            "Give one trial for each value on the last axis of error, and successive of at least 1."
        )
    if trials.size < successive:
        return np.full(errors.shape[:-1], np.inf)
    held = np.lib.stride_tricks.sliding_window_view(errors < threshold, successive, axis=-1).all(axis=-1)
    return np.where(held.any(axis=-1), trials[held.argmax(axis=-1)], np.inf)


def _times(time_ms: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    times = np.asarray(time_ms, dtype=np.float64)
    if times.shape != shape[-1:]:
        raise RequestError(
            f"time_ms has shape {times.shape} and the readout {shape}. "
            "Give one time for each bin on the last axis of the readout."
        )
    return times
