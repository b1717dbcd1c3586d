r"""The gated delta rule in chunks: the corrections of a chunk are a triangular system of equations.

With :math:`\Gamma_{ij}` what is left at step i of step j of the chunk, :math:`\Gamma_i` of its beginning, and
:math:`\Gamma^C_j` of step j at its end,

.. math::
    X = (I + A)^{-1}, \quad A_{ij} = \beta_i \Gamma_{ij} \langle k_i, k_j \rangle \; (j < i), \quad
    U = X \beta V, \quad W = X \beta \Gamma K

the corrections are :math:`N = U - W S`, and the rest is the linear recurrence,

.. math:: o = (\Gamma Q) S + (Q K^T \odot \Gamma) N, \quad S \leftarrow \Gamma_C S + (\Gamma^C K)^T N
"""

from __future__ import annotations

from typing import NamedTuple

from neurogate.attention.arrays import Array, Namespace, namespace, shaped
from neurogate.attention.operators.chunked_recurrence import cut, fading, joined, power_of_two
from neurogate.attention.operators.stepped_delta_rule import SHAPES
from neurogate.attention.options import whole_number
from neurogate.attention.products import matmul

__all__ = ["Chunks", "backward", "chunks", "forward"]


class Chunks(NamedTuple):
    """What holds inside the chunks, whatever the state: arrays of (B, H, N, C, ...)."""

    q: Array  # scaled
    k: Array  # keys
    v: Array  # values
    beta: Array  # shares of the error
    fade: Array  # from each step to each later one, (C, C)
    whole: Array  # from beginning to end, (1, 1)
    soon: Array  # from the beginning to each step
    late: Array  # from each step to the end
    inverse: Array  # X, (C, C)
    u: Array  # what is written to an empty state
    w: Array  # what is taken back, for each state
    seen: Array  # products of queries and keys, faded, (C, C)


class _Kept(NamedTuple):
    size: int
    chunks: Chunks
    states: list[Array]
    new: list[Array]


def chunks(q: Array, k: Array, v: Array, beta: Array, g: Array, size: int) -> Chunks:
    """Compute what holds inside the chunks; C is the power of two that `size` reaches.

    Parameters
    ----------
    q, k : (B, T, H, K)
        Queries, already scaled, and keys.
    v : (B, T, H, V)
        Values.
    beta, g : (B, T, H, 1)
        Shares of the error, and logarithms of the decays.
    size : int
        Steps of a chunk.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 2, 1, 1))
    >>> chunks(x, x, 4 * x, 0.5 * x, 0 * x, 2).u.ravel().tolist()
    [2.0, 1.0]
    """
    xp = namespace(q=q, k=k, v=v, beta=beta, g=g)
    shaped(SHAPES, q=q, k=k, v=v, beta=beta, g=g)
    size = whole_number("size", size, of="steps")
    q, k, v, beta, g = (cut(xp, each, size) for each in (q, k, v, beta, g))
    fade = _pairs(xp, g)
    whole, soon, late = fading(xp, g)
    turned = k.swapaxes(-1, -2)
    inverse = _inverse(xp, xp.tril(beta * matmul(k, turned) * fade, -1))
    u, w = matmul(inverse, beta * v), matmul(inverse, beta * soon * k)
    return Chunks(q, k, v, beta, fade, whole, soon, late, inverse, u, w, matmul(q, turned) * fade)


def forward(
    q: Array, k: Array, v: Array, beta: Array, g: Array, state: Array, chunk: int
) -> tuple[Array, Array, _Kept]:
    """Compute the output and the state after the last step.

    Parameters
    ----------
    q, k, v, beta, g : arrays
        As in `chunks`.
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
    >>> forward(x, x, 4 * x, 0.5 * x, 0 * x, np.zeros((1, 1, 1, 1)), 2)[0].ravel().tolist()
    [2.0, 3.0, 3.5]
    """
    xp = namespace(q=q, state=state)
    shaped(SHAPES, q=q, k=k, v=v, state=state)
    length = q.shape[1]
    size = min(whole_number("chunk", chunk, of="steps"), power_of_two(length))
    c = chunks(q, k, v, beta, g, size)
    kept = _Kept(size, c, [], [])
    o = xp.empty(c.u.shape, q.dtype)
    for n in range(o.shape[2]):
        new = c.u[:, :, n] - matmul(c.w[:, :, n], state)
        o[:, :, n] = matmul((c.soon * c.q)[:, :, n], state) + matmul(c.seen[:, :, n], new)
        kept.states.append(state)
        kept.new.append(new)
        state = c.whole[:, :, n] * state + matmul((c.late * c.k)[:, :, n].swapaxes(-1, -2), new)
    return joined(o, size, length), state, kept


def backward(
    do: Array, dstate: Array, q: Array, k: Array, v: Array, beta: Array, g: Array, kept: _Kept
) -> tuple[Array, Array, Array, Array, Array]:
    """Compute the gradients.

    Parameters
    ----------
    do : (B, T, H, V)
        Gradient with respect to the output.
    dstate : (B, H, K, V)
        Gradient with respect to the state after the last step.
    q, k, v, beta, g : arrays
        As in `forward`.
    kept : tuple
        Of `forward`.

    Returns
    -------
    dq, dk, dv, dbeta, dstate
        Gradients; the last with respect to the state before the first step.

    Examples
    --------
    >>> import numpy as np
    >>> x, s = np.ones((1, 2, 1, 1)), np.zeros((1, 1, 1, 1))
    >>> _, _, kept = forward(x, x, 4 * x, 0.5 * x, 0 * x, s, 2)
    >>> [d.ravel().tolist() for d in backward(x, s, x, x, 4 * x, 0.5 * x, 0 * x, kept)]
    [[2.0, 3.0], [3.0, 0.0], [0.75, 0.5], [6.0, 2.0], [0.75]]
    """
    xp = namespace(do=do, dstate=dstate, q=q, k=k, v=v, beta=beta, g=g)
    shaped(SHAPES, do=do, dstate=dstate, q=q, k=k, v=v, beta=beta, g=g)
    length, c = do.shape[1], kept.chunks
    do = cut(xp, do, kept.size)
    after, dnew = [], []
    for n in reversed(range(do.shape[2])):
        after.append(dstate)
        dnew.append(matmul(_t(c.seen[:, :, n]), do[:, :, n]) + matmul((c.late * c.k)[:, :, n], dstate))
        read = matmul(_t((c.soon * c.q)[:, :, n]), do[:, :, n])
        dstate = c.whole[:, :, n] * dstate + read - matmul(_t(c.w[:, :, n]), dnew[-1])
    if not after:
        return (*(xp.zeros_like(each) for each in (q, k, v, beta)), dstate)
    dafter, du = (xp.stack(each[::-1], axis=2) for each in (after, dnew))
    states, new = (xp.stack(each, axis=2) for each in (kept.states, kept.new))
    dseen = matmul(do, _t(new)) * c.fade
    dq = matmul(dseen, c.k) + c.soon * matmul(do, _t(states))
    dk = matmul(_t(dseen), c.q) + c.late * matmul(new, _t(dafter))
    dvalue, dkey = matmul(_t(c.inverse), du), -matmul(_t(c.inverse), matmul(du, _t(states)))
    dpairs = xp.tril(matmul(dvalue, _t(c.u)) + matmul(dkey, _t(c.w)), -1) * -c.fade
    through = matmul(dpairs, c.k)
    dbeta = (dvalue * c.v).sum(axis=-1, keepdims=True)
    dbeta += ((c.soon * dkey + through) * c.k).sum(axis=-1, keepdims=True)
    dk += c.beta * (c.soon * dkey + through) + matmul(_t(dpairs), c.beta * c.k)
    gradients = (dq, dk, c.beta * dvalue, dbeta)
    return (*(joined(each, kept.size, length) for each in gradients), dstate)


def _t(x: Array) -> Array:
    return x.swapaxes(-1, -2)


def _pairs(xp: Namespace, g: Array) -> Array:
    """Return what fades from each step of a chunk to each later one, as sums of log decays in between."""
    size = g.shape[-2]
    later = xp.tri(size, size, -1, dtype=bool)
    between = xp.where(later, g, g.dtype.type(0)).cumsum(axis=-2)
    return xp.tril(xp.exp(between))


def _inverse(xp: Namespace, a: Array) -> Array:
    """Invert I + A for an A below the diagonal, by halves: blocks of 1, of 2, of 4, and so on."""
    count = a.shape[-1]
    found, size = xp.ones((*a.shape[:-1], 1, 1), a.dtype), 1
    while size < count:
        pairs = xp.arange(count // (2 * size))
        blocks = a.reshape(*a.shape[:-2], count // size, size, count // size, size)
        below = xp.moveaxis(blocks[..., 2 * pairs + 1, :, 2 * pairs, :], 0, -3)
        first, second = found[..., ::2, :, :], found[..., 1::2, :, :]
        found = xp.zeros((*first.shape[:-2], 2 * size, 2 * size), a.dtype)
        found[..., :size, :size], found[..., size:, size:] = first, second
        found[..., size:, :size] = -matmul(matmul(second, below), first)
        size *= 2
    return found[..., 0, :, :]
