"""The mean and the largest of the channels at each place: what spatial gates look at."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, fits, namespace

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs; `first` is the channel that was the largest first."""

    first: Array
    channels: int


def forward(x: Array) -> tuple[Array, Cache]:
    r"""Summarise channels.

    .. math:: y = [\langle x \rangle_c; \max_c x]

    Parameters
    ----------
    x : (B, C, n...)
        Input.

    Returns
    -------
    y : (B, 2, n...)
        Mean and largest.
    cache : Cache
        For `backward`.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([[[1.0], [3.0]]]))[0].tolist()
    [[[2.0], [3.0]]]
    """
    xp = namespace(x=x)
    fits(x.ndim >= 2 and x.shape[1] > 0, "x must be (batch, channels, ...), with a channel at least", x=x)
    first = x.argmax(axis=1)[:, None]
    y = xp.concatenate([x.mean(axis=1, keepdims=True), xp.take_along_axis(x, first, axis=1)], axis=1)
    return y, Cache(first, x.shape[1])


def backward(dy: Array, cache: Cache) -> Array:
    """Return the gradient: that of the mean is shared out, that of the largest goes to the first largest.

    Parameters
    ----------
    dy : (B, 2, n...)
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
    >>> _, cache = forward(np.array([[[1.0], [3.0]]]))
    >>> backward(np.ones((1, 2, 1)), cache).tolist()
    [[[0.5], [1.5]]]
    """
    xp = namespace(dy=dy)
    dy = answers(dy, (len(cache.first), 2, *cache.first.shape[2:]), cache)
    channel = xp.arange(cache.channels).reshape(-1, *(1 for _ in dy.shape[2:]))
    return dy[:, :1] / cache.channels + dy[:, 1:] * (cache.first == channel)
