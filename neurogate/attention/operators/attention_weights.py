"""How much each query looks at each key: the softmax of their likeness."""

from __future__ import annotations

from typing import Any, NamedTuple

from neurogate.attention import gpu
from neurogate.attention.arrays import Array, answers, fits, namespace
from neurogate.attention.operators import clipped_softmax
from neurogate.attention.options import ABOVE_0, number
from neurogate.attention.products import matmul
from neurogate.errors import RequestError

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs; on a CPU `q` is scaled, on a GPU the scores are. `bias` is its shape."""

    q: Array
    k: Array
    rows: clipped_softmax.Cache
    scale: float
    bias: tuple[int, ...] | None


def forward(
    q: Array, k: Array, mask: Array | None = None, *, scale: float | None = None, bias: Array | None = None,
    limits: tuple[float, float] = (0.0, 1.0),
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Compare each query with all keys.

    .. math:: A = \mathrm{softmax}(\beta Q K^T + B), \quad \beta = h^{-1/2}

    Parameters
    ----------
    q, k : (..., T, h), (..., S, h)
        Queries and keys.
    mask : bool, optional
        True where a query may look; it broadcasts to (..., T, S).
    scale : float, optional
        Above 0, in place of :math:`h^{-1/2}`.
    bias : array, optional
        B; it broadcasts to (..., T, S).
    limits : (float, float)
        Of a clipped softmax; 0 and 1 are those of the plain one.

    Returns
    -------
    weights : (..., T, S)
        From 0 to 1.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, or an option is not allowed.

    Examples
    --------
    >>> import numpy as np
    >>> forward(np.zeros((1, 2)), np.ones((4, 2)))[0].tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """
    xp = namespace(q=q, k=k)
    good = q.ndim == k.ndim >= 2 and q.shape[-1] == k.shape[-1] > 0 and q.shape[:-2] == k.shape[:-2]
    fits(good, "q and k must agree in all but their lengths, and be 1 wide at least", q=q, k=k)
    scale = inner = q.shape[-1] ** -0.5 if scale is None else float(number("scale", scale, ABOVE_0))
    low, high = _pair(limits)
    if not gpu.kernels(xp, "rows"):  # there are fewer queries than scores; a GPU does it with the softmax
        q, inner = scale * q, 1.0
    scores = matmul(q, k.swapaxes(-1, -2))
    weights, rows = clipped_softmax.forward(
        scores, mask, low=low, high=high, scale=inner, bias=bias, overwrite=True
    )
    return weights, Cache(q, k, rows, scale, None if bias is None else bias.shape)


def backward(dweights: Array, cache: Cache, *, learnt: bool = False) -> tuple[Array, Array, Array | None]:
    r"""Return the gradients.

    .. math:: \bar S = A (\bar A - \langle A, \bar A \rangle), \quad
        \bar Q = \beta \bar S K, \quad \bar K = \beta \bar S^T Q, \quad \bar B = \sum \bar S

    The sum goes over the axes along which the bias was broadcast.

    Parameters
    ----------
    dweights : (..., T, S)
        Gradient with respect to the weights.
    cache : Cache
        Of `forward`.
    learnt : bool
        Whether the bias learns; if not, its gradient is left out.

    Returns
    -------
    dq, dk, dbias
        Gradients; None for what was left out.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.ones((1, 2)), np.ones((4, 2)), bias=np.zeros((1, 4)))
    >>> [gradient.shape for gradient in backward(np.ones((1, 4)), cache, learnt=True)]
    [(1, 2), (4, 2), (1, 4)]
    """
    q, k, rows, scale, bias = cache
    dscores = clipped_softmax.backward(answers(dweights, rows.softmax.shape, cache, "dweights"), rows)
    dq = matmul(dscores, k)
    if rows.scale != scale:
        dq *= scale
    dk, dbias = matmul(dscores.swapaxes(-1, -2), q), None
    if learnt and bias is not None:
        dbias = _as(dscores, bias)
        if rows.scale != 1:  # which the softmax of a GPU put into its scores
            dbias = dbias / rows.scale
    return dq, dk, dbias


def _pair(limits: Any) -> tuple[float, float]:
    if isinstance(limits, tuple | list) and len(limits) == 2:
        return limits[0], limits[1]
    raise RequestError(f"limits is {limits!r}. Give two numbers, the low one and the high one.")


def _as(dscores: Array, shape: tuple[int, ...]) -> Array:
    """Sum over the axes along which something of a shape was broadcast."""
    more = dscores.ndim - len(shape)
    once = (*range(more), *(axis for axis, n in enumerate(shape, more) if n == 1))
    return (dscores.sum(axis=once) if once else dscores).reshape(shape)
