"""Attention to near neighbours on both sides."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from neurogate.attention.arrays import Array
from neurogate.attention.blocks import multi_head
from neurogate.attention.fused import summed
from neurogate.attention.layer import Layer, Parameters, divides, sequence
from neurogate.attention.operators import masks
from neurogate.units import Count, settings
from neurogate.units.domains import Domain

__all__ = ["LocalAttention"]


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

    def forward(self, x: Array) -> tuple[Array, multi_head.Cache]:
        """Return the output of (B, T, D), and what `backward` needs."""
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        near = masks.sliding_window(x.shape[1], x.shape[1], self.before, self.after, xp)
        return multi_head.forward(x, x, x, p, heads=self.heads, mask=near)

    def backward(self, dy: Array, cache: multi_head.Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        *inputs, gradients = multi_head.backward(dy, cache)
        return summed(*inputs), gradients
