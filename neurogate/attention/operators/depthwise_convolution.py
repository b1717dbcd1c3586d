"""The convolution of each channel by itself, along one, two or three spatial axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from neurogate.attention import gpu
from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace
from neurogate.attention.operators import windows
from neurogate.attention.operators.windows import PerAxis
from neurogate.attention.pieces import share_out

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs; `padded` is x with its padding, (B, C, n + 2 p...)."""

    padded: Array
    weight: Array
    windows: windows.Cache


def forward(x: Array, weight: Array, *, stride: PerAxis = 1, padding: PerAxis = 0) -> tuple[Array, Cache]:
    r"""Weight what the kernel of a channel sees at each of its places.

    .. math:: y_{bci} = \sum_\tau W_{c\tau} x_{bc, s i + \tau - p}

    Channels are next to each other in memory, whatever the order of the axes says: there are more of them
    than places along an axis.

    Parameters
    ----------
    x : (B, C, n...)
        Input.
    weight : (C, 1, k...)
        One kernel for each channel.
    stride, padding : int or sequence of int
        Distance between places :math:`s`, and zeros on both sides :math:`p`.

    Returns
    -------
    y : (B, C, m...)
        Output, m = (n + 2 p - k) // s + 1.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(6.0).reshape(1, 2, 3)
    >>> forward(x, np.array([[[1.0, 1.0]], [[0.0, 1.0]]]))[0].tolist()
    [[[1.0, 3.0], [4.0, 5.0]]]
    """
    xp = namespace(x=x, weight=weight)
    good = weight.ndim == x.ndim > 2 and weight.shape[:2] == (x.shape[1], 1) and min(weight.shape[2:]) > 0
    fits(good, "weight must have as many axes as x: its channels, 1, kernel", x=x, weight=weight)
    seen = windows.plan(x, weight.shape[2:], stride=stride, padding=padding)
    sizes = [n + 2 * p for n, p in zip(x.shape[2:], seen.padding, strict=True)]
    padded = _channels_last(xp, (*x.shape[:2], *sizes), x.dtype)
    if xp is not np:
        padded[seen.inside] = x
        return _at_once(padded, weight, seen.stride), Cache(padded, weight, seen)
    taps = list(zip(seen.taps, _weights(weight), strict=True))

    def work(x: Array, padded: Array, y: Array) -> None:
        padded[seen.inside] = x
        product = np.empty_like(y)
        for tap, w in taps:
            y += np.multiply(w, padded[tap], out=product)

    y = _channels_last(np, (*x.shape[:2], *seen.places), x.dtype)
    share_out(work, x, padded, y)
    return y, Cache(padded, weight, seen)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array]:
    r"""Return the gradients.

    .. math::
        \bar x_{bcj} = \sum_\tau W_{c\tau} \bar y_{bc, (j - \tau + p) / s}, \quad
        \bar W_{c\tau} = \sum_{bi} \bar y_{bci} x_{bc, s i + \tau - p}

    Parameters
    ----------
    dy : (B, C, m...)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx, dweight
        Gradients.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = forward(np.arange(4.0).reshape(1, 1, 4), np.ones((1, 1, 3)))
    >>> [gradient.tolist() for gradient in backward(np.ones_like(y), cache)]
    [[[[1.0, 2.0, 2.0, 1.0]]], [[[1.0, 3.0, 5.0]]]]
    """
    padded, weight, seen = cache
    xp, channels, axes = namespace(dy=dy), len(weight), list(range(padded.ndim))
    dy = answers(dy, (*seen.shape[:2], *seen.places), cache)
    if xp is not np:
        return _backward_at_once(dy, cache)
    taps = list(zip(seen.taps, _weights(weight), strict=True))

    def work(dy: Array, padded: Array, dpadded: Array, dweight: Array) -> None:
        product = np.empty_like(dy)
        for i, (tap, w) in enumerate(taps):
            dpadded[tap] += np.multiply(w, dy, out=product)
            dweight[:, i] = np.einsum(padded[tap], axes, dy, axes, [0, 1])

    dpadded, dweight = np.zeros_like(padded), np.empty((len(dy), len(taps), channels), weight.dtype)
    share_out(work, dy, padded, dpadded, dweight)
    return dpadded[seen.inside], dweight.sum(axis=0).T.reshape(weight.shape)


def _channels_last(xp: Namespace, shape: Sequence[int], dtype: Any) -> Array:
    """Return zeros whose channels, the second axis, are next to each other in memory."""
    batch, channels, *places = shape
    return xp.moveaxis(xp.zeros((batch, *places, channels), dtype), -1, 1)


def _at_once(padded: Array, weight: Array, stride: Sequence[int]) -> Array:
    """Return the output on a GPU, where tap after tap would be two launches for each."""
    compiled = gpu.kernels(namespace(padded=padded), "rows")
    if compiled is not None and padded.ndim <= 5:
        found: Array = compiled.windows(padded, weight, stride)
        return found
    channels, _, *kernel = weight.shape
    kernels = weight.reshape(channels, *(1 for _ in kernel), *kernel)
    return (_seen(padded, kernel, stride) * kernels).sum(axis=tuple(range(-len(kernel), 0)))


def _backward_at_once(dy: Array, cache: Cache) -> tuple[Array, Array]:
    padded, weight, seen = cache
    xp, kernel, axes = namespace(dy=dy), seen.kernel, range(2, padded.ndim)
    products = _seen(padded, kernel, seen.stride) * dy.reshape(*dy.shape, *(1 for _ in kernel))
    dweight = products.sum(axis=(0, *axes)).reshape(weight.shape)
    sizes = [n + k - 1 for n, k in zip(padded.shape[2:], kernel, strict=True)]
    apart = _channels_last(xp, (*padded.shape[:2], *sizes), dy.dtype)
    apart[
        (..., *(slice(k - 1, n, s) for n, k, s in zip(padded.shape[2:], kernel, seen.stride, strict=True)))
    ] = dy
    return _at_once(apart, xp.flip(weight, axis=tuple(axes)), [1] * len(kernel))[seen.inside], dweight


def _seen(padded: Array, kernel: Sequence[int], stride: Sequence[int]) -> Array:
    every = (..., *(slice(None, None, s) for s in stride), *(slice(None) for _ in kernel))
    return windows.views(padded, kernel, range(2, padded.ndim))[every]


def _weights(weight: Array) -> Array:
    """Return the weights of each tap, (K, C, 1...)."""
    channels, _, *kernel = weight.shape
    rows = weight.reshape(channels, math.prod(kernel)).T
    return rows.copy().reshape(len(rows), channels, *(1 for _ in kernel))
