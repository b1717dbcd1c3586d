"""Attention to near neighbours on both sides, at a cost that grows with the length alone."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from neurogate.attention.arrays import Array
from neurogate.attention.blocks import multi_head, projected_heads, weighted
from neurogate.attention.layer import Layer, Parameters, divides, sequence
from neurogate.attention.operators import linear, sliding_window_attention
from neurogate.units import Count, settings
from neurogate.units.domains import Domain

__all__ = ["Cache", "LocalAttention"]


class Cache(NamedTuple):
    """What the backward needs; ``attention.weights`` are (B, H, T, T), or those of blocks of queries."""

    inputs: dict[str, projected_heads.Cache]
    attention: sliding_window_attention.Cache
    out: weighted.Cache


@settings
class LocalAttention(Layer):
    r"""Multi-head attention with keys at most so far from the query.

    .. math:: y = \mathrm{MHSA}(x) \text{ with } A_{ij} = 0 \text{ unless } -b \le j - i \le a

    Parameters
    ----------
    d_model : int
        D.
    heads : int
        H; it divides D.
    before, after : int
        :math:`b` and :math:`a`.

    References
    ----------
    Exploring diffusion transformer designs via grafting (2025), arXiv:2506.05340.

    Examples
    --------
    >>> layer = LocalAttention(d_model=8, heads=2, before=1, after=1)
    >>> y, cache = layer.forward(np.ones((1, 4, 8)))
    >>> cache.attention.weights[0, 0, 0].tolist()
    [0.5, 0.5, 0.0, 0.0]
    """

    d_model: Count = 1152
    heads: Count = 16
    before: Annotated[int, Domain(0)] = 4
    after: Annotated[int, Domain(0)] = 4

    def check(self) -> None:
        """Raise ValueError if the heads do not divide the width."""
        divides("heads", self.heads, self.d_model)

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw as PyTorch does."""
        return multi_head.initial(rng, self.d_model)

    def forward(self, x: Array) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), and what `backward` needs."""
        _, p = self.given(x=x)
        sequence(x, self.d_model)
        (q, k, v), inputs = projected_heads.each(x, p, self.heads)
        window = self.before + 1 + self.after
        o, attention = sliding_window_attention.forward(q, k, v, window=window, after=self.after)
        y, out = weighted.forward(linear, multi_head.joined(o), p, "o")
        return y, Cache(inputs, attention, out)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        do, gradients = weighted.backward(dy, cache.out)
        heads = sliding_window_attention.backward(multi_head.split(do, self.heads), cache.attention)
        dx, more = projected_heads.each_back(heads, cache.inputs)
        return dx, gradients | more
