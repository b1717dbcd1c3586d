"""The memory of RWKV-4, step by step, compiled; defined in `neurogate.attention.operators.wkv`."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from .compiling import kernel, over_replicas, part

__all__ = ["recurrent", "recurrent_backward"]

Array = npt.NDArray[Any]


def recurrent(
    k: Array, v: Array, w: Array, u: Array, mean: Array, mass: Array, threads: int | None = None
) -> tuple[Array, Array, Array, tuple[Array, Array]]:
    """Take the steps forward.

    Parameters and returns are those of `neurogate.attention.operators.wkv.recurrent`; threads do not change
    the bits.

    Examples
    --------
    >>> x, none = np.zeros((1, 2, 1)), np.full((1, 1), -np.inf)
    >>> recurrent(x, x + 3, np.zeros(1), np.zeros(1), x[:, 0], none)[3][1].round(4).item()
    0.6931
    """
    k, v = np.ascontiguousarray(k), np.ascontiguousarray(v)
    y, means, masses = np.empty_like(v), np.empty_like(v), np.empty_like(v)
    mean, mass = mean.copy(order="C"), mass.copy(order="C")

    def work(b: int) -> None:
        _ahead(k[b], v[b], w, u, mean[b], mass[b], y[b], means[b], masses[b])

    over_replicas(work, len(k), numba.get_num_threads() if threads is None else threads)
    return y, means, masses, (mean, mass)


def recurrent_backward(
    dy: Array, k: Array, v: Array, w: Array, u: Array, means: Array, masses: Array, threads: int | None = None
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Take the steps backward.

    Parameters and returns are those of `neurogate.attention.operators.wkv.recurrent_backward`; threads do not
    change the bits.

    Examples
    --------
    >>> x = np.zeros((1, 1, 1))
    >>> recurrent_backward(x + 1, x, x, x[0, 0], x[0, 0], x, x)[1].item()
    0.5
    """
    dy, k, v = (np.ascontiguousarray(array) for array in (dy, k, v))
    dk, dv = np.empty_like(k), np.empty_like(v)
    dw, du, dmean, dmass = np.zeros((4, len(k), k.shape[2]), k.dtype)

    def work(b: int) -> None:
        _back(dy[b], k[b], v[b], w, u, means[b], masses[b], dk[b], dv[b], dw[b], du[b], dmean[b], dmass[b])

    over_replicas(work, len(k), numba.get_num_threads() if threads is None else threads)
    return dk, dv, dw.sum(axis=0), du.sum(axis=0), dmean, dmass


@part
def _sigmoid(x: Any, one: Any) -> Any:
    small = math.exp(-abs(x))
    return (one if x >= 0 else small) / (one + small)


@kernel
def _ahead(k: Any, v: Any, w: Any, u: Any, mean: Any, mass: Any, y: Any, means: Any, masses: Any) -> None:
    one = k.dtype.type(1)
    for t in range(k.shape[0]):
        for c in range(k.shape[1]):
            a, m, x = mean[c], mass[c], k[t, c]
            means[t, c], masses[t, c] = a, m
            new = v[t, c] - a
            y[t, c] = a + _sigmoid(u[c] + x - m, one) * new
            ahead = x - w[c] - m
            small = math.exp(-abs(ahead))
            mean[c] = a + (one if ahead >= 0 else small) / (one + small) * new
            mass[c] = max(x, w[c] + m) + math.log1p(small)


@kernel
def _back(
    dy: Any, k: Any, v: Any, w: Any, u: Any, means: Any, masses: Any, dk: Any, dv: Any, dw: Any, du: Any,
    dmean: Any, dmass: Any,
) -> None:  # fmt: skip
    one = k.dtype.type(1)
    for t in range(k.shape[0] - 1, -1, -1):
        for c in range(k.shape[1]):
            m, x, g = masses[t, c], k[t, c], dy[t, c]
            new, now, kept = v[t, c] - means[t, c], _sigmoid(u[c] + x - m, one), _sigmoid(x - w[c] - m, one)
            e, f = now * (one - now) * new * g, kept * (one - kept) * new * dmean[c]
            dv[t, c] = now * g + kept * dmean[c]
            dk[t, c] = e + f + kept * dmass[c]
            du[c] += e
            dw[c] += (one - kept) * dmass[c] - f
            dmean[c] = (one - now) * g + (one - kept) * dmean[c]
            dmass[c] = (one - kept) * dmass[c] - e - f
