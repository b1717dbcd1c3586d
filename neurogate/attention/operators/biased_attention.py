"""Softmax attention with a learnt number added to each score."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, fits, namespace
from neurogate.attention.operators import attention_weights
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs; `weights` are the attention weights, (B, H, T, S)."""

    likeness: attention_weights.Cache
    v: Array
    weights: Array


def forward(q: Array, k: Array, v: Array, bias: Array) -> tuple[Array, Cache]:
    r"""Let each query collect values by its likeness to their keys, and by where they stand.

    .. math:: O = \mathrm{softmax}(h^{-1/2} Q K^T + B) V

    Parameters
    ----------
    q : (B, H, T, h)
        Queries.
    k, v : (B, H, S, h)
        Keys and values.
    bias : (H, T, S)
        The same for all of a batch.

    Returns
    -------
    o : (B, H, T, h)
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
    >>> v = np.array([[[[1.0], [3.0]]]])
    >>> forward(v[..., :1, :], v, v, np.array([[[0.0, -100.0]]]))[0].tolist()
    [[[[1.0]]]]
    """
    namespace(q=q, k=k, v=v, bias=bias)
    alike = q.ndim == k.ndim == v.ndim == 4 and q.shape[:2] == k.shape[:2] and k.shape[:3] == v.shape[:3]
    fits(alike and q.shape[3] == k.shape[3], "q, k and v must be (B, H, length, h)", q=q, k=k, v=v)
    shape = (q.shape[1], q.shape[2], k.shape[2])
    fits(bias.shape == shape, f"bias must be {shape}", q=q, k=k, bias=bias)
    weights, likeness = attention_weights.forward(q, k, bias=bias)
    return matmul(weights, v), Cache(likeness, v, weights)


def backward(do: Array, cache: Cache) -> tuple[Array, Array, Array, Array]:
    r"""Return the gradients.

    .. math:: \bar V = A^T \bar O, \quad \bar S = A (\bar O V^T - \langle A, \bar O V^T \rangle), \quad
        \bar Q = h^{-1/2} \bar S K, \quad \bar K = h^{-1/2} \bar S^T Q, \quad \bar B = \sum_b \bar S

    Parameters
    ----------
    do : (B, H, T, h)
        Gradient with respect to the output.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dq, dk, dv, dbias
        Gradients.

    Examples
    --------
    >>> import numpy as np
    >>> v = np.array([[[[1.0], [3.0]]]])
    >>> _, cache = forward(v, v, v, np.zeros((1, 2, 2)))
    >>> [gradient.shape for gradient in backward(v, cache)]
    [(1, 1, 2, 1), (1, 1, 2, 1), (1, 1, 2, 1), (1, 2, 2)]
    """
    likeness, v, weights = cache
    do = answers(do, (*weights.shape[:-1], v.shape[-1]), cache, "do")
    dq, dk, dbias = attention_weights.backward(matmul(do, v.swapaxes(-1, -2)), likeness, learnt=True)
    return dq, dk, matmul(weights.swapaxes(-1, -2), do), dbias
