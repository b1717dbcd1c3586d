"""Powers of a number for each channel, all at once."""

from __future__ import annotations

import math

import numpy as np

from neurogate.attention.arrays import Array, Namespace, namespace
from neurogate.attention.fused import fused
from neurogate.attention.pieces import share_out

__all__ = ["powers_of"]


def powers_of(log: Array, count: int) -> Array:
    r"""Return :math:`q^0, q^1, \dots` of each q.

    On a CPU they are products of a few, :math:`q^{mi} q^j`: exponentials take longer.

    Parameters
    ----------
    log : (...)
        Logarithm of each q, real or complex.
    count : int
        How many.

    Returns
    -------
    (..., count)

    Examples
    --------
    >>> powers_of(np.log([2.0]), 5).round(6).tolist()
    [[1.0, 2.0, 4.0, 8.0, 16.0]]
    """
    xp = namespace(log=log.real)
    few = math.isqrt(count) + 1 if xp is np else count
    near = _power(log[..., None], xp.arange(few, dtype=log.real.dtype))
    if few == count:
        return near
    far = _power(log[..., None], xp.arange(0, few * few, few, dtype=log.real.dtype))
    found = np.empty((*far.shape, few), near.dtype)
    share_out(_multiply, found, far, near)
    return found.reshape(*log.shape, few * few)[..., :count]


def _multiply(found: Array, far: Array, near: Array) -> None:
    np.multiply(far[..., None], near[..., None, :], out=found)


@fused
def _power(xp: Namespace, log: Array, lag: Array) -> Array:
    return xp.exp(log * lag)
