"""Scaled dot-product attention, of full or grouped heads."""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, answers, fits, namespace
from neurogate.attention.operators import attention_weights, dropout
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs; `weights` are the attention weights, (..., H, T, S), before dropout."""

    likeness: attention_weights.Cache
    v: Array
    weights: Array
    groups: int
    dropped: Array | None = None


def forward(
    q: Array, k: Array, v: Array, mask: Array | None = None, *, scale: float | None = None,
    limits: tuple[float, float] = (0.0, 1.0), kept: Array | None = None, rate: float = 0.0,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Let each query collect values by its likeness to their keys.

    .. math:: A = \mathrm{softmax}(\beta Q K^T), \quad O = D(A) V, \quad \beta = h^{-1/2}

    with dropout D where it is told which weights are kept.

    Parameters
    ----------
    q : (..., H, T, h)
        Queries.
    k : (..., G, S, h)
        Keys; G divides H, and each serves H / G consecutive heads of queries.
    v : (..., G, S, w)
        Values.
    mask : bool, optional
        True where a query may look; it broadcasts to (..., H, T, S). Of a query that may look nowhere the
        output is 0.
    scale : float, optional
        In place of :math:`h^{-1/2}`.
    limits : (float, float)
        Of a clipped softmax; 0 and 1 are those of the plain one.
    kept : bool array, optional
        (..., H, T, S), which weights `dropout` keeps; all if left out.
    rate : float
        Of dropout.

    Returns
    -------
    o : (..., H, T, w)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit.

    References
    ----------
    Vaswani et al. 2017, arXiv:1706.03762. Grouped heads: Ainslie et al. 2023, arXiv:2305.13245.

    Examples
    --------
    >>> import numpy as np
    >>> o, _ = forward(np.zeros((1, 2, 4)), np.ones((1, 3, 4)), np.arange(3.0).reshape(1, 3, 1))
    >>> o.ravel().tolist()
    [1.0, 1.0]
    """
    namespace(q=q, k=k, v=v)
    _fit(q, k, v)
    groups = q.shape[-3] // k.shape[-3] if q.ndim > 2 else 1
    k, v = (_repeated(array, groups) for array in (k, v))
    weights, likeness = attention_weights.forward(q, k, mask, scale=scale, limits=limits)
    used, dropped = dropout.forward(weights, kept, rate=rate)
    return matmul(used, v), Cache(likeness, v, weights, groups, dropped)


def backward(do: Array, cache: Cache, dweights: Array | None = None) -> tuple[Array, Array, Array]:
    r"""Return the gradients.

    .. math:: \bar V = D(A)^T \bar O, \quad \bar A = D(\bar O V^T), \quad
        \bar S = A (\bar A - \langle A, \bar A \rangle), \quad
        \bar Q = \beta \bar S K, \quad \bar K = \beta \bar S^T Q

    Parameters
    ----------
    do : (..., H, T, w)
        Gradient with respect to the output.
    cache : Cache
        Of `forward`.
    dweights : (..., H, T, S), optional
        Gradient with respect to the attention weights themselves, where a loss looks at them.

    Returns
    -------
    dq, dk, dv
        Gradients; those of grouped keys and values are summed over the heads that they serve.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.ones((2, 4, 3)), np.ones((1, 4, 3)), np.ones((1, 4, 5)))
    >>> [gradient.shape for gradient in backward(np.ones((2, 4, 5)), cache)]
    [(2, 4, 3), (1, 4, 3), (1, 4, 5)]
    """
    likeness, v, weights, groups, dropped = cache
    do = answers(do, (*weights.shape[:-1], v.shape[-1]), cache, "do")
    used = weights if dropped is None else weights * dropped
    dv = matmul(used.swapaxes(-1, -2), do)
    seen = dropout.backward(matmul(do, v.swapaxes(-1, -2)), dropped)
    if dweights is not None:
        seen += answers(dweights, weights.shape, weights, "dweights")
    dq, dk, _ = attention_weights.backward(seen, likeness)
    return dq, _summed(dk, groups), _summed(dv, groups)


def _repeated(array: Array, groups: int) -> Array:
    return array if groups == 1 else array.repeat(groups, axis=-3)


def _summed(array: Array, groups: int) -> Array:
    if groups == 1:
        return array
    *batch, heads, length, width = array.shape
    return array.reshape(*batch, heads // groups, groups, length, width).sum(axis=-3)


def _fit(q: Array, k: Array, v: Array) -> None:
    said = {"q": q, "k": k, "v": v}
    fits(q.ndim == k.ndim == v.ndim >= 2, "q, k and v need the same number of axes, two at least", **said)
    fits(q.shape[-1] == k.shape[-1] > 0, "queries and keys must be equally wide, 1 at least", **said)
    fits(k.shape[:-1] == v.shape[:-1], "there must be as many keys as values", **said)
    grouped = q.ndim == 2 or (k.shape[-3] > 0 and q.shape[-3] % k.shape[-3] == 0)
    fits(grouped, "the heads of q must be a multiple of those of k", **said)
    fits(q.shape[:-3] == k.shape[:-3], "the batches must agree", **said)
