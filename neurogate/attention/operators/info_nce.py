"""The contrastive loss of a batch: each vector should be most like its own partner."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention import loss_gradient
from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.operators import softmax
from neurogate.attention.options import ABOVE_0, number
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "forward"]

TINY = 1e-12  # added to lengths


class Cache(NamedTuple):
    """What the backward needs; `weights` are the softmax of the likenesses."""

    anchors: tuple[Array, Array]
    partners: tuple[Array, Array]
    weights: Array
    temperature: float


def forward(anchors: Array, partners: Array, *, temperature: float = 0.1) -> tuple[Array, Cache]:
    r"""Return the mean loss of telling each partner from those of the others in the batch.

    .. math:: L = -\frac{1}{B} \sum_b \log \mathrm{softmax}_{b'}(\cos(g_b, g^+_{b'}) / \tau)_b, \quad
        \cos(a, b) = \frac{\langle a, b \rangle}{(|a| + 10^{-12}) (|b| + 10^{-12})}

    Parameters
    ----------
    anchors, partners : (B, K)
        :math:`g` and :math:`g^+`. The cosine with a vector of zeros is 0, and so is its gradient; that of
        vectors about as short as 1e-12 is smaller than their directions say.
    temperature : float
        :math:`\tau`.

    Returns
    -------
    loss : ()
        :math:`L`.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    References
    ----------
    van den Oord, Li & Vinyals 2018, arXiv:1807.03748.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.eye(2), np.eye(2), temperature=1.0)[0].round(3).item()
    0.313
    """
    xp = namespace(anchors=anchors, partners=partners)
    fits(anchors.ndim == 2 and anchors.shape == partners.shape and len(anchors) > 0,
         "anchors and partners must both be (batch, width)", anchors=anchors, partners=partners)  # fmt: skip
    temperature = number("temperature", temperature, ABOVE_0)
    (a, left), (b, right) = _unit(anchors), _unit(partners)
    scores = matmul(a, b.T) / temperature
    weights, _ = softmax.forward(scores)
    loss = (softmax.log_sum(scores)[:, 0] - xp.diagonal(scores)).mean()
    return loss, Cache((a, left), (b, right), weights, temperature)


def backward(dloss: float | Array, cache: Cache) -> tuple[Array, Array]:
    r"""Return the gradients.

    With :math:`S` the cosines, :math:`P` the softmax and :math:`\hat g = g / |g|`,

    .. math:: \bar S = \frac{\bar L}{B \tau} (P - 1), \quad
        \bar g = (\bar S \hat g^+ - \hat g \langle \hat g, \bar S \hat g^+ \rangle) / |g|

    Parameters
    ----------
    dloss : float
        Gradient with respect to `loss`; 1 for the loss itself.
    cache : Cache
        Of `forward`.

    Returns
    -------
    danchors, dpartners : (B, K)
        Gradients.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.eye(2), np.eye(2))
    >>> backward(1.0, cache)[0].shape
    (2, 2)
    """
    dloss = loss_gradient.number(dloss, cache)
    (a, left), (b, right), weights, temperature = cache
    xp = namespace(weights=weights)
    dscores = (weights - xp.eye(len(weights), dtype=weights.dtype)) * (dloss / (len(weights) * temperature))
    return _stretched(matmul(dscores, b), a, left), _stretched(matmul(dscores.T, a), b, right)


def _unit(vectors: Array) -> tuple[Array, Array]:
    xp = namespace(vectors=vectors)
    length = xp.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    return vectors / (length + TINY), length


def _stretched(dunit: Array, unit: Array, length: Array) -> Array:
    xp = namespace(dunit=dunit)
    some = xp.where(length > 0, length, xp.inf).astype(length.dtype)
    return dunit / (some + TINY) - unit * ((dunit * unit).sum(axis=1, keepdims=True) / some)
