"""The running high-pass filter over bins, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .compiling import kernel, over_replicas

__all__ = ["high_pass"]

Array = npt.NDArray[Any]


def high_pass(x: Array, gain: Array, memory: Array, rate: float, threads: int = 1) -> tuple[Array, Array]:
    """Remove the slow part of each signal and scale what is left.

    Parameters and returns are those of `numpy_reference.high_pass`.

    Examples
    --------
    >>> h, m = high_pass(np.ones((1, 2, 1)), np.ones((1, 1)), np.zeros((1, 1)), 0.5)
    >>> h[0, :, 0].tolist(), float(m[0, 0])
    ([0.5, 0.25], 0.75)
    """
    m, h = memory.copy(), np.empty_like(x)
    step = x.dtype.type(rate)
    over_replicas(lambda b: _high_pass(x[b], gain[b], m[b], step, h[b]), len(x), threads)
    return h, m


@kernel
def _high_pass(x: Any, gain: Any, m: Any, step: Any, h: Any) -> None:
    for t in range(x.shape[0]):
        xt, ht = x[t], h[t]
        for i in range(m.shape[0]):
            m[i] += step * (xt[i] - m[i])
            ht[i] = gain[i] * (xt[i] - m[i])
