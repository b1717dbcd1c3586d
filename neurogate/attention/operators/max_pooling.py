"""The largest number that a window sees."""

from __future__ import annotations

import math
from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, fits, namespace
from neurogate.attention.operators import windows
from neurogate.attention.operators.windows import PerAxis

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs; `first` says which tap of the kernel saw the largest number first."""

    first: Array
    windows: windows.Cache


def forward(
    x: Array, kernel: PerAxis, *, stride: PerAxis | None = None, padding: PerAxis = 0
) -> tuple[Array, Cache]:
    r"""Take the largest number that a window sees at each of its places.

    .. math:: y_{bci} = \max_\tau x_{bc, s i + \tau - p}

    Parameters
    ----------
    x : (B, C, n...)
        Input.
    kernel : int or sequence of int
        Size of the window.
    stride : int or sequence of int, optional
        Distance between places :math:`s`; the size of the window if left out.
    padding : int or sequence of int
        Places on both sides that never count :math:`p`, half a window at most: none sees them alone.

    Returns
    -------
    y : (B, C, m...)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, or there is more padding.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([[[1.0, 3.0, 2.0, 0.0]]]), 2)[0].tolist()
    [[[3.0, 2.0]]]
    """
    xp = namespace(x=x)
    stride = kernel if stride is None else stride
    seen, cache = windows.forward(x, kernel, stride=stride, padding=padding, fill=-math.inf)
    good = all(2 * places <= size for places, size in zip(cache.padding, cache.kernel, strict=True))
    fits(good, f"padding of {cache.padding} is more than half a kernel of {cache.kernel}", x=x)
    first = seen.argmax(axis=2)[:, :, None]
    return xp.take_along_axis(seen, first, axis=2)[:, :, 0], Cache(first, cache)


def backward(dy: Array, cache: Cache) -> Array:
    """Return the gradient: it goes to the largest number, to the first of several.

    Parameters
    ----------
    dy : (B, C, m...)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    (B, C, n...)
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = forward(np.array([[[1.0, 3.0, 2.0, 2.0]]]), 2)
    >>> backward(np.ones_like(y), cache).tolist()
    [[[0.0, 1.0, 1.0, 0.0]]]
    """
    xp = namespace(dy=dy)
    dy = answers(dy, (*cache.windows.shape[:2], *cache.windows.places), cache)
    taps = xp.arange(math.prod(cache.windows.kernel)).reshape(-1, *(1 for _ in cache.windows.kernel))
    return windows.backward(dy[:, :, None] * (cache.first == taps), cache.windows)
