"""The linear map of the last axis."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, namespace, shaped
from neurogate.attention.pieces import rows_of
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "forward", "product"]


class Cache(NamedTuple):
    """What the backward needs."""

    x: Array
    weight: Array
    biased: bool


def forward(x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, Cache]:
    r"""Map the last axis.

    .. math:: y = x W^T + b

    Parameters
    ----------
    x : (..., d)
        Input.
    weight : (e, d)
        One row for each output.
    bias : (e,), optional
        What is added.

    Returns
    -------
    y : (..., e)
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
    >>> forward(np.ones((1, 3)), np.ones((2, 3)), np.array([0.0, 1.0]))[0].tolist()
    [[3.0, 4.0]]
    """
    y, cache = product(x, weight, bias)
    if bias is not None:
        y += bias
    return y, cache


def product(x: Array, weight: Array, bias: Array | None = None) -> tuple[Array, Cache]:
    """Do what `forward` does but for adding the bias, where what comes next adds it on its way.

    Parameters
    ----------
    x, weight, bias
        As in `forward`.

    Returns
    -------
    y : (..., e)
        Output without the bias.
    cache : Cache
        For `backward`, which gives the gradient of the bias too.

    Raises
    ------
    RequestError
        If shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = product(np.ones((1, 3)), np.ones((2, 3)), np.array([0.0, 1.0]))
    >>> y.tolist(), cache.biased
    ([[3.0, 3.0]], True)
    """
    namespace("bias", x=x, weight=weight, bias=bias)
    shaped("x : (..., d); weight : (e, d); bias : (e,), optional", x=x, weight=weight, bias=bias)
    (rows,) = rows_of(x)
    y = matmul(rows, weight.T).reshape(*x.shape[:-1], len(weight))
    return y, Cache(x, weight, bias is not None)


def backward(dy: Array, cache: Cache, *, learnt: bool = True) -> tuple[Array, Array | None, Array | None]:
    r"""Return the gradients.

    .. math:: \bar x = \bar y W, \quad \bar W = \bar y^T x, \quad \bar b = \sum \bar y

    Parameters
    ----------
    dy : (..., e)
        Gradient of the loss with respect to `y`.
    cache : Cache
        Of `forward`.
    learnt : bool
        Whether the map learns; if not, its gradients are left out.

    Returns
    -------
    dx, dweight, dbias
        Gradients; None for a bias that was not there, and for what was left out.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.ones((1, 3)), np.ones((2, 3)))
    >>> [None if gradient is None else gradient.shape for gradient in backward(np.ones((1, 2)), cache)]
    [(1, 3), (2, 3), None]
    """
    dy = answers(dy, (*cache.x.shape[:-1], len(cache.weight)), cache)
    (rows,) = rows_of(dy)
    dx = matmul(rows, cache.weight).reshape(cache.x.shape)
    if not learnt:
        return dx, None, None
    (inputs,) = rows_of(cache.x)
    dweight = matmul(rows.T, inputs)
    return dx, dweight, rows.sum(axis=0) if cache.biased else None
