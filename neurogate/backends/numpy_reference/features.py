"""What a readout sees of the traces, in NumPy: a running high-pass filter over bins."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["high_pass"]

Array = npt.NDArray[Any]


def high_pass(x: Array, gain: Array, memory: Array, rate: float, threads: int = 1) -> tuple[Array, Array]:
    r"""Remove the slow part of each signal and scale what is left.

    .. math:: m \leftarrow m + \lambda (x - m), \qquad h = \gamma (x - m)

    Parameters
    ----------
    x : (B, T, N) array
        Signals over T bins.
    gain : (B, N) array
        Scale :math:`\gamma` of each neuron.
    memory : (B, N) array
        Running mean m before the first bin; left untouched.
    rate : float
        Step :math:`\lambda` = bin / time constant, from 0 to 1.
    threads : int
        Not used here; results never depend on it.

    Returns
    -------
    h : (B, T, N) array
    memory : (B, N) array
        Running mean after the last bin.

    Examples
    --------
    >>> h, m = high_pass(np.ones((1, 2, 1)), np.ones((1, 1)), np.zeros((1, 1)), 0.5)
    >>> h[0, :, 0].tolist(), float(m[0, 0])
    ([0.5, 0.25], 0.75)
    """
    step = x.dtype.type(rate)
    m, h = memory.copy(), np.empty_like(x)
    for t in range(x.shape[1]):
        m += step * (x[:, t] - m)
        h[:, t] = gain * (x[:, t] - m)
    return h, m
