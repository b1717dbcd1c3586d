"""The score of a mixture of experts: what each expert says, weighted by its gate."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, namespace, shaped

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs."""

    gates: Array
    scores: Array


def forward(gates: Array, scores: Array) -> tuple[Array, Cache]:
    r"""Add up what experts say.

    .. math:: z = \sum_k G_k E_k

    Parameters
    ----------
    gates : (B, K)
        :math:`G`, as `neurogate.attention.layers.gate_network.GateNetwork` returns them; they need not sum
        to 1.
    scores : (B, K)
        :math:`E`, one number of each expert.

    Returns
    -------
    logits : (B,)
        :math:`z`; the chance of a click is its sigmoid.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    References
    ----------
    Attention weighted mixture of experts with contrastive learning for personalized ranking in e-commerce
    (2023), arXiv:2306.05011.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.array([[0.5, 2.0]]), np.array([[4.0, -1.0]]))[0].tolist()
    [0.0]
    """
    namespace(gates=gates, scores=scores)
    shaped("gates, scores : (B, K)", gates=gates, scores=scores)
    return (gates * scores).sum(axis=1), Cache(gates, scores)


def backward(dlogits: Array, cache: Cache) -> tuple[Array, Array]:
    r"""Return the gradients.

    .. math:: \bar G_k = \bar z E_k, \quad \bar E_k = \bar z G_k

    Parameters
    ----------
    dlogits : (B,)
        Gradient with respect to `logits`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dgates, dscores : (B, K)
        Gradients.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.array([[0.5, 2.0]]), np.array([[4.0, -1.0]]))
    >>> [gradient.tolist() for gradient in backward(np.ones(1), cache)]
    [[[4.0, -1.0]], [[0.5, 2.0]]]
    """
    dlogits = answers(dlogits, cache.gates.shape[:1], cache, "dlogits")[:, None]
    return dlogits * cache.scores, dlogits * cache.gates
