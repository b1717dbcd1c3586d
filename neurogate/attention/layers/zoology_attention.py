"""The attention that Zoology compares with: causal, whole or in a window, hidden by a large number."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace
from neurogate.attention.blocks import projected_heads, weighted
from neurogate.attention.blocks.multi_head import joined, split
from neurogate.attention.layer import Layer, Parameters, divides, sequence
from neurogate.attention.operators import attention_weights, linear, masks
from neurogate.attention.products import matmul
from neurogate.units import Count, settings

__all__ = ["ZoologyAttention"]

_HIDDEN = -10000.0


class Cache(NamedTuple):
    """What the backward needs; `weights` are the attention weights, (B, H, T, T)."""

    projections: dict[str, projected_heads.Cache]
    likeness: attention_weights.Cache
    v: Array
    weights: Array
    out: weighted.Cache


@settings
class ZoologyAttention(Layer):
    r"""Causal attention, of all samples so far or of a window.

    .. math:: A = \mathrm{softmax}(Q K^T / \sqrt h + M), \quad y = W_o (A V)

    :math:`M` is -10000 where a query may not look, not minus infinity: scores beyond that see the future.

    Parameters
    ----------
    d_model : int
        D.
    heads : int
        H; it divides D. With a window the authors have 1.
    window : int, optional
        How many samples before its own a query sees, as published, one key more than the name says; all if
        left out.

    References
    ----------
    Zoology: measuring and improving recall in efficient language models (2023), arXiv:2312.04927.

    Examples
    --------
    >>> layer = ZoologyAttention(d_model=8, window=2)
    >>> y, cache = layer.forward(np.ones((1, 4, 8)))
    >>> cache.weights[0, 0, 3].round(3).tolist()
    [0.0, 0.333, 0.333, 0.333]
    """

    d_model: Count = 64
    heads: Count = 1
    window: Count | None = None

    def check(self) -> None:
        """Raise ValueError if the heads do not divide the width."""
        divides("heads", self.heads, self.d_model)

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw as PyTorch does."""
        drawn: Parameters = {}
        for name in ("q", "k", "v", "o"):
            drawn |= draw.linear(rng, name, self.d_model, self.d_model)
        return drawn

    def forward(self, x: Array) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), and what `backward` needs."""
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        (q, k, v), projections = projected_heads.each(x, p, self.heads)
        before = max(x.shape[1] - 1, 0) if self.window is None else self.window
        hidden = _hidden(x.shape[1], before, x.dtype, xp)
        weights, likeness = attention_weights.forward(q, k, bias=hidden)
        y, out = weighted.forward(linear, joined(matmul(weights, v)), p, "o")
        return y, Cache(projections, likeness, v, weights, out)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        do, gradients = weighted.backward(dy, cache.out)
        do = split(do, self.heads)
        dq, dk, _ = attention_weights.backward(matmul(do, cache.v.swapaxes(-1, -2)), cache.likeness)
        dheads = dq, dk, matmul(cache.weights.swapaxes(-1, -2), do)
        dx, more = projected_heads.each_back(dheads, cache.projections)
        return dx, gradients | more


@masks.kept
def _hidden(length: int, before: int, dtype: np.dtype[Any], xp: Namespace) -> Array:
    """Return what is added to the scores of (T, T), made once for all calls."""
    seen = masks.sliding_window(length, length, before, 0, xp)
    return xp.where(seen, 0, _HIDDEN).astype(dtype)
