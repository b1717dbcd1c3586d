"""Causal attention whose exponential is cut behind the square, so that it needs no more than a state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace, shaped
from neurogate.attention.fused import fused
from neurogate.attention.operators import masks
from neurogate.attention.options import FROM_0, number, whole_number
from neurogate.attention.products import matmul

__all__ = ["Cache", "backward", "feature_gradient", "features", "forward"]


_LONG = 256


class _Piece(NamedTuple):
    """What the backward needs of one chunk; `slopes` are 1 + a, and 0 where a key is later than its query."""

    q: Array
    k: Array
    v: Array
    slopes: Array
    weights: Array
    sums: Array
    of_q: Any  # features, or None if nothing lies before
    of_k: Any  # or None if nothing lies after
    before: Any


class Cache(NamedTuple):
    """What the backward needs."""

    pieces: list[_Piece]
    eps: float
    carried: bool

    @property
    def state(self) -> Array:
        """Return the sums after the last step, (..., 1 + d + d², w + 1), which are not made before."""
        last = self.pieces[-1]
        return _added(last.before, features(last.k), last.v)


def features(x: Array) -> Array:
    r"""Return the features whose inner product is the exponential series cut behind the square.

    .. math:: \varphi(x) = \left[1, d^{-1/4} x, (2 d)^{-1/2} \mathrm{vec}(x x^T)\right]

    Parameters
    ----------
    x : (..., d)
        Queries or keys.

    Returns
    -------
    (..., 1 + d + d²)
        Features.

    Examples
    --------
    >>> import numpy as np
    >>> features(np.array([2.0])).round(3).tolist()
    [1.0, 2.0, 2.828]
    """
    xp = namespace(x=x)
    shaped("x : (..., d)", x=x)
    fits(x.shape[-1] > 0, "x needs a feature at least", x=x)
    d = x.shape[-1]
    square = (x[..., :, None] * x[..., None, :]).reshape(*x.shape[:-1], d * d)
    return xp.concatenate([xp.ones_like(x[..., :1]), x * d**-0.25, square * (2 * d) ** -0.5], axis=-1)


def feature_gradient(dfeatures: Array, x: Array) -> Array:
    r"""Return the gradient of `features` with respect to its input.

    .. math:: \bar x = d^{-1/4} \bar\varphi_1 + (2 d)^{-1/2} (\bar\varphi_2 + \bar\varphi_2^T) x

    Parameters
    ----------
    dfeatures : (..., 1 + d + d²)
        Gradient with respect to the features.
    x : (..., d)
        Queries or keys.

    Examples
    --------
    >>> import numpy as np
    >>> feature_gradient(np.array([0.0, 1.0, 0.0]), np.array([2.0])).tolist()
    [1.0]
    """
    namespace(x=x, dfeatures=dfeatures)
    shaped("x : (..., d)", x=x)
    d = x.shape[-1]
    dfeatures = answers(dfeatures, (*x.shape[:-1], 1 + d + d * d), x, "dfeatures")
    square = dfeatures[..., 1 + d :].reshape(*x.shape, d)
    both = (square @ x[..., None] + square.swapaxes(-1, -2) @ x[..., None])[..., 0]
    return _weighted(dfeatures[..., 1 : 1 + d], d**-0.25, both, (2 * d) ** -0.5)


@fused
def _weighted(xp: Namespace, a: Array, by_a: float, b: Array, by_b: float) -> Array:
    return a * by_a + b * by_b


def forward(
    q: Array, k: Array, v: Array, state: Array | None = None, *, chunk: int | None = None, eps: float = 1e-12
) -> tuple[Array, Cache]:
    r"""Let each query collect the values so far, with weights that are a polynomial of its likeness.

    .. math:: y_t = \frac{\sum_{s \le t} (1 + a_{ts} + a_{ts}^2 / 2) v_s}{\sum_{s \le t} (1 + a_{ts} +
        a_{ts}^2 / 2) + \epsilon}, \quad a_{ts} = q_t \cdot k_s / \sqrt d

    Within a chunk it is computed so; what lies before comes from sums of :math:`\varphi(k) [v, 1]^T`. A chunk
    as long as the sequence is the quadratic form, shorter ones are the linear form. On a GPU a chunk is at
    least 256 steps long, for it computes such a chunk sooner than it is told of shorter ones.

    Parameters
    ----------
    q, k : (..., T, d)
        Queries and keys.
    v : (..., T, w)
        Values.
    state : (..., 1 + d + d², w + 1), optional
        The sums before the first step.
    chunk : int, optional
        Its length; the whole sequence if left out, or if longer than that.
    eps : float
        :math:`\epsilon`.

    Returns
    -------
    y : (..., T, w)
        Output. The weights are positive, and sum to 1.
    cache : Cache
        For `backward`, and with the sums after the last step.

    Raises
    ------
    RequestError
        If shapes do not fit, or a chunk is shorter than a step.

    References
    ----------
    Simple linear attention language models balance the recall-throughput tradeoff (2024), arXiv:2402.18668.

    Examples
    --------
    >>> import numpy as np
    >>> q, v = np.ones((3, 2)), np.array([[0.0], [4.0], [8.0]])
    >>> forward(q, q, v)[0].round(9).ravel().tolist(), forward(q, q, v, chunk=2)[0].round(9).ravel().tolist()
    ([0.0, 2.0, 4.0], [0.0, 2.0, 4.0])
    """
    xp = namespace("state", q=q, k=k, v=v, state=state)
    said = {"q": q, "k": k, "v": v, "state": state}
    fits(q.ndim >= 2 and q.shape == k.shape and k.shape[:-1] == v.shape[:-1],
         "q and k must be (..., length, d), and v as long", **said)  # fmt: skip
    *batch, length, d = q.shape
    sums = (*batch, 1 + d + d * d, v.shape[-1] + 1)
    fits(state is None or state.shape == sums, f"the state must be {sums}", **said)
    step = max(1, length if chunk is None else min(length, whole_number("chunk", chunk, of="steps")))
    if xp is not np:
        step = max(step, min(length, _LONG))
    number("eps", eps, FROM_0)
    ones = xp.empty((*v.shape[:-1], sums[-1]), v.dtype)
    ones[..., :-1], ones[..., -1] = v, 1
    seen, carried, pieces = _seen(step, q.dtype, xp), state is not None, []
    for start in range(0, max(length, 1), step):
        here = (..., slice(start, start + step), slice(None))
        pieces.append(_piece(q[here], k[here], ones[here], state, seen, start + step >= length))
        if pieces[-1].of_k is not None:
            state = _added(state, pieces[-1].of_k, pieces[-1].v)
    outputs = [_divided(piece.sums[..., :-1], piece.sums[..., -1:], eps) for piece in pieces]
    return _joined(xp, outputs), Cache(pieces, eps, carried)


@masks.kept
def _seen(length: int, dtype: np.dtype[Any], xp: Namespace) -> Array:
    return masks.causal(length, length, xp).astype(dtype)


def _piece(q: Array, k: Array, v: Array, before: Array | None, seen: Array, last: bool) -> _Piece:
    length = q.shape[-2]
    slopes, weights = _polynomial(matmul(q, k.swapaxes(-1, -2)), q.shape[-1] ** -0.5, seen[:length, :length])
    sums, of_q = matmul(weights, v), None
    if before is not None:
        of_q = features(q)
        sums += matmul(of_q, before)
    return _Piece(q, k, v, slopes, weights, sums, of_q, None if last else features(k), before)


@fused
def _polynomial(xp: Namespace, scores: Array, scale: float, seen: Array) -> tuple[Array, Array]:
    """Return 1 + a and 1 + a + a² / 2 where a key is seen, and 0 elsewhere."""
    slopes = (scores * scale + 1) * seen
    return slopes, (slopes * slopes + seen) * 0.5


@fused
def _divided(xp: Namespace, above: Array, below: Array, eps: float) -> Array:
    return above / (below + eps)


def _added(state: Array | None, of_k: Array, v: Array) -> Array:
    more = matmul(of_k.swapaxes(-1, -2), v)
    return more if state is None else state + more


def _joined(xp: Namespace, pieces: Sequence[Array]) -> Array:
    return pieces[0] if len(pieces) == 1 else xp.concatenate(pieces, axis=-2)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array, Array | None]:
    r"""Return the gradients, from the last chunk to the first.

    With :math:`N` and :math:`Z` the sums above and below and :math:`A` the weights,

    .. math:: \bar N = \frac{\bar y}{Z + \epsilon}, \quad \bar Z = -\frac{\bar y \cdot y}{Z + \epsilon}, \quad
        \bar A = \bar N v^T + \bar Z, \quad \bar a = (1 + a) \bar A, \quad \bar q = d^{-1/2} \bar a k

    and the gradient of the state goes from chunk to chunk.

    Parameters
    ----------
    dy : (..., T, w)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dq, dk, dv, dstate
        Gradients; dstate is None if no state was given.

    Examples
    --------
    >>> import numpy as np
    >>> _, cache = forward(np.ones((3, 2)), np.ones((3, 2)), np.ones((3, 1)), chunk=2)
    >>> [None if gradient is None else gradient.shape for gradient in backward(np.ones((3, 1)), cache)]
    [(3, 2), (3, 2), (3, 1), None]
    """
    end = sum(piece.q.shape[-2] for piece in cache.pieces)
    first = cache.pieces[0]
    dy = answers(dy, (*first.q.shape[:-2], end, first.v.shape[-1] - 1), cache)
    xp, dstate, gradients = namespace(dy=dy), None, []
    for piece in reversed(cache.pieces):
        start = end - piece.q.shape[-2]
        *inputs, dstate = _piece_backward(dy[..., start:end, :], piece, dstate, cache.eps)
        gradients.append(inputs)
        end = start
    dq, dk, dv = (_joined(xp, each) for each in zip(*reversed(gradients), strict=True))
    return dq, dk, dv[..., :-1], dstate if cache.carried else None


def _piece_backward(
    dy: Array, piece: _Piece, dafter: Array | None, eps: float
) -> tuple[Array, Array, Array, Array | None]:
    q, k, v, slopes, weights, sums, of_q, of_k, before = piece
    dsums = namespace(dy=dy).empty_like(sums)
    parts = _divided_backward(dy, sums[..., :-1], sums[..., -1:], eps, dsums[..., :-1])
    parts.sum(axis=-1, out=dsums[..., -1])
    dscores = _product(matmul(dsums, v.swapaxes(-1, -2)), slopes, q.shape[-1] ** -0.5)
    dq, dk, dv = (
        matmul(dscores, k),
        matmul(dscores.swapaxes(-1, -2), q),
        matmul(weights.swapaxes(-1, -2), dsums),
    )
    dstate = dafter
    if dafter is not None:
        dk += feature_gradient(matmul(v, dafter.swapaxes(-1, -2)), k)
        dv += matmul(of_k, dafter)
    if before is not None:
        dq += feature_gradient(matmul(dsums, before.swapaxes(-1, -2)), q)
        dbefore = matmul(of_q.swapaxes(-1, -2), dsums)
        dstate = dbefore if dafter is None else dafter + dbefore
    return dq, dk, dv, dstate


@fused
def _divided_backward(
    xp: Namespace, dy: Array, above: Array, below: Array, eps: float, dabove: Array
) -> Array:
    """Return what sums up to the gradient of what is below."""
    total = below + eps
    dabove[...] = dy / total
    return dabove * above / -total


@fused
def _product(xp: Namespace, a: Array, b: Array, scale: float) -> Array:
    return a * b * scale
