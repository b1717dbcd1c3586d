"""The attention that Zoology compares with: causal, whole or in a window, hidden by a large number."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array
from neurogate.attention.blocks import weighted
from neurogate.attention.blocks.multi_head import joined, split
from neurogate.attention.fused import summed
from neurogate.attention.layer import Layer, Parameters, divides, sequence
from neurogate.attention.operators import linear, masks, softmax
from neurogate.units import Count, settings

__all__ = ["ZoologyAttention"]

_HIDDEN = -10000.0


class Cache(NamedTuple):
    """What the backward needs; `weights` are the attention weights, (B, H, T, T)."""

    projections: dict[str, weighted.Cache]
    heads: tuple[Array, Array, Array]
    weights: Array


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
        projections, heads, length = {}, [], x.shape[1]
        for name in ("q", "k", "v"):
            projected, projections[name] = weighted.forward(linear, x, p, name)
            heads.append(split(projected, self.heads))
        q, k, v = heads
        before = max(length - 1, 0) if self.window is None else self.window
        seen = masks.sliding_window(length, length, before, 0, xp)
        scores = (q.shape[-1] ** -0.5 * q) @ k.swapaxes(-1, -2)
        scores += xp.where(seen, 0, _HIDDEN).astype(x.dtype)
        weights, _ = softmax.forward(scores, overwrite=True)
        y, projections["o"] = weighted.forward(linear, joined(weights @ v), p, "o")
        return y, Cache(projections, (q, k, v), weights)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        (q, k, v), weights = cache.heads, cache.weights
        do, gradients = weighted.backward(dy, cache.projections["o"])
        do = split(do, self.heads)
        dscores = softmax.backward(do @ v.swapaxes(-1, -2), weights)
        dscores *= q.shape[-1] ** -0.5
        inner = (dscores @ k, dscores.swapaxes(-1, -2) @ q, weights.swapaxes(-1, -2) @ do)
        inputs = []
        for name, array in zip(("q", "k", "v"), inner, strict=True):
            dx, found = weighted.backward(joined(array), cache.projections[name])
            inputs.append(dx)
            gradients |= found
        return summed(*inputs), gradients
