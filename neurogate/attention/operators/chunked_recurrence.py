r"""The linear recurrence in chunks: matrix products inside a chunk, and a state from one chunk to the next.

With :math:`b_i` the sum of the log decays from the chunk's first step to its i-th,

.. math::
    o_i = (q_i e^{b_i})^T S + \sum_{j \le i} \langle q_i e^{b_i - b_j}, k_j \rangle v_j, \quad
    S \leftarrow e^{b_C} S + \sum_j (k_j e^{b_C - b_j}) v_j^T

No exponent is above 0, and none is a difference of sums. For that, the pairs j < i are sorted by halving: the
chunk, then its halves, and so on; each pair is parted once, at some step m, where
:math:`e^{b_i - b_j} = e^{b_i - b_m} e^{b_m - b_j}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from neurogate.attention.arrays import Array, Namespace, namespace, shaped
from neurogate.attention.operators.stepped_recurrence import SHAPES
from neurogate.attention.options import whole_number
from neurogate.attention.products import matmul

__all__ = ["backward", "cut", "fading", "forward", "joined", "power_of_two"]


class _Kept(NamedTuple):
    chunk: int
    q: Array
    k: Array
    v: Array
    g: Array
    states: list[Array]


def forward(q: Array, k: Array, v: Array, g: Array, state: Array, chunk: int) -> tuple[Array, Array, _Kept]:
    """Compute the output and the state after the last step.

    Parameters
    ----------
    q, k : (B, T, H, K)
        Queries, already scaled, and keys.
    v : (B, T, H, V)
        Values.
    g : (B or 1, T, H or 1, K or 1)
        Logarithms of the decays.
    state : (B, H, K, V)
        Before the first step.
    chunk : int
        Steps taken together.

    Returns
    -------
    o, state, kept
        Output, state after the last step, and what `backward` needs.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 3, 1, 1))
    >>> forward(x, x, x, np.log(0.5 * x), x[:, 0, :, None], 2)[0].ravel().tolist()
    [1.5, 1.75, 1.875]
    """
    xp = namespace(q=q, k=k, v=v, g=g, state=state)
    shaped(SHAPES, q=q, k=k, v=v, g=g, state=state)
    length = q.shape[1]
    chunk = min(whole_number("chunk", chunk, of="steps"), power_of_two(length))
    q, k, v, g = (cut(xp, each, chunk) for each in (q, k, v, g))
    whole, soon, late = fading(xp, g)
    written = matmul((k * late).swapaxes(-1, -2), v)
    states = [state]
    for n in range(q.shape[2]):
        states.append(whole[:, :, n] * states[-1] + written[:, :, n])
    last = states.pop()
    o = (q * k).sum(axis=-1, keepdims=True) * v
    if states:
        o += matmul(q * soon, xp.stack(states, axis=2))
    for later, earlier, since, until in _levels(xp, g):
        block = matmul(later(q) * since, (earlier(k) * until).swapaxes(-1, -2))
        later(o)[...] += matmul(block, earlier(v))
    return joined(o, chunk, length), last, _Kept(chunk, q, k, v, g, states)


def backward(
    do: Array, dstate: Array, q: Array, k: Array, v: Array, g: Array, kept: _Kept
) -> tuple[Array, Array, Array, Array]:
    """Compute the gradients.

    Parameters
    ----------
    do : (B, T, H, V)
        Gradient with respect to the output.
    dstate : (B, H, K, V)
        Gradient with respect to the state after the last step.
    q, k, v, g : arrays
        As in `forward`.
    kept : tuple
        Of `forward`.

    Returns
    -------
    dq, dk, dv, dstate
        Gradients; the last with respect to the state before the first step.

    Examples
    --------
    >>> import numpy as np
    >>> x, s = np.ones((1, 2, 1, 1)), np.zeros((1, 1, 1, 1))
    >>> _, _, kept = forward(x, x, x, np.log(0.5 * x), s, 2)
    >>> [d.ravel().tolist() for d in backward(x, s, x, x, x, np.log(0.5 * x), kept)]
    [[1.0, 1.5], [1.5, 1.0], [1.5, 1.0], [0.75]]
    """
    xp = namespace(do=do, dstate=dstate, q=q, k=k, v=v, g=g)
    shaped(SHAPES, do=do, dstate=dstate, q=q, k=k, v=v, g=g)
    length = do.shape[1]
    chunk, q, k, v, g, states = kept
    do = cut(xp, do, chunk)
    whole, soon, late = fading(xp, g)
    read = matmul((q * soon).swapaxes(-1, -2), do)
    after = []
    for n in reversed(range(q.shape[2])):
        after.append(dstate)
        dstate = whole[:, :, n] * dstate + read[:, :, n]
    within = (do * v).sum(axis=-1, keepdims=True)
    dq, dk, dv = within * k, within * q, (q * k).sum(axis=-1, keepdims=True) * do
    if states:
        dafter = xp.stack(after[::-1], axis=2)
        dq += matmul(do, xp.stack(states, axis=2).swapaxes(-1, -2)) * soon
        dk += matmul(v, dafter.swapaxes(-1, -2)) * late
        dv += matmul(k * late, dafter)
    for later, earlier, since, until in _levels(xp, g):
        query, key = later(q) * since, earlier(k) * until
        dblock = matmul(later(do), earlier(v).swapaxes(-1, -2))
        later(dq)[...] += matmul(dblock, key) * since
        earlier(dk)[...] += matmul(dblock.swapaxes(-1, -2), query) * until
        earlier(dv)[...] += matmul(key, matmul(query.swapaxes(-1, -2), later(do)))
    return (*(joined(each, chunk, length) for each in (dq, dk, dv)), dstate)


class _Half:
    """The first or the second half of every block of a size, as a view of an array in chunks."""

    def __init__(self, size: int, second: bool) -> None:
        self.size, self.second = size, second

    def __call__(self, x: Array) -> Array:
        *outer, steps, width = x.shape
        halves = x.reshape(*outer, steps // (2 * self.size), 2 * self.size, width)
        return halves[..., self.size :, :] if self.second else halves[..., : self.size, :]


def _levels(xp: Namespace, g: Array) -> Iterator[tuple[_Half, _Half, Array, Array]]:
    """Yield, for each size of blocks, both halves, and what is left from m on and until m."""
    size = g.shape[-2] // 2
    while size:
        later, earlier = _Half(size, second=True), _Half(size, second=False)
        yield later, earlier, xp.exp(later(g).cumsum(axis=-2)), xp.exp(_until_the_end(xp, earlier(g)))
        size //= 2


def fading(xp: Namespace, g: Array) -> tuple[Array, Array, Array]:
    """Return what fades in a whole chunk, (..., K, 1), from its beginning on, and until its end.

    Parameters
    ----------
    xp : module
        `numpy` or `cupy`.
    g : (..., C, K)
        Logarithms of the decays.

    Examples
    --------
    >>> import numpy as np
    >>> [array.ravel().tolist() for array in fading(np, np.zeros((2, 1)))]
    [[1.0], [1.0, 1.0], [1.0, 1.0]]
    """
    namespace(g=g)
    shaped("g : (..., C, K)", g=g)
    b = g.cumsum(axis=-2)
    return xp.exp(b[..., -1:, :]).swapaxes(-1, -2), xp.exp(b), xp.exp(_until_the_end(xp, g))


def _until_the_end(xp: Namespace, g: Array) -> Array:
    """Sum over the steps after each."""
    sums = xp.zeros_like(g)
    sums[..., :-1, :] = g[..., :0:-1, :].cumsum(axis=-2)[..., ::-1, :]
    return sums


def cut(xp: Namespace, x: Array, chunk: int) -> Array:
    """Turn (B, T, H, w) into chunks, (B, H, N, C, w), filled up with 0.

    Parameters
    ----------
    xp : module
        `numpy` or `cupy`.
    x : (B, T, H, w)
        What to cut.
    chunk : int
        Steps of a chunk; C is the next power of two.

    Examples
    --------
    >>> import numpy as np
    >>> cut(np, np.ones((1, 5, 1, 1)), 3).reshape(2, 4).tolist()
    [[1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0]]
    """
    shaped("x : (B, T, H, w)", x=x)
    chunk = whole_number("chunk", chunk, of="steps")
    batch, length, heads, width = x.shape
    pieces = -(-length // chunk)
    x = _longer(xp, x, pieces * chunk).reshape(batch * pieces, chunk, heads, width)
    size = power_of_two(chunk)
    x = _longer(xp, x, size).reshape(batch, pieces, size, heads, width)
    return x.transpose(0, 3, 1, 2, 4)


def _longer(xp: Namespace, x: Array, length: int) -> Array:
    if length == x.shape[1]:
        return x
    rest = xp.zeros((len(x), length - x.shape[1], *x.shape[2:]), x.dtype)
    return xp.concatenate([x, rest], axis=1)


def joined(x: Array, chunk: int, length: int) -> Array:
    """Undo `cut`.

    Parameters
    ----------
    x : (B, H, N, C, w)
        Chunks.
    chunk : int
        Steps that count in each.
    length : int
        T.

    Examples
    --------
    >>> import numpy as np
    >>> joined(np.ones((1, 1, 2, 4, 1)), 3, 5).shape
    (1, 5, 1, 1)
    """
    shaped("x : (B, H, N, C, w)", x=x)
    chunk, length = whole_number("chunk", chunk, of="steps"), whole_number("length", length, 0, of="steps")
    batch, heads, pieces, _, width = x.shape
    whole = x.transpose(0, 2, 3, 1, 4)[:, :, :chunk].reshape(batch, pieces * chunk, heads, width)
    return whole[:, :length]


def power_of_two(number: int) -> int:
    """Return the next power of two, 1 at least.

    Parameters
    ----------
    number : int
        What it must reach.

    Examples
    --------
    >>> [power_of_two(n) for n in (0, 1, 5, 64)]
    [1, 1, 8, 64]
    """
    return 1 << max(whole_number("number", number, 0) - 1, 0).bit_length()
