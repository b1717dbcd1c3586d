"""Based: linear attention by the exponential series cut behind the square."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace
from neurogate.attention.blocks import projected_heads, weighted
from neurogate.attention.blocks.multi_head import joined, split
from neurogate.attention.layer import Parameters, RecurrentLayer, divides, sequence
from neurogate.attention.operators import linear, taylor_attention
from neurogate.units import Count, Positive, settings

__all__ = ["Based"]


class Cache(NamedTuple):
    """What the backward needs."""

    inputs: dict[str, projected_heads.Cache]
    attention: taylor_attention.Cache
    out: weighted.Cache

    @property
    def state(self) -> Array:
        """Return the sums after the last step, which are not made before."""
        return self.attention.state


@settings
class Based(RecurrentLayer):
    r"""Attention with weights :math:`1 + a + a^2/2`, whose memory is a state of fixed size.

    .. math:: y_t = W_o \frac{\sum_{s \le t} \varphi(q_t) \cdot \varphi(k_s) \, v_s}{\sum_{s \le t}
        \varphi(q_t) \cdot \varphi(k_s) + \epsilon}, \quad \varphi(q) \cdot \varphi(k) = 1 + a + a^2 / 2,
        \quad a = q \cdot k / \sqrt f

    Parameters
    ----------
    d_model : int
        D.
    heads : int
        H; it divides D.
    d_feature : int
        :math:`f`, width of queries and keys of a head.
    form : {"linear", "quadratic"}
        Whether what lies before a chunk comes from the state, or each query meets each key: the same numbers.
    chunk : int
        Its length, of the linear form.
    eps : float
        :math:`\epsilon`.

    References
    ----------
    Simple linear attention language models balance the recall-throughput tradeoff (2024), arXiv:2402.18668;
    as in Zoology (2023), arXiv:2312.04927, where these layers alternate with `BaseConv`.

    Examples
    --------
    >>> layer = Based(d_model=8, heads=2, d_feature=3)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, cache.state.shape
    ((1, 5, 8), (1, 2, 13, 5))
    """

    d_model: Count = 768
    heads: Count = 12
    d_feature: Count = 16
    form: Literal["linear", "quadratic"] = "linear"
    chunk: Count = 64
    eps: Positive = 1e-12

    def check(self) -> None:
        """Raise ValueError if the heads do not divide the width."""
        divides("heads", self.heads, self.d_model)

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw as PyTorch does."""
        d, narrow = self.d_model, self.heads * self.d_feature
        drawn: Parameters = {}
        for name, width in (("q", narrow), ("k", narrow), ("v", d), ("o", d)):
            drawn |= draw.linear(rng, name, width, d, bias=False)
        return drawn

    def fresh(self, batch: int, xp: Namespace) -> Array:
        """Return sums of 0."""
        f = self.d_feature
        return xp.zeros((batch, self.heads, 1 + f + f * f, self.d_model // self.heads + 1))

    def forward(self, x: Array, state: Array | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), from a state on, and what `backward` needs."""
        _, p = self.given(x=x)
        sequence(x, self.d_model)
        state = self.restored(x, state)
        (q, k, v), inputs = projected_heads.each(x, p, self.heads)
        chunk = self.chunk if self.form == "linear" else None
        o, attention = taylor_attention.forward(q, k, v, state, chunk=chunk, eps=self.eps)
        y, out = weighted.forward(linear, joined(o), p, "o")
        return y, Cache(inputs, attention, out)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input, the parameters and a given state."""
        do, gradients = weighted.backward(dy, cache.out)
        *inner, dstate = taylor_attention.backward(split(do, self.heads), cache.attention)
        dx, found = projected_heads.each_back(inner, cache.inputs)
        return dx, gradients | found | ({} if dstate is None else {"state": dstate})
