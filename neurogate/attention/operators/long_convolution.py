"""The causal convolution with a filter as long as the sequence, by FFT."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace
from neurogate.attention.pieces import threads

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs: two spectra, and the lengths of the FFT, the sequence and the filter."""

    signal: Array
    kernel: Array
    points: int
    length: int
    lags: int


def forward(x: Array, kernel: Array) -> tuple[Array, Cache]:
    r"""Convolve each channel with its own filter.

    .. math:: y_t = \sum_{j \le t} k_j x_{t-j}

    The sequence is padded with zeros, so that the FFT's circle is never closed; its cost grows as T log T.

    Parameters
    ----------
    x : (..., T, D)
        Input.
    kernel : (D, L)
        Filters; the first number belongs to the sample itself, and those beyond T - 1 touch nothing.

    Returns
    -------
    y : (..., T, D)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([[1.0], [0.0], [0.0]]), np.array([[3.0, 2.0]]))[0].round(12).ravel().tolist()
    [3.0, 2.0, 0.0]
    """
    xp = namespace(x=x, kernel=kernel)
    fits(x.ndim >= 2 and kernel.ndim == 2 and len(kernel) == x.shape[-1],
         "x must be (..., length, channels) and kernel (channels, lags)", x=x, kernel=kernel)  # fmt: skip
    fft, options = _fft(xp)
    length, lags = x.shape[-2], kernel.shape[-1]
    points = fft.next_fast_len(max(2 * length, 2), True)
    signal = fft.rfft(x, points, axis=-2, **options)
    response = fft.rfft(kernel[:, :length].T, points, axis=0, **options)
    y = fft.irfft(signal * response, points, axis=-2, **options)[..., :length, :]
    return y, Cache(signal, response, points, length, lags)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array]:
    r"""Return the gradients, by the conjugate spectra.

    .. math:: \bar x_s = \sum_{t \ge s} k_{t-s} \bar y_t, \quad \bar k_j = \sum_t x_{t-j} \bar y_t

    Parameters
    ----------
    dy : (..., T, D)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx : (..., T, D)
        Gradient with respect to `x`.
    dkernel : (D, L)
        Gradient with respect to the filters.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.array([[1.0], [5.0], [7.0]]), np.array([[3.0, 2.0]]))
    >>> backward(np.array([[0.0], [0.0], [1.0]]), cache)[1].round(12).tolist()
    [[7.0, 5.0]]
    """
    xp = namespace(dy=dy)
    signal, response, points, length, lags = cache
    (fft, options), width = _fft(xp), signal.shape[-1]
    dy = answers(dy, (*signal.shape[:-2], length, width), cache)
    spectrum = fft.rfft(dy, points, axis=-2, **options)
    dx = fft.irfft(spectrum * response.conj(), points, axis=-2, **options)[..., :length, :]
    met = (spectrum * signal.conj()).reshape(-1, points // 2 + 1, width).sum(axis=0)
    dkernel = xp.zeros((width, lags), dy.dtype)
    dkernel[:, :length] = fft.irfft(met, points, axis=0, **options)[: min(length, lags)].T
    return dx, dkernel


def _fft(xp: Namespace) -> tuple[Any, Mapping[str, int]]:
    """Return the library of FFTs, and how it shares out the channels."""
    if xp.__name__ == "numpy":
        return importlib.import_module("scipy.fft"), {"workers": threads()}
    return importlib.import_module("cupyx.scipy.fft"), {}
