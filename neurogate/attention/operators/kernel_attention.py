"""Attention without a softmax, at a cost that grows with the length alone."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace
from neurogate.attention.fused import fused
from neurogate.attention.options import FROM_0, number
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs."""

    q: Array
    k: Array
    v: Array
    turned_q: Array
    turned_k: Array
    mean_key: Array
    summary: Array
    mixed: Array
    share: Array


def forward(
    q: Array, k: Array, v: Array, turned_q: Array, turned_k: Array, *, eps: float = 1e-6
) -> tuple[Array, Cache]:
    r"""Let each query collect values by the product of positive features.

    .. math::
        o_i = z_i\, \tilde q_i^T \Big( \frac{1}{N} \sum_j \tilde k_j v_j^T \Big), \quad
        z_i = \Big( q_i \cdot \frac{1}{N} \sum_j k_j + \epsilon \Big)^{-1}

    Parameters
    ----------
    q, k : (..., N, h)
        Positive features of queries and keys, which set the scale of the output.
    v : (..., N, w)
        Values.
    turned_q, turned_k : (..., N, h)
        :math:`\tilde q, \tilde k`: the same with a rotary position code. Without one, `q` and `k` again;
        then the weights of a query sum to 1 but for epsilon. With it they may be negative.
    eps : float
        :math:`\epsilon`.

    Returns
    -------
    o : (..., N, w)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, or an option is not allowed.

    References
    ----------
    Katharopoulos et al. 2020, arXiv:2006.16236.

    Examples
    --------
    >>> import numpy as np
    >>> q, k, v = np.ones((2, 3)), np.ones((2, 3)), np.array([[1.0], [3.0]])
    >>> forward(q, k, v, q, k, eps=0.0)[0].ravel().tolist()
    [2.0, 2.0]
    """
    namespace(q=q, k=k, v=v, turned_q=turned_q, turned_k=turned_k)
    same = q.shape == k.shape == turned_q.shape == turned_k.shape
    fits(same and v.shape[:-1] == k.shape[:-1],
         "q, k and both turned must have the same shape, and v as many rows",
         q=q, k=k, v=v, turned_q=turned_q, turned_k=turned_k)  # fmt: skip
    number("eps", eps, FROM_0)
    length = max(k.shape[-2], 1)
    mean_key = k.sum(axis=-2, keepdims=True) / length
    summary = matmul(turned_k.swapaxes(-1, -2), v) / length
    share = _share(matmul(q, mean_key.swapaxes(-1, -2)), eps)
    mixed = matmul(turned_q, summary)
    return mixed * share, Cache(q, k, v, turned_q, turned_k, mean_key, summary, mixed, share)


def backward(do: Array, cache: Cache) -> tuple[Array, Array, Array, Array, Array]:
    r"""Return the gradients.

    With the summary :math:`S = \frac{1}{N} \sum_j \tilde k_j v_j^T` and the mean key :math:`\bar\kappa`,

    .. math::
        \bar S = \sum_i z_i \tilde q_i \bar o_i^T, \quad \bar{\tilde q}_i = z_i S \bar o_i, \quad
        \bar{\tilde k}_j = \bar S v_j / N, \quad \bar v_j = \bar S^T \tilde k_j / N

        \bar n_i = -z_i^2\, \bar o_i \cdot S^T \tilde q_i, \quad \bar q_i = \bar n_i \bar\kappa, \quad
        \bar k_j = \sum_i \bar n_i q_i / N

    Parameters
    ----------
    do : (..., N, w)
        Gradient with respect to the output.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dq, dk, dv, dturned_q, dturned_k
        Gradients.

    Examples
    --------
    >>> import numpy as np
    >>> q, v = np.ones((2, 3)), np.ones((2, 1))
    >>> _, cache = forward(q, q, v, q, q)
    >>> [gradient.shape for gradient in backward(v, cache)]
    [(2, 3), (2, 3), (2, 1), (2, 3), (2, 3)]
    """
    q, k, v, turned_q, turned_k, mean_key, summary, mixed, share = cache
    xp, length = namespace(do=do), max(k.shape[-2], 1)
    do = answers(do, mixed.shape, cache, "do")
    dmixed = do * share
    dsummary = matmul(turned_q.swapaxes(-1, -2), dmixed) / length
    dnorm = -share * (dmixed * mixed).sum(axis=-1, keepdims=True)
    dk = xp.broadcast_to(matmul(dnorm.swapaxes(-1, -2), q) / length, k.shape)
    dturned_q = matmul(dmixed, summary.swapaxes(-1, -2))
    dturned_k = matmul(v, dsummary.swapaxes(-1, -2))
    return dnorm * mean_key, dk, matmul(turned_k, dsummary), dturned_q, dturned_k


@fused
def _share(xp: Namespace, total: Array, eps: float) -> Array:
    return 1 / (total + eps)
