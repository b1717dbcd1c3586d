"""How well a readout that runs freely still follows what it was taught.

Here live measures of one replica: errors in windows of the run, the error at the best lag, and the sinusoid
nearest to a free run. Means over replicas are taken in `neurogate.tasks.waveform`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["best_lag_rmse", "dominant_frequency", "rmse", "sinusoid"]

Array = npt.NDArray[Any]
_POINTS = 2**22


def rmse(readout: Array, target: Array) -> float:
    """Return the root of the mean squared difference, over times and channels; NaN of nothing.

    Examples
    --------
    >>> rmse(np.array([1.0, 2.0]), np.array([1.0, 4.0])).__round__(3)
    1.414
    """
    error = np.asarray(readout, np.float64) - target
    return float(np.sqrt(np.mean(error**2))) if error.size else float("nan")


def best_lag_rmse(readout: Array, target: Array, most_ms: int, dt_ms: float = 1.0) -> float:
    """Return the smallest RMSE over shifts of the readout by whole milliseconds, either way.

    Parameters
    ----------
    readout, target : (T, R) arrays
    most_ms : int
        Longest shift; the target is compared without that time at both ends.
    dt_ms : float
        Time between two samples; a shift is rounded to whole samples.

    Examples
    --------
    >>> x = np.sin(np.arange(100.0))[:, None]
    >>> best_lag_rmse(x[:-3], x[3:], most_ms=5)
    0.0
    """
    lags = {round(lag_ms / dt_ms) for lag_ms in range(-most_ms, most_ms + 1)}
    most = max(lags)
    last = len(target) - most
    if last <= most:
        return float("nan")
    middle = target[most:last]
    return min(rmse(readout[most + lag : last + lag], middle) for lag in lags)


def dominant_frequency(values: Array, dt_ms: float) -> float:
    """Return where the spectrum of a signal peaks, in Hz: mean removed, Hann window, zeros appended.

    Parameters
    ----------
    values : (T,) array
    dt_ms : float
        Time between two samples.

    Examples
    --------
    >>> round(dominant_frequency(np.sin(2 * np.pi * 0.005 * np.arange(2000.0)), 1.0), 3)
    5.0
    """
    centred = (values - np.mean(values)) * np.hanning(len(values))
    points = max(_POINTS, len(values))
    spectrum = np.abs(np.fft.rfft(centred, points))
    return float(np.argmax(spectrum) * 1000.0 / (points * dt_ms))


def sinusoid(values: Array, dt_ms: float) -> tuple[float, float, float]:
    """Fit a sinusoid of the dominant frequency with an offset, by least squares.

    Parameters
    ----------
    values : (T,) array
    dt_ms : float
        Time between two samples.

    Returns
    -------
    frequency_hz, amplitude, residual : float
        The residual is the standard deviation of what the sinusoid leaves.

    Examples
    --------
    >>> fit = sinusoid(1 + 0.5 * np.sin(2 * np.pi * 0.005 * np.arange(2000.0)), 1.0)
    >>> [abs(round(number, 3)) for number in fit]
    [5.0, 0.5, 0.0]
    """
    values = np.asarray(values, np.float64)
    frequency_hz = dominant_frequency(values, dt_ms)
    phase = 2 * np.pi * frequency_hz * 0.001 * dt_ms * np.arange(len(values))
    waves = np.column_stack([np.sin(phase), np.cos(phase), np.ones(len(values))])
    # Normal equations of the least norm: of a constant the frequency is 0, and the waves are not independent.
    weights = np.linalg.lstsq(waves.T @ waves, waves.T @ values, rcond=None)[0]
    residual = float(np.std(values - waves @ weights))
    return frequency_hz, float(np.hypot(weights[0], weights[1])), residual
