"""How far a pointer is from its labels, and how much of it lies where there are none."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention import loss_gradient
from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.operators import softmax
from neurogate.attention.options import FROM_0, number

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs; `divergence` and `stray` are the parts of the loss."""

    divergence: Array
    stray: Array
    weights: Array
    target: Array
    background: Array
    suppression: float


def forward(logits: Array, labels: Array, *, suppression: float = 1.0) -> tuple[Array, Cache]:
    r"""Compare a pointer with labels.

    .. math::
        L = \frac{1}{n} \sum_q \Big( \mathrm{KL}(t_q \| a_q) + \lambda \sum_{j: l_{qj} = 0} a_{qj} \Big),
        \quad t = l / \sum l, \quad a = \mathrm{softmax}(\text{logits})

    Parameters
    ----------
    logits : (..., N)
        Of a pointer over N patches, for n queries.
    labels : (..., N)
        :math:`l`, at least 0. A query without any adds no divergence. The answer has the number type of
        the logits, whatever that of the labels is.
    suppression : float
        :math:`\lambda`, the price of attention where the label is 0.

    Returns
    -------
    loss : ()
        :math:`L`.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, or a label is below 0.

    References
    ----------
    V2P: from background suppression to center peaking for robust GUI grounding task (2025),
    arXiv:2508.13634.

    Examples
    --------
    >>> import numpy as np
    >>> loss, cache = forward(np.zeros((1, 4)), np.array([[1.0, 1.0, 0.0, 0.0]]))
    >>> cache.divergence.round(3).item(), cache.stray.item()
    (0.693, 0.5)
    """
    xp = namespace(logits=logits, labels=labels)
    number("suppression", suppression, FROM_0)
    fits(logits.shape == labels.shape, "there must be a label for each patch", logits=logits, labels=labels)
    fits(bool((labels >= 0).all()), "labels must be at least 0", labels=labels)
    queries = max(logits[..., 0].size, 1)
    total = labels.sum(axis=-1, keepdims=True)
    target = (labels / xp.where(total > 0, total, 1)).astype(logits.dtype)
    weights, _ = softmax.forward(logits)
    log_weights = logits - softmax.log_sum(logits)
    counts = target > 0
    surprise = xp.log(xp.where(counts, target, 1)) - xp.where(counts, log_weights, 0)
    background = (labels == 0).astype(logits.dtype)
    divergence, stray = (target * surprise).sum() / queries, (background * weights).sum() / queries
    cache = Cache(divergence, stray, weights, target, background, suppression)
    return divergence + suppression * stray, cache


def backward(dloss: float | Array, cache: Cache) -> Array:
    r"""Return the gradient with respect to the logits.

    With :math:`m` true where the label is 0,

    .. math:: \bar s = \frac{\bar L}{n} \big( a - t + \lambda\, a (m - \langle a, m \rangle) \big)

    Parameters
    ----------
    dloss : float
        Gradient with respect to `loss`; 1 for the loss itself.
    cache : Cache
        Of `forward`.

    Returns
    -------
    (..., N)
        Gradient.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.zeros((1, 2)), np.array([[1.0, 0.0]]), suppression=0.0)
    >>> backward(1.0, cache).tolist()
    [[-0.5, 0.5]]
    """
    dloss = loss_gradient.number(dloss, cache)
    _, _, weights, target, background, suppression = cache
    queries = max(weights[..., 0].size, 1)
    pulled = weights * target.sum(axis=-1, keepdims=True) - target
    return (pulled + suppression * softmax.backward(background, weights)) * (dloss / queries)
