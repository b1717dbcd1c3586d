"""A linear map of each head's own."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, fits, namespace
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs."""

    x: Array
    weight: Array
    biased: bool


def forward(x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, Cache]:
    r"""Map the last axis, in each head in another way.

    .. math:: y_h = x_h W_h^T + b_h

    Parameters
    ----------
    x : (B, H, T, d)
        Features of each head.
    weight : (H, e, d)
        One matrix for each head.
    bias : (H, e), optional
        What is added.

    Returns
    -------
    y : (B, H, T, e)
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
    >>> forward(np.ones((1, 2, 1, 3)), np.arange(2.0).repeat(3).reshape(2, 1, 3))[0].ravel().tolist()
    [0.0, 3.0]
    """
    namespace("bias", x=x, weight=weight, bias=bias)
    good = x.ndim == 4 and weight.ndim == 3 and weight.shape[::2] == x.shape[1::2]
    fits(good, "x is (batch, heads, length, d) and weight (heads, e, d)", x=x, weight=weight)
    y = matmul(x, weight.swapaxes(-1, -2))
    if bias is not None:
        fits(bias.shape == weight.shape[:2], "bias is (heads, e)", weight=weight, bias=bias)
        y += bias[:, None]
    return y, Cache(x, weight, bias is not None)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array | None]:
    r"""Return the gradients.

    .. math:: \bar x_h = \bar y_h W_h, \quad \bar W_h = \sum \bar y_h^T x_h, \quad \bar b_h = \sum \bar y_h

    Parameters
    ----------
    dy : (B, H, T, e)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dx, dweight, dbias
        Gradients; dbias is None if there was no bias.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.ones((1, 2, 1, 3)), np.ones((2, 1, 3)))
    >>> backward(np.ones((1, 2, 1, 1)), cache)[1].tolist()
    [[[1.0, 1.0, 1.0]], [[1.0, 1.0, 1.0]]]
    """
    dy = answers(dy, (*cache.x.shape[:-1], cache.weight.shape[1]), cache)
    dweight = matmul(dy.swapaxes(-1, -2), cache.x).sum(axis=0)
    return matmul(dy, cache.weight), dweight, dy.sum(axis=(0, 2)) if cache.biased else None
