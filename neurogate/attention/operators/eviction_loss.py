"""What it costs to keep more, or fewer, keys than wanted."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention import loss_gradient
from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.options import FROM_0, FROM_0_TO_1, number

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs."""

    probability: Array
    excess: float
    weight: float


def forward(probability: Array, target: float = 0.5, *, weight: float = 1.0) -> tuple[Array, Cache]:
    r"""Return the squared distance of the mean probability from a target.

    .. math:: L = \lambda (\langle p \rangle - \beta)^2

    Parameters
    ----------
    probability : array
        :math:`p`, with which keys are kept, of all heads and tokens.
    target : float
        :math:`\beta`, the share to be kept.
    weight : float
        :math:`\lambda`.

    Returns
    -------
    loss : number
        At least 0.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If there is no probability, or an option is not allowed.

    Examples
    --------
    >>> import numpy as np
    >>> float(forward(np.array([0.5, 1.0]), 0.5)[0])
    0.0625
    """
    namespace(probability=probability)
    number("target", target, FROM_0_TO_1)
    number("weight", weight, FROM_0)
    fits(probability.size > 0, "there must be at least one probability", probability=probability)
    excess = probability.mean() - target
    return weight * excess * excess, Cache(probability, excess, weight)


def backward(dloss: float | Array, cache: Cache) -> Array:
    r"""Return the gradient with respect to the probabilities.

    .. math:: \bar p = 2 \lambda (\langle p \rangle - \beta) / n

    Parameters
    ----------
    dloss : float
        Gradient with respect to the loss.
    cache : Cache
        Of `forward`.

    Examples
    --------
    >>> import numpy as np
    >>> backward(1.0, forward(np.array([0.5, 1.0]), 0.5)[1]).tolist()
    [0.25, 0.25]
    """
    dloss = loss_gradient.number(dloss, cache)
    p, excess, weight = cache
    each = dloss * 2 * weight * excess / p.size
    return namespace(p=p).full_like(p, each)
