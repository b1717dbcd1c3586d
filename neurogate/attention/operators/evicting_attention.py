"""Causal attention in which a key may be evicted: later queries do not see it, its own query does."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace
from neurogate.attention.operators import masks
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs; `q` is scaled, `weights` are the attention weights, (B, H, T, S)."""

    q: Array
    k: Array
    v: Array
    weights: Array
    scores: Array
    log_total: Array


def forward(q: Array, k: Array, v: Array, keep: Array) -> tuple[Array, Cache]:
    r"""Let each query collect the values that were kept, and its own.

    .. math::
        w_{ij} = \frac{e^{s_{ij}} M_{ij}}{\sum_l e^{s_{il}} M_{il}}, \quad
        M_{ij} = m_j \text{ for } j < i, \; 1 \text{ for } j = i, \; 0 \text{ for } j > i, \quad
        s = h^{-1/2} Q K^T

    Parameters
    ----------
    q : (B, H, T, h)
        Queries.
    k, v : (B, H, S, h)
        Keys and values; the last query stands at the last key, so that a cache may hold the earlier ones,
        :math:`S \ge T`.
    keep : (B, H, S)
        :math:`m`, from 0, evicted, to 1, kept.

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
    >>> v = np.arange(1.0, 4.0).reshape(1, 1, 3, 1)
    >>> forward(0 * v, 0 * v, v, np.array([[[0.0, 1.0, 1.0]]]))[0].ravel().tolist()
    [1.0, 2.0, 2.5]
    """
    xp = namespace(q=q, k=k, v=v, keep=keep)
    good = q.ndim == k.ndim == v.ndim == 4 and v.shape[:3] == keep.shape == k.shape[:3]
    good = good and (*q.shape[:2], q.shape[3]) == (*k.shape[:2], k.shape[3]) and q.shape[2] <= k.shape[2]
    fits(good, "q is (B, H, T, h), k and v (B, H, S, h) with S >= T, and keep (B, H, S)",
         q=q, k=k, v=v, keep=keep)  # fmt: skip
    q = q.shape[-1] ** -0.5 * q
    scores = matmul(q, k.swapaxes(-1, -2))
    seen = _seen(xp, q.shape[2], keep)
    top = xp.where(seen > 0, scores, -math.inf)
    top = top.max(axis=-1, keepdims=True) if top.size else top.sum(axis=-1, keepdims=True)
    weights = xp.exp(xp.minimum(scores - top, 0))
    weights *= seen
    total = weights.sum(axis=-1, keepdims=True)
    weights /= total
    return matmul(weights, v), Cache(q, k, v, weights, scores, top + xp.log(total))


def backward(do: Array, cache: Cache) -> tuple[Array, Array, Array, Array]:
    r"""Return the gradients.

    With :math:`g_{ij} = \bar w_{ij} - \langle \bar w_i, w_i \rangle` and :math:`\lambda_i` the logarithm
    of the sum below the fraction,

    .. math:: \bar s = w g, \quad \bar m_j = \sum_{i > j} e^{s_{ij} - \lambda_i} g_{ij}

    The exponent is cut where its square would overflow, for an evicted key may outweigh all that are seen.

    Parameters
    ----------
    do : (B, H, T, h)
        Gradient with respect to the output.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dq, dk, dv, dkeep
        Gradients; that of `keep` also where it is 0, for a straight-through estimator.

    Examples
    --------
    >>> import numpy as np
    >>> v = np.arange(1.0, 4.0).reshape(1, 1, 3, 1)
    >>> _, cache = forward(0 * v, 0 * v, v, np.array([[[0.0, 1.0, 1.0]]]))
    >>> backward(np.ones_like(v), cache)[3].tolist()
    [[[-1.75, -0.25, 0.0]]]
    """
    q, k, v, weights, scores, log_total = cache
    xp = namespace(do=do)
    do = answers(do, (*q.shape[:-1], v.shape[-1]), cache, "do")
    dv = matmul(weights.swapaxes(-1, -2), do)
    g = matmul(do, v.swapaxes(-1, -2))
    g -= _summed_products(g, weights, -1)[..., None]
    odds = xp.minimum(scores - log_total, 0.5 * math.log(float(xp.finfo(do.dtype).max)))
    odds = xp.exp(odds, out=odds)
    odds *= _before(xp, *scores.shape[-2:])
    dkeep = _summed_products(odds, g, -2)
    g *= weights
    return q.shape[-1] ** -0.5 * matmul(g, k), matmul(g.swapaxes(-1, -2), q), dv, dkeep


def _summed_products(a: Array, b: Array, axis: int) -> Array:
    if namespace(a=a) is np:
        return np.einsum("...ij,...ij->...i" if axis == -1 else "...ij,...ij->...j", a, b)
    return (a * b).sum(axis=axis)  # for einsum takes CuPy as long as six such calls


def _seen(xp: Namespace, queries: int, keep: Array) -> Array:
    keys = keep.shape[-1]
    earlier, own = _before(xp, queries, keys), _own(xp, queries, keys)
    return xp.where(own, 1, keep[..., None, :] * earlier).astype(keep.dtype, copy=False)


@masks.kept
def _own(xp: Namespace, queries: int, keys: int) -> Array:
    return xp.eye(queries, keys, keys - queries, dtype=bool)


@masks.kept
def _before(xp: Namespace, queries: int, keys: int) -> Array:
    return masks.causal(queries, keys, xp) & ~_own(xp, queries, keys)
