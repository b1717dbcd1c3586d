"""Weights divided by how much they can stretch a vector."""

from __future__ import annotations

import math
from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, fits, namespace

__all__ = ["Cache", "backward", "forward"]

TINY = 1e-12  # what a weight of zeros is divided by


class Cache(NamedTuple):
    """What the backward needs; `largest` is the largest singular value, `left` and `right` its vectors."""

    y: Array
    largest: Array
    left: Array
    right: Array


def forward(weight: Array) -> tuple[Array, Cache]:
    r"""Divide a weight, as a matrix with a row for each output, by its largest singular value.

    .. math:: \hat W = W / \sigma, \quad \sigma = u^T W v

    It is exact. The usual way takes one step of a power iteration each time, and keeps u until the next.

    Parameters
    ----------
    weight : (O, ...)
        :math:`W`.

    Returns
    -------
    y : (O, ...)
        :math:`\hat W`.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If the weight is no matrix, or empty.

    References
    ----------
    Miyato et al. 2018, arXiv:1802.05957.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.diag([1.0, 4.0]))[0].round(12).tolist()
    [[0.25, 0.0], [0.0, 1.0]]
    """
    xp = namespace(weight=weight)
    fits(weight.ndim >= 2 and weight.size > 0, "weight must have a row for each output", weight=weight)
    rows = weight.reshape(len(weight), math.prod(weight.shape[1:]))
    wide = rows.shape[0] <= rows.shape[1]
    _, vectors = xp.linalg.eigh(rows @ rows.T if wide else rows.T @ rows)
    one = vectors[:, -1]
    other = one @ rows if wide else rows @ one
    largest = xp.sqrt(other @ other) + TINY
    left, right = (one, other / largest) if wide else (other / largest, one)
    y = weight / largest
    return y, Cache(y, largest, left, right)


def backward(dy: Array, cache: Cache) -> Array:
    r"""Return the gradient with respect to the weight.

    .. math:: \bar W = (\bar Y - \langle \bar Y, \hat W \rangle\, u v^T) / \sigma

    Parameters
    ----------
    dy : (O, ...)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    (O, ...)
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.diag([1.0, 4.0]))
    >>> (backward(np.eye(2), cache) + 0).round(12).tolist()
    [[0.25, 0.0], [0.0, -0.0625]]
    """
    y, largest, left, right = cache
    dy = answers(dy, y.shape, cache)
    along = (dy * y).sum() * (left[:, None] * right).reshape(y.shape)
    return (dy - along) / largest
