"""Statistics of spike trains that are given as events.

An event is a pair (time in ms, neuron index); events come in two arrays of one length and in any order.
Windows are half-open: a spike at their end is not counted. Recording spikes is the simulator's work.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurogate.errors import RequestError
from neurogate.units import whole_steps

__all__ = ["fano_factor", "isi_cv", "mean_rate", "pairwise_correlation", "psth", "spike_counts"]

_MS_PER_S = 1000.0


def spike_counts(
    time_ms: ArrayLike, neuron: ArrayLike, n: int, window_ms: tuple[float, float], bin_ms: float
) -> NDArray[np.int64]:
    """Count the spikes of every neuron in bins.

    Parameters
    ----------
    time_ms, neuron : (S,)
        Events; those outside the window are ignored.
    n : int
        Number of neurons N.
    window_ms : (float, float)
        Start (included) and stop (excluded).
    bin_ms : float
        Width of a bin; a whole number of bins must fill the window.

    Returns
    -------
    (N, T) int64
        Counts.

    Raises
    ------
    RequestError
        If the bins do not fill the window or a neuron index is not from 0 to n - 1.

    Examples
    --------
    >>> spike_counts([1.0, 4.0, 12.0], [0, 0, 1], n=2, window_ms=(0.0, 20.0), bin_ms=10.0).tolist()
    [[2, 0], [0, 1]]
    """
    times, neurons = _events(time_ms, neuron, n)
    start, stop = window_ms
    bins = whole_steps(stop - start, bin_ms) if stop > start and bin_ms > 0 else None
    if not bins:
        raise RequestError(
            f"The window from {start:g} to {stop:g} ms is not a whole number of bins of {bin_ms:g} ms. "
            "Change the window or the bin."
        )
    inside = (times >= start) & (times < stop)
    place = np.minimum(((times[inside] - start) / bin_ms).astype(np.int64), bins - 1)
    return np.bincount(neurons[inside] * bins + place, minlength=n * bins).reshape(n, bins)


def mean_rate(
    time_ms: ArrayLike, neuron: ArrayLike, n: int, window_ms: tuple[float, float]
) -> NDArray[np.float64]:
    """Return the mean firing rate of every neuron in a window.

    Parameters
    ----------
    time_ms, neuron : (S,)
        Events; those outside the window are ignored.
    n : int
        Number of neurons N.
    window_ms : (float, float)
        Start (included) and stop (excluded).

    Returns
    -------
    (N,) float64
        Rates in Hz.

    Raises
    ------
    RequestError
        If the window is empty or a neuron index is not from 0 to n - 1.

    Examples
    --------
    >>> mean_rate([100.0, 200.0, 300.0], [0, 0, 1], n=3, window_ms=(0.0, 500.0)).tolist()
    [4.0, 2.0, 0.0]
    """
    width = window_ms[1] - window_ms[0]
    counts = spike_counts(time_ms, neuron, n, window_ms, width)[:, 0]
    return np.asarray(counts * (_MS_PER_S / width), dtype=np.float64)


def isi_cv(time_ms: ArrayLike, neuron: ArrayLike, n: int) -> NDArray[np.float64]:
    r"""Return the coefficient of variation of every neuron's interspike intervals.

    .. math:: \mathrm{CV} = \mathrm{sd}(\Delta t) / \mathrm{mean}(\Delta t)

    0 for a clock, 1 for a Poisson process. The standard deviation divides by the number of intervals.

    Parameters
    ----------
    time_ms, neuron : (S,)
        Events.
    n : int
        Number of neurons N.

    Returns
    -------
    (N,) float64
        CV, at least 0; NaN for neurons with fewer than two intervals.

    Raises
    ------
    RequestError
        If a neuron index is not from 0 to n - 1.

    References
    ----------
    Softky WR, Koch C (1993). doi:10.1523/JNEUROSCI.13-01-00334.1993

    Examples
    --------
    >>> isi_cv([0.0, 10.0, 20.0, 5.0], [0, 0, 0, 1], n=2).tolist()
    [0.0, nan]
    """
    times, neurons = _events(time_ms, neuron, n)
    order = np.lexsort((times, neurons))
    same = neurons[order][1:] == neurons[order][:-1]
    interval, owner = np.diff(times[order])[same], neurons[order][1:][same]
    count = np.bincount(owner, minlength=n)
    mean = _ratio(np.bincount(owner, interval, minlength=n), np.where(count > 1, count, 0))
    squares = np.bincount(owner, (interval - mean[owner]) ** 2, minlength=n)
    return _ratio(np.sqrt(squares / np.maximum(count, 1)), np.nan_to_num(mean))


def fano_factor(
    time_ms: ArrayLike, neuron: ArrayLike, n: int, window_ms: tuple[float, float], bin_ms: float
) -> NDArray[np.float64]:
    r"""Return the Fano factor of every neuron's spike count.

    .. math:: F = \mathrm{var}(c) / \mathrm{mean}(c)

    over the counts `c` in successive bins: 1 for a Poisson process. The variance divides by T - 1.

    Parameters
    ----------
    time_ms, neuron : (S,)
        Events.
    n : int
        Number of neurons N.
    window_ms : (float, float)
        Start (included) and stop (excluded).
    bin_ms : float
        Width of a bin; at least two bins must fill the window.

    Returns
    -------
    (N,) float64
        Fano factors; NaN for silent neurons.

    Raises
    ------
    RequestError
        If the window does not hold a whole number of bins, at least two.

    References
    ----------
    Fano U (1947). doi:10.1103/PhysRev.72.26

    Examples
    --------
    >>> fano_factor([1.0, 11.0, 12.0], [0, 0, 0], n=1, window_ms=(0.0, 20.0), bin_ms=10.0).round(3).tolist()
    [0.333]
    """
    counts = _varied_counts(time_ms, neuron, n, window_ms, bin_ms)
    return _ratio(counts.var(axis=1, ddof=1), counts.mean(axis=1))


def pairwise_correlation(
    time_ms: ArrayLike, neuron: ArrayLike, n: int, window_ms: tuple[float, float], bin_ms: float
) -> NDArray[np.float64]:
    r"""Return the correlation of the spike counts of every two neurons.

    .. math:: \rho_{ij} = \frac{\mathrm{cov}(c_i, c_j)}{\mathrm{sd}(c_i)\, \mathrm{sd}(c_j)}

    over the counts `c` in successive bins. A drift that neurons share counts as correlation, and short bins
    make correlations small; compare windows and bins of one width.

    Parameters
    ----------
    time_ms, neuron : (S,)
        Events.
    n : int
        Number of neurons N.
    window_ms : (float, float)
        Start (included) and stop (excluded).
    bin_ms : float
        Width of a bin; at least two bins must fill the window.

    Returns
    -------
    (N, N) float64
        Correlations from -1 to 1, symmetric; NaN where a neuron's count is the same in every bin.

    Raises
    ------
    RequestError
        If the window does not hold a whole number of bins, at least two.

    References
    ----------
    Cohen MR, Kohn A (2011). doi:10.1038/nn.2842

    Examples
    --------
    >>> times, neurons = [1.0, 11.0, 2.0, 12.0, 21.0], [0, 0, 1, 1, 2]
    >>> rho = pairwise_correlation(times, neurons, n=3, window_ms=(0.0, 30.0), bin_ms=10.0)
    >>> rho.round(6).tolist()
    [[1.0, 1.0, -1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]]
    """
    counts = _varied_counts(time_ms, neuron, n, window_ms, bin_ms)
    steady = np.ptp(counts, axis=1) == 0
    centred = counts - counts.mean(axis=1, keepdims=True)
    length = np.where(steady, np.nan, np.sqrt((centred**2).sum(axis=1)))
    direction = centred / length[:, None]
    return np.asarray((direction @ direction.T).clip(-1, 1))


def psth(
    time_ms: ArrayLike, window_ms: tuple[float, float], bin_ms: float, sources: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the peristimulus time histogram: the mean rate in bins of time.

    Parameters
    ----------
    time_ms : (S,)
        Spike times relative to the event, pooled over trials and neurons.
    window_ms : (float, float)
        Start (included) and stop (excluded).
    bin_ms : float
        Width of a bin; a whole number of bins must fill the window.
    sources : int
        Over how many spike trains (trials x neurons) the rate is averaged.

    Returns
    -------
    centre_ms : (T,) float64
        Middle of each bin.
    rate_hz : (T,) float64
        Mean rate of one spike train.

    Raises
    ------
    RequestError
        If the bins do not fill the window.

    Examples
    --------
    >>> centre_ms, rate_hz = psth([1.0, 2.0, 12.0], (0.0, 20.0), bin_ms=10.0, sources=2)
    >>> centre_ms.tolist(), rate_hz.tolist()
    ([5.0, 15.0], [100.0, 50.0])
    """
    times = np.asarray(time_ms, dtype=np.float64)
    counts = spike_counts(times, np.zeros(times.shape, dtype=np.int64), 1, window_ms, bin_ms)[0]
    centre_ms = window_ms[0] + bin_ms * (np.arange(counts.size) + 0.5)
    return centre_ms, counts * (_MS_PER_S / (bin_ms * sources))


def _varied_counts(
    time_ms: ArrayLike, neuron: ArrayLike, n: int, window_ms: tuple[float, float], bin_ms: float
) -> NDArray[np.int64]:
    """Count spikes in as many bins as a variance needs."""
    counts = spike_counts(time_ms, neuron, n, window_ms, bin_ms)
    if counts.shape[1] < 2:
        raise RequestError(
            f"A window of {window_ms[1] - window_ms[0]:g} ms holds one bin of {bin_ms:g} ms. "
            "A variance needs at least two; make the bin shorter."
        )
    return counts


def _events(time_ms: ArrayLike, neuron: ArrayLike, n: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    times, neurons = np.asarray(time_ms, dtype=np.float64), np.asarray(neuron, dtype=np.int64)
    if times.ndim != 1 or times.shape != neurons.shape:
        raise RequestError(
            f"time_ms has shape {times.shape} and neuron {neurons.shape}. Give one neuron for each time."
        )
    if neurons.size and not 0 <= neurons.min() <= neurons.max() < n:
        raise RequestError(
            f"Events name neurons {neurons.min()} to {neurons.max()}, but n is {n}. "
            f"Indices run from 0 to {n - 1}."
        )
    return times, neurons


def _ratio(above: NDArray[Any], below: NDArray[Any]) -> NDArray[np.float64]:
    """Divide, with NaN where the divisor is 0."""
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0))
