"""The mean of what a window sees."""

from __future__ import annotations

import math

from neurogate.attention.arrays import Array, answers, namespace
from neurogate.attention.operators import windows
from neurogate.attention.operators.windows import PerAxis

__all__ = ["backward", "forward"]


def forward(
    x: Array, kernel: PerAxis, *, stride: PerAxis | None = None, padding: PerAxis = 0
) -> tuple[Array, windows.Cache]:
    r"""Take the mean of what a window of K numbers sees at each of its places.

    .. math:: y_{bci} = K^{-1} \sum_\tau x_{bc, s i + \tau - p}

    Parameters
    ----------
    x : (B, C, n...)
        Input.
    kernel : int or sequence of int
        Size of the window.
    stride : int or sequence of int, optional
        Distance between places :math:`s`; the size of the window if left out.
    padding : int or sequence of int
        Zeros on both sides :math:`p`; they count.

    Returns
    -------
    y : (B, C, m...)
        Output.
    cache : windows.Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([[[1.0, 3.0, 2.0, 0.0]]]), 2)[0].tolist()
    [[[2.0, 1.0]]]
    """
    stride = kernel if stride is None else stride
    seen, cache = windows.forward(x, kernel, stride=stride, padding=padding)
    return seen.mean(axis=2), cache


def backward(dy: Array, cache: windows.Cache) -> Array:
    """Return the gradient: it is shared out evenly.

    Parameters
    ----------
    dy : (B, C, m...)
        Gradient with respect to `y`.
    cache : windows.Cache
        Of `forward`.

    Returns
    -------
    (B, C, n...)
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = forward(np.ones((1, 1, 4)), 2)
    >>> backward(np.ones_like(y), cache).tolist()
    [[[0.5, 0.5, 0.5, 0.5]]]
    """
    xp = namespace(dy=dy)
    dy = answers(dy, (*cache.shape[:2], *cache.places), cache)
    taps = math.prod(cache.kernel)
    share = xp.broadcast_to((dy / taps)[:, :, None], (*dy.shape[:2], taps, *dy.shape[2:]))
    return windows.backward(share, cache)
