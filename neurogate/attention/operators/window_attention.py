"""Attention within a window, block by block, so that memory grows with the length and not with its square."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias, get_args

import numpy as np

from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace, together
from neurogate.attention.constants import constant
from neurogate.attention.fused import fused
from neurogate.attention.operators import relative_bias, softmax
from neurogate.attention.options import FINITE, number, one_of, whole_number
from neurogate.attention.products import matmul

__all__ = ["Activation", "Cache", "backward", "forward"]


Activation: TypeAlias = Literal["softmax", "relu2"]
"""What makes weights of scores."""


class _Layout(NamedTuple):
    """How a sequence is cut: rows of a block, blocks, slots added in front and behind, and blocks seen."""

    xp: Namespace
    length: int
    rows: int
    blocks: int
    front: int
    back: int
    seen: int


class Cache(NamedTuple):
    """What the backward needs; `weights` are (B, blocks, rows, keys of the window)."""

    q: Array
    k: Array
    v: Array
    weights: Array
    root: Array | None
    bias: relative_bias.Cache | None
    scale: float
    layout: _Layout


def forward(
    q: Array, k: Array, v: Array, *, window: int, ahead: bool = False, scale: float = 1.0,
    activation: Activation = "softmax", held: Array | None = None,
    table: Array | None = None, positions: tuple[Array, Array] | None = None,
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Let each query collect values of keys that are near in the order of the sequence.

    .. math:: A_{ij} = f(\beta q_i \cdot k_j + b_{ij}) \text{ if } 0 \le i - j \le w, \quad y = A v

    with a softmax over keys, or with :math:`f(s) = \max(s, 0)^2`, whose rows do not sum to 1.

    Parameters
    ----------
    q : (B, T, z)
        Queries.
    k : (B, S, z)
        Keys; the last T stand at the queries, and those in front, if any, came before.
    v : (B, S, h)
        Values.
    window : int
        :math:`w`.
    ahead : bool
        Whether to look ahead as far as back.
    scale : float
        :math:`\beta`.
    activation : {"softmax", "relu2"}
        :math:`f`.
    held : (B, S) bool, optional
        Whether there is a key; all are if left out.
    table : (2 P - 1,), optional
        Of `relative_bias`; no bias if left out.
    positions : pair of int arrays, optional
        Where queries, (B, T), and keys, (B, S), stand, for the bias.

    Returns
    -------
    y : (B, T, h)
        Output; 0 for a query without keys.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, or the window is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> q, v = np.zeros((1, 4, 1)), np.array([[[0.0], [2.0], [4.0], [8.0]]])
    >>> forward(q, q, v, window=1)[0].ravel().tolist()
    [0.0, 1.0, 3.0, 6.0]
    """
    xp = namespace("table", q=q, k=k, v=v, table=table)
    window = whole_number("window", window, of="tokens")
    one_of("activation", activation, get_args(Activation))
    number("scale", scale, FINITE)
    layout = _layout(xp, q, k, v, window, ahead)
    held = xp.ones(k.shape[:2], bool) if held is None else held
    together(k=k, held=held)
    good = held.shape == k.shape[:2] and held.dtype == bool
    fits(good, "held must be true or false for each key", k=k, held=held)
    blocks, k, v = _blocks(scale * q, layout), _windows(k, layout), _windows(v, layout)
    scores, bias = matmul(blocks, k.swapaxes(-1, -2)), None
    if table is not None and positions is not None:
        there, here = (_windows(positions[1], layout), _blocks(positions[0], layout))
        added, bias = relative_bias.forward(table, here, there)
        scores += added
    before = k.shape[-2] - layout.rows if layout.blocks == 1 else window
    near = constant(_near, layout.rows, k.shape[-2], before, window, ahead, like=np.dtype(bool), xp=xp)
    mask = near & _windows(held, layout)[:, :, None]
    if activation == "softmax":
        root, (weights, _) = None, softmax.forward(scores, mask, overwrite=True)
    else:
        root, weights = _squares(scores, mask)
    y = _unblocked(matmul(weights, v), layout)
    return y, Cache(blocks, k, v, weights, root, bias, scale, layout)


def backward(dy: Array, cache: Cache) -> tuple[Array, Array, Array, Array | None]:
    r"""Return the gradients.

    .. math:: \bar v = A^T \bar y, \quad \bar A = \bar y v^T, \quad \bar s = 2 \max(s, 0) \bar A
        \text{ or that of the softmax}, \quad \bar q = \beta \bar s k, \quad \bar k = \beta \bar s^T q

    Parameters
    ----------
    dy : (B, T, h)
        Gradient with respect to `y`.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dq, dk, dv, dtable
        Gradients; dtable is None if there was no table.

    Examples
    --------
    >>> import numpy as np
    >>> q = np.ones((1, 4, 1))
    >>> backward(q, forward(q, q, q, window=1)[1])[2].ravel().tolist()
    [1.5, 1.0, 1.0, 0.5]
    """
    q, k, v, weights, root, bias, scale, layout = cache
    dy = answers(dy, (len(q), layout.length, v.shape[-1]), cache)
    dy = _blocks(dy, layout)
    dv = _merged(matmul(weights.swapaxes(-1, -2), dy), layout)
    dweights = matmul(dy, v.swapaxes(-1, -2))
    dscores = softmax.backward(dweights, weights) if root is None else _slopes(root, dweights)
    dtable = None if bias is None else relative_bias.backward(dscores, bias)
    dq = _unblocked(scale * matmul(dscores, k), layout)
    return dq, _merged(matmul(dscores.swapaxes(-1, -2), q), layout), dv, dtable


@fused
def _squares(xp: Namespace, scores: Array, mask: Array) -> tuple[Array, Array]:
    root = xp.maximum(scores, 0) * mask
    return root, root * root


@fused
def _slopes(xp: Namespace, root: Array, dweights: Array) -> Array:
    return 2 * root * dweights


def _near(rows: int, keys: int, before: int, window: int, ahead: bool) -> Array:
    lag = np.arange(rows)[:, None] + before - np.arange(keys)
    return (lag <= window) & (lag >= (-window if ahead else 0))


def _layout(xp: Namespace, q: Array, k: Array, v: Array, window: int, ahead: bool) -> _Layout:
    said = {"q": q, "k": k, "v": v}
    fits(q.ndim == k.ndim == v.ndim == 3 and q.shape[-1] == k.shape[-1], "q, k and v must be (batch, length, "
         "features), and keys as wide as queries", **said)  # fmt: skip
    fits(k.shape[:2] == v.shape[:2] and len(q) == len(k) and q.shape[1] <= k.shape[1],
         "there must be as many keys as values, and as many as queries at least", **said)  # fmt: skip
    fits(v.shape[-1] > 0, "a value needs a feature at least", **said)
    length, earlier = q.shape[1], k.shape[1] - q.shape[1]
    if length <= window:
        return _Layout(xp, length, length, 1, 0, 0, 1)
    fits(earlier <= window, f"no more than {window} keys may come before the first query", **said)
    blocks = -(-length // window)
    back = blocks * window - length + (window if ahead else 0)
    return _Layout(xp, length, window, blocks, window - earlier, back, 3 if ahead else 2)


def _blocks(x: Array, layout: _Layout) -> Array:
    """Turn (B, T, ...) into (B, blocks, rows, ...)."""
    behind = layout.blocks * layout.rows - layout.length
    return _padded(x, 0, behind, layout.xp).reshape(len(x), layout.blocks, layout.rows, *x.shape[2:])


def _unblocked(x: Array, layout: _Layout) -> Array:
    """Turn (B, blocks, rows, d) into (B, T, d)."""
    return x.reshape(len(x), layout.blocks * layout.rows, x.shape[-1])[:, : layout.length]


def _windows(x: Array, layout: _Layout) -> Array:
    """Turn (B, S, ...) into (B, blocks, keys of a window, ...)."""
    if layout.blocks == 1:
        return x[:, None]
    x = _padded(x, layout.front, layout.back, layout.xp)
    x = x.reshape(len(x), -1, layout.rows, *x.shape[2:])
    seen = [x[:, i : i + layout.blocks] for i in range(layout.seen)]
    return layout.xp.concatenate(seen, axis=2)


def _merged(dx: Array, layout: _Layout) -> Array:
    """Return the adjoint of `_windows`."""
    if layout.blocks == 1:
        return dx[:, 0]
    batch, blocks, _, width = dx.shape
    total = layout.xp.zeros((batch, blocks + layout.seen - 1, layout.rows, width), dx.dtype)
    for i in range(layout.seen):
        total[:, i : i + blocks] += dx[:, :, i * layout.rows : (i + 1) * layout.rows]
    total = total.reshape(batch, -1, width)
    return total[:, layout.front : total.shape[1] - layout.back]


def _padded(x: Array, front: int, back: int, xp: Namespace) -> Array:
    longer = xp.zeros((len(x), front + x.shape[1] + back, *x.shape[2:]), x.dtype)
    longer[:, front : front + x.shape[1]] = x
    return longer
