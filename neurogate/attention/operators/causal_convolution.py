"""The short causal convolution along time, of each channel by itself."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, answers, fits, namespace
from neurogate.attention.operators import windows
from neurogate.attention.pieces import share_out

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs; `state` are the last k - 1 samples, (..., k - 1, D), for the next piece."""

    padded: Array
    weight: Array
    biased: bool
    carried: bool
    state: Array


def forward(
    x: Array, weight: Array, bias: Array | None = None, state: Array | None = None
) -> tuple[Array, Cache]:
    r"""Weight each sample and the k - 1 before it.

    .. math:: y_t = b + \sum_{j=0}^{k-1} w_j x_{t-k+1+j}

    The last weight belongs to the sample itself.

    Parameters
    ----------
    x : (..., T, D)
        Input.
    weight : (D, k) or (D, 1, k)
        One filter for each channel.
    bias : (D,), optional
        What is added.
    state : (..., k - 1, D), optional
        The samples before the first; 0 if left out.

    Returns
    -------
    y : (..., T, D)
        Output.
    cache : Cache
        For `backward`, and with the state after the last step.

    Raises
    ------
    RequestError
        If shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = forward(np.array([[1.0], [2.0], [3.0]]), np.array([[10.0, 1.0]]))
    >>> y.ravel().tolist(), cache.state.tolist()
    ([1.0, 12.0, 23.0], [[3.0]])
    """
    xp = namespace("bias", "state", x=x, weight=weight, bias=bias, state=state)
    _fit(x, weight, bias)
    length, width = x.shape[-2:]
    k = weight.shape[-1]
    before = (*x.shape[:-2], k - 1, width)
    fits(
        state is None or state.shape == before, f"the state must be {before}", x=x, weight=weight, state=state
    )
    padded = xp.concatenate([xp.zeros(before, x.dtype) if state is None else state, x], axis=-2)
    y = _sums(padded, weight.reshape(width, k), length)
    if bias is not None:
        y += bias
    return y, Cache(padded, weight, bias is not None, state is not None, padded[..., length:, :])


def backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array | None, Array | None]:
    r"""Return the gradients.

    .. math:: \bar x_s = \sum_j w_j \bar y_{s+k-1-j}, \quad \bar w_j = \sum_t x_{t-k+1+j} \bar y_t, \quad
        \bar b = \sum_t \bar y_t

    Parameters
    ----------
    dy : (..., T, D)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx, dweight, dbias, dstate
        Gradients; None for what was left out.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.array([[1.0], [2.0], [3.0]]), np.array([[10.0, 1.0]]))
    >>> backward(np.ones((3, 1)), cache)[1].tolist()
    [[3.0, 6.0]]
    """
    padded, weight, biased, carried, _ = cache
    xp, k = namespace(dy=dy), weight.shape[-1]
    *batch, length, width = padded.shape
    length -= k - 1
    dy = answers(dy, (*batch, length, width), cache)
    taps, rows = weight.reshape(width, k), dy.reshape(-1, width)
    if xp is np or length == 0:
        dpadded, dtaps = xp.zeros(padded.shape, padded.dtype), xp.zeros((width, k), weight.dtype)
        share_out(functools.partial(_spread, taps), *_sequences(dpadded, dy))
        for j in range(k):
            seen = padded[..., j : j + length, :]
            dtaps[:, j] = xp.einsum("td,td->d", seen.reshape(-1, width), rows)
    else:
        dtaps = (windows.views(padded, [k], [-2]) * dy[..., None]).sum(axis=tuple(range(dy.ndim - 1)))
        apart = xp.zeros((*batch, length + 2 * (k - 1), width), dy.dtype)
        apart[..., k - 1 : k - 1 + length, :] = dy
        dpadded = _sums(apart, taps[:, ::-1], length + k - 1)
    dstate = dpadded[..., : k - 1, :] if carried else None
    dbias = rows.sum(axis=0) if biased else None
    return dpadded[..., k - 1 :, :], dtaps.reshape(weight.shape), dbias, dstate


def _sums(padded: Array, taps: Array, length: int) -> Array:
    xp = namespace(padded=padded)
    if xp is not np and length > 0:
        return (windows.views(padded, [taps.shape[1]], [-2]) * taps).sum(axis=-1)
    y = xp.empty((*padded.shape[:-2], length, padded.shape[-1]), padded.dtype)

    def work(y: Array, padded: Array) -> None:
        xp.multiply(taps[:, 0], padded[:, :length], out=y)
        for j in range(1, taps.shape[1]):
            y += taps[:, j] * padded[:, j : j + length]

    share_out(work, *_sequences(y, padded))
    return y


def _sequences(*arrays: Array) -> list[Array]:
    return [each.reshape(math.prod(each.shape[:-2]), *each.shape[-2:]) for each in arrays]


def _spread(taps: Array, dpadded: Array, dy: Array) -> None:
    for j in range(taps.shape[1]):
        dpadded[:, j : j + dy.shape[1]] += taps[:, j] * dy


def _fit(x: Array, weight: Array, bias: Array | None) -> None:
    said = {"x": x, "weight": weight, "bias": bias}
    fits(x.ndim >= 2, "x must be (..., length, channels)", **said)
    good = weight.ndim in (2, 3) and len(weight) == x.shape[-1] and weight.shape[-1] > 0
    fits(
        good and weight.shape[1:-1] in ((), (1,)), "weight must be (channels, k) or (channels, 1, k)", **said
    )
    fits(bias is None or bias.shape == x.shape[-1:], "bias needs one number for each channel", **said)
