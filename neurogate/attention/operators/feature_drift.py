"""How far features have drifted: the distance between two arrays, not squared."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention import loss_gradient
from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.options import FROM_0, number

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs."""

    difference: Array
    length: Array
    weight: float


def forward(features: Array, wanted: Array, *, weight: float = 1e-3) -> tuple[Array, Cache]:
    r"""Return the distance of features from those that are wanted.

    .. math:: L = \lambda \| F - P \|_2

    over all elements, the batch included.

    Parameters
    ----------
    features : (...)
        :math:`P`, of a drift projector.
    wanted : (...)
        :math:`F`, of the network before it drifted.
    weight : float
        :math:`\lambda`.

    Returns
    -------
    loss : ()
        :math:`L`.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, or an option is not allowed.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([3.0, 4.0]), np.zeros(2), weight=1.0)[0].item()
    5.0
    """
    xp = namespace(features=features, wanted=wanted)
    fits(features.shape == wanted.shape, "both must have the same shape", features=features, wanted=wanted)
    number("weight", weight, FROM_0)
    difference = features - wanted
    length = xp.sqrt((difference * difference).sum())
    return weight * length, Cache(difference, length, weight)


def backward(dloss: float | Array, cache: Cache) -> tuple[Array, Array]:
    r"""Return the gradients.

    .. math:: \bar P = \bar L \lambda (P - F) / \| F - P \|_2, \quad \bar F = -\bar P

    Parameters
    ----------
    dloss : float
        Gradient with respect to `loss`; 1 for the loss itself.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dfeatures, dwanted : (...)
        Gradients; 0 where the two are equal.

    Examples
    --------
    >>> import numpy as np
    >>> backward(1.0, forward(np.array([3.0, 4.0]), np.zeros(2), weight=5.0)[1])[0].tolist()
    [3.0, 4.0]
    """
    dloss = loss_gradient.number(dloss, cache)
    difference, length, weight = cache
    xp = namespace(difference=difference)
    dfeatures = difference * (dloss * weight / xp.where(length > 0, length, 1).astype(difference.dtype))
    return dfeatures, -dfeatures
