"""Softmax attention to the last few keys alone, whose cost grows with the window and not with the past.

`window_attention` also looks ahead, adds a bias, and has another function of the scores; of one head.
"""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace
from neurogate.attention.operators import masks, scaled_dot_product
from neurogate.attention.options import whole_number

__all__ = ["Cache", "backward", "forward"]


class Cache(NamedTuple):
    """What the backward needs.

    `attention` is that of blocks, (B, N, H, W, 2 W), if there are any, else that of the whole.
    """

    attention: scaled_dot_product.Cache
    blocks: int
    keys: int
    before: int
    window: int
    length: int


def forward(q: Array, k: Array, v: Array, *, window: int) -> tuple[Array, Cache]:
    r"""Let each query look at its own key and at those shortly before it.

    .. math:: o_i = \sum_{j \in (i - W, i]} \mathrm{softmax}_j(h^{-1/2} \langle q_i, k_j \rangle) \, v_j

    Queries of a long sequence are taken W at a time, each block with its own keys and those of the block
    before it.

    Parameters
    ----------
    q : (B, H, T, h)
        Queries.
    k, v : (B, H_kv, S, h)
        Keys and values; the last stand where the last queries do, so that earlier ones may come from a cache.
    window : int
        W, how many keys a query sees, its own among them.

    Returns
    -------
    o : (B, H, T, h)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, or the window is empty.

    Examples
    --------
    >>> import numpy as np
    >>> v = np.arange(5.0)[None, None, :, None]
    >>> forward(np.zeros((1, 1, 5, 1)), v, v, window=2)[0].ravel().tolist()
    [0.0, 0.5, 1.5, 2.5, 3.5]
    """
    xp = namespace(q=q, k=k, v=v)
    window = whole_number("window", window, of="keys")
    good = q.ndim == k.ndim == v.ndim == 4 and q.shape[2] <= k.shape[2] == v.shape[2]
    fits(good, "there must be a key and a value for each query", q=q, k=k, v=v)
    length, keys = q.shape[2], k.shape[2]
    before = min(keys - length, window)
    if length <= 2 * window:
        last = slice(keys - length - before, None)
        mask = masks.sliding_window(length, length + before, window - 1, 0, xp)
        o, attention = scaled_dot_product.forward(q, k[:, :, last], v[:, :, last], mask)
        return o, Cache(attention, 0, keys, before, window, length)
    blocks = -(-length // window)
    queries = _padded(xp, q, 0, blocks * window).reshape(*q.shape[:2], blocks, window, q.shape[3])
    pairs_k, pairs_v = (_pairs(xp, each[:, :, -length - before :], before, window, blocks) for each in (k, v))
    mask = _mask(xp, before, window, blocks)
    o, attention = scaled_dot_product.forward(queries.swapaxes(1, 2), pairs_k, pairs_v, mask)
    o = o.swapaxes(1, 2).reshape(*q.shape[:2], blocks * window, v.shape[3])[:, :, :length]
    return o, Cache(attention, blocks, keys, before, window, length)


def backward(do: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """Return the gradients.

    Parameters
    ----------
    do : (B, H, T, h)
        Gradient with respect to the output.
    cache : Cache
        Of `forward`.

    Returns
    -------
    dq, dk, dv
        Gradients.

    Examples
    --------
    >>> import numpy as np
    >>> v = np.arange(5.0)[None, None, :, None]
    >>> _, cache = forward(np.zeros((1, 1, 5, 1)), v, v, window=2)
    >>> backward(np.ones((1, 1, 5, 1)), cache)[2].ravel().tolist()
    [1.5, 1.0, 1.0, 1.0, 0.5]
    """
    xp, blocks, window, length = namespace(do=do), cache.blocks, cache.window, cache.length
    weights, v = cache.attention.weights, cache.attention.v
    do = answers(do, (len(weights), weights.shape[-3], length, v.shape[-1]), cache, "do")
    if not blocks:
        dq, dk, dv = scaled_dot_product.backward(do, cache.attention)
        return dq, *(_padded(xp, each, cache.keys - each.shape[2], cache.keys) for each in (dk, dv))
    shape = (*do.shape[:2], blocks, window, do.shape[3])
    within = _padded(xp, do, 0, blocks * window).reshape(shape).swapaxes(1, 2)
    dq, *pairs = scaled_dot_product.backward(within, cache.attention)
    dq = dq.swapaxes(1, 2).reshape(*do.shape[:2], blocks * window, dq.shape[-1])[:, :, :length]
    return dq, *(_unpaired(xp, each, cache) for each in pairs)


def _padded(xp: Namespace, x: Array, front: int, length: int) -> Array:
    """Put zeros in front of the steps of (B, H, T, h), and after them up to a length."""
    if x.shape[2] == length:
        return x
    longer = xp.zeros((*x.shape[:2], length, x.shape[3]), x.dtype)
    longer[:, :, front : front + x.shape[2]] = x
    return longer


def _pairs(xp: Namespace, x: Array, before: int, window: int, blocks: int) -> Array:
    """Return each block behind the one before it, (B, N, H, 2 W, h)."""
    x = _padded(xp, x, window - before, (blocks + 1) * window)
    x = x.reshape(*x.shape[:2], blocks + 1, window, x.shape[3]).swapaxes(1, 2)
    return xp.concatenate([x[:, :-1], x[:, 1:]], axis=-2)


def _unpaired(xp: Namespace, pairs: Array, cache: Cache) -> Array:
    """Undo `_pairs` for gradients: what was there twice is added."""
    batch, blocks, heads, _, width = pairs.shape
    x = xp.zeros((batch, blocks + 1, heads, cache.window, width), pairs.dtype)
    x[:, :-1] += pairs[..., : cache.window, :]
    x[:, 1:] += pairs[..., cache.window :, :]
    x = x.swapaxes(1, 2).reshape(batch, heads, (blocks + 1) * cache.window, width)
    x = x[:, :, cache.window - cache.before : cache.window + cache.length]
    return _padded(xp, x, cache.keys - x.shape[2], cache.keys)


@masks.kept
def _mask(xp: Namespace, before: int, window: int, blocks: int) -> Array:
    """Return what each query of each block sees of 2 W keys, (N, 1, W, 2 W)."""
    place = xp.arange(2 * window)
    lag = xp.arange(window)[:, None] + window - place
    there = xp.arange(blocks)[:, None] * window + place >= window - before
    return ((lag >= 0) & (lag < window)) & there[:, None, None, :]
