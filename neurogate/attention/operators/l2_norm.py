"""Vectors brought to length 1."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, namespace
from neurogate.attention.options import FROM_0, number, whole_number

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs; `clamped` is where the length was below eps and eps was used instead."""

    y: Array
    length: Array
    clamped: Array | None
    axis: int


def forward(x: Array, *, eps: float = 1e-6, clamp: bool = False, axis: int = -1) -> tuple[Array, Cache]:
    r"""Divide by the length along an axis.

    .. math:: y = x / \sqrt{\|x\|^2 + \epsilon} \quad\text{or}\quad y = x / \max(\|x\|, \epsilon)

    Parameters
    ----------
    x : array
        Input.
    eps : float
        :math:`\epsilon`, which keeps a vector of zeros from division by 0.
    clamp : bool
        Whether it is the second form.
    axis : int
        Along which a vector lies.

    Returns
    -------
    y : array
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If there is no such axis, or epsilon is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([3.0, 4.0]), clamp=True)[0].tolist()
    [0.6, 0.8]
    """
    xp, axes = namespace(x=x), max(x.ndim, 1)
    axis = whole_number("axis", axis, -axes, axes - 1)
    number("eps", eps, FROM_0)
    square = (x * x).sum(axis=axis, keepdims=True)
    length = xp.sqrt(square if clamp else square + eps)
    clamped = length < eps if clamp else None
    length = xp.maximum(length, eps) if clamp else length
    y = x / length
    return y, Cache(y, length, clamped, axis)


def backward(dy: Array, cache: Cache) -> Array:
    r"""Return the gradient.

    .. math:: \bar x = \|x\|^{-1} (\bar y - y \langle y, \bar y \rangle)

    Parameters
    ----------
    dy : array
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    array
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.array([0.0, 4.0]), clamp=True)
    >>> backward(np.ones(2), cache).tolist()
    [0.25, 0.0]
    """
    dy = answers(dy, cache.y.shape, cache)
    along = (cache.y * dy).sum(axis=cache.axis, keepdims=True)
    if cache.clamped is not None:
        along = namespace(dy=dy).where(cache.clamped, 0, along).astype(dy.dtype)
    return (dy - cache.y * along) / cache.length
