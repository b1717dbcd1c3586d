"""Softmax attention to the nearest few keys alone, whose cost grows with the window and not with the past.

`window_attention` adds a bias, hides keys, and has another function of the scores; of one head.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace
from neurogate.attention.operators import masks, scaled_dot_product
from neurogate.attention.options import whole_number

__all__ = ["Cache", "backward", "forward"]

AT_ONCE = 1 << 18  # pairs of a head, which a GPU compares sooner than it cuts blocks


class Cache(NamedTuple):
    """What the backward needs.

    `attention` is that of blocks, (B, N, H, R, keys of a block), if there are any, else that of the whole.
    """

    attention: scaled_dot_product.Cache
    blocks: int
    rows: int
    keys: int
    before: int
    window: int
    after: int
    length: int

    @property
    def weights(self) -> Array:
        """Return the attention weights."""
        return self.attention.weights

    @property
    def front(self) -> int:
        """How many keys the first block lacks."""
        return self.window - 1 - self.after - self.before


def forward(
    q: Array, k: Array, v: Array, *, window: int, after: int = 0, rows: int = 16
) -> tuple[Array, Cache]:  # fmt: skip
    r"""Let each query look at its own key, at those shortly before it, and perhaps at those shortly after.

    .. math::
        o_i = \sum_{j \in (i + a - W, i + a]} \mathrm{softmax}_j(h^{-1/2} \langle q_i, k_j \rangle) \, v_j

    Queries of a long sequence are taken R at a time, each block with the R + W - 1 keys that it sees.

    Parameters
    ----------
    q : (B, H, T, h)
        Queries.
    k, v : (B, H_kv, S, h)
        Keys and values; the last stand where the last queries do, so that earlier ones may come from a cache.
    window : int
        W, how many keys a query sees, its own among them.
    after : int
        a, how many of these come after its own; fewer than W.
    rows : int
        R; as many as W at least, and no matter for the output. Small products take longer than their numbers.

    Returns
    -------
    o : (B, H, T, h)
        Output.
    cache : Cache
        For `backward`.

    Raises
    ------
    RequestError
        If shapes do not fit, the window is empty, or all of it stands behind its query.

    Examples
    --------
    >>> import numpy as np
    >>> v = np.arange(5.0)[None, None, :, None]
    >>> forward(np.zeros((1, 1, 5, 1)), v, v, window=2)[0].ravel().tolist()
    [0.0, 0.5, 1.5, 2.5, 3.5]
    """
    xp = namespace(q=q, k=k, v=v)
    window, rows = whole_number("window", window, of="keys"), whole_number("rows", rows, of="queries")
    after, rows = whole_number("after", after, 0, window - 1, of="keys"), max(rows, window)
    good = q.ndim == k.ndim == v.ndim == 4 and q.shape[2] <= k.shape[2] == v.shape[2]
    fits(good, "there must be a key and a value for each query", q=q, k=k, v=v)
    length, keys = q.shape[2], k.shape[2]
    before = min(keys - length, window - 1 - after)
    blocks, reach = -(-length // rows), min(2 * rows, -(-(rows + window - 1) // 8) * 8)  # eights are fast
    compared = blocks * rows * reach if xp is np else max(blocks * rows * reach, AT_ONCE)
    if length * (length + before) <= compared:
        last = slice(keys - length - before, None)
        mask = masks.sliding_window(length, length + before, window - 1 - after, after, xp)
        o, attention = scaled_dot_product.forward(q, k[:, :, last], v[:, :, last], mask)
        return o, Cache(attention, 0, rows, keys, before, window, after, length)
    front = window - 1 - after - before
    queries = _padded(xp, q, 0, blocks * rows).reshape(*q.shape[:2], blocks, rows, q.shape[3])
    seen_k, seen_v = (_seen(xp, u[:, :, -length - before :], front, reach, blocks, rows) for u in (k, v))
    mask = _mask(xp, front, front + before + length, window, reach, blocks, rows)
    o, attention = scaled_dot_product.forward(queries.swapaxes(1, 2), seen_k, seen_v, mask)
    o = o.swapaxes(1, 2).reshape(*q.shape[:2], blocks * rows, v.shape[3])[:, :, :length]
    return o, Cache(attention, blocks, rows, keys, before, window, after, length)


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
    xp, blocks, rows, length = namespace(do=do), cache.blocks, cache.rows, cache.length
    weights, v = cache.weights, cache.attention.v
    do = answers(do, (len(weights), weights.shape[-3], length, v.shape[-1]), cache, "do")
    if not blocks:
        dq, dk, dv = scaled_dot_product.backward(do, cache.attention)
        return dq, *(_padded(xp, each, cache.keys - each.shape[2], cache.keys) for each in (dk, dv))
    shape = (*do.shape[:2], blocks, rows, do.shape[3])
    within = _padded(xp, do, 0, blocks * rows).reshape(shape).swapaxes(1, 2)
    dq, *seen = scaled_dot_product.backward(within, cache.attention)
    dq = dq.swapaxes(1, 2).reshape(*do.shape[:2], blocks * rows, dq.shape[-1])[:, :, :length]
    return dq, *(_unseen(xp, each, cache) for each in seen)


def _padded(xp: Namespace, x: Array, front: int, length: int) -> Array:
    """Put zeros in front of the steps of (B, H, T, h), and after them up to a length."""
    if x.shape[2] == length:
        return x
    longer = xp.zeros((*x.shape[:2], length, x.shape[3]), x.dtype)
    longer[:, :, front : front + x.shape[2]] = x
    return longer


def _seen(xp: Namespace, x: Array, front: int, reach: int, blocks: int, rows: int) -> Array:
    """Return what each block sees, (B, N, H, reach, h): R steps, and the first of the next R."""
    x = _padded(xp, x, front, (blocks + 1) * rows)
    x = x.reshape(*x.shape[:2], blocks + 1, rows, x.shape[3]).swapaxes(1, 2)
    return xp.concatenate([x[:, :-1], x[:, 1:, :, : reach - rows]], axis=-2)


def _unseen(xp: Namespace, seen: Array, cache: Cache) -> Array:
    """Undo `_seen` for gradients: what was there twice is added."""
    batch, blocks, heads, reach, width = seen.shape
    rows, front = cache.rows, cache.front
    x = xp.zeros((batch, blocks + 1, heads, rows, width), seen.dtype)
    x[:, :-1] += seen[..., :rows, :]
    x[:, 1:, :, : reach - rows] += seen[..., rows:, :]
    x = x.swapaxes(1, 2).reshape(batch, heads, (blocks + 1) * rows, width)
    x = x[:, :, front : front + cache.before + cache.length]
    return _padded(xp, x, cache.keys - x.shape[2], cache.keys)


@masks.kept
def _mask(xp: Namespace, first: int, last: int, window: int, reach: int, blocks: int, rows: int) -> Array:
    """Return what each query of each block sees, (N, 1, R, reach), of keys from the first to the last."""
    place = xp.arange(reach)
    lag = place - xp.arange(rows)[:, None]
    there = xp.arange(blocks)[:, None] * rows + place
    there = (there >= first) & (there < last)
    return ((lag >= 0) & (lag < window)) & there[:, None, None, :]
