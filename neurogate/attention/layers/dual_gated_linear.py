"""Dual-gated linear attention: values pass a narrow gate, outputs a wide one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace
from neurogate.attention.blocks import grid as grids
from neurogate.attention.blocks import mlp, weighted
from neurogate.attention.blocks.multi_head import joined, split
from neurogate.attention.fused import fused
from neurogate.attention.layer import Layer, Parameters, divides, named, part, sequence
from neurogate.attention.operators import convolution, kernel_attention, layer_norm, linear, rotary
from neurogate.attention.operators.pointwise import elu, silu
from neurogate.units import Count, Positive, settings

__all__ = ["DualGatedLinear"]


class Cache(NamedTuple):
    """What the backward needs; `gate` is the outer gate, `attended` what it multiplies."""

    gate: Array
    attended: Array
    parts: Mapping[str, weighted.Cache]
    bent: Mapping[str, Any]
    inner: mlp.Cache
    turned: Mapping[str, rotary.Cache]
    attention: kernel_attention.Cache
    outer: mlp.Cache


@settings
class DualGatedLinear(Layer):
    r"""A block of linear attention on a grid of tokens, with a gate on the values and one on the output.

    With :math:`n = \mathrm{LN}(x)`,

    .. math::
        t = \mathrm{SiLU}(n W_t^T + b_t), \quad v = W_d\, \mathrm{SiLU}(W_u n + b_u) + b_d, \quad
        q, k = \mathrm{elu}(n W_{q, k}^T + b_{q, k}) + 1

        o = \mathrm{attention}(q, k, v) + \mathrm{conv}_{3 \times 3}(v), \quad
        x \leftarrow x + (o \odot t) W_o^T + b_o, \quad y = x + \mathrm{MLP}(\mathrm{LN}(x))

    The attention is `neurogate.attention.operators.kernel_attention`, whose turned features carry the row in
    the first half of their pairs and the column in the second. Its weights are not shares: turned features
    may make them negative.

    ``cache.gate`` (B, N, D) is t, ``cache.attended`` is o.

    Parameters
    ----------
    d_model : int
        D, a multiple of 4.
    heads : int
        H; it divides D.
    ratio : int
        Hidden width of the MLP over D.
    bottleneck : int
        D over the width of the gate of the values.
    eps : float
        Of the norms.

    References
    ----------
    HER-Seg: holistically efficient segmentation for high-resolution medical images (2025), arXiv:2504.06205.

    Examples
    --------
    >>> layer = DualGatedLinear(d_model=8, heads=2)
    >>> y, cache = layer.forward(np.ones((2, 9, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, gradients["local.weight"].shape
    ((2, 9, 8), (8, 1, 3, 3))
    """

    d_model: Count = 384
    heads: Count = 6
    ratio: Count = 2
    bottleneck: Count = 4
    eps: Positive = 1e-5

    def check(self) -> None:
        """Raise ValueError if the width cannot be split."""
        for name, divisor in (("heads", self.heads), ("bottleneck", self.bottleneck)):
            divides(name, divisor, self.d_model)
        if self.d_model % 4:
            raise ValueError(f"d_model is {self.d_model}; rows and columns need a multiple of 4.")

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw all maps as PyTorch does."""
        d = self.d_model
        drawn: Parameters = {}
        for name in ("norm1", "norm2"):
            drawn |= {f"{name}.weight": np.ones(d), f"{name}.bias": np.zeros(d)}
        for name in ("gate", "q", "k", "o"):
            drawn |= draw.linear(rng, name, d, d)
        drawn |= named("value", mlp.initial(rng, d, d // self.bottleneck, d))
        drawn |= draw.linear(rng, "local", d, 1, 3, 3)
        return drawn | named("mlp", mlp.initial(rng, d, self.ratio * d, d))

    def forward(self, x: Array, grid: tuple[int, int] | None = None) -> tuple[Array, Cache]:
        """Return the output of the tokens (B, N, D), and what `backward` needs.

        They stand on a grid of rows and columns, a square if it is left out.
        """
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        grid = grids.sides(x, grid)
        parts: dict[str, weighted.Cache] = {}
        n, parts["norm1"] = weighted.forward(layer_norm, x, p, "norm1", eps=self.eps)
        before, positive, turned, kept = {}, {}, {}, {}
        t, parts["gate"], before["gate"] = weighted.bent(silu, n, p, "gate")
        for name in ("q", "k"):
            before[name], parts[name] = weighted.forward(linear, n, p, name)
        v, inner = mlp.forward(n, part(p, "value"), activation="silu")
        angles = grids.angles(grid, self.d_model, xp)
        for name in ("q", "k"):
            positive[name] = _positive(before[name])
            turned[name], kept[name] = rotary.forward(positive[name], *angles, interleaved=True)
        heads = (positive["q"], positive["k"], v, turned["q"], turned["k"])
        o, attention = kernel_attention.forward(*(split(each, self.heads) for each in heads))
        near, parts["local"] = weighted.forward(
            convolution, grids.image(v, grid), p, "local", padding=1, groups=self.d_model
        )
        o, gated = _gated(joined(o), grids.tokens(near), t)
        w, parts["o"] = weighted.forward(linear, gated, p, "o")
        x = x + w
        n, parts["norm2"] = weighted.forward(layer_norm, x, p, "norm2", eps=self.eps)
        w, outer = mlp.forward(n, part(p, "mlp"))
        return x + w, Cache(t, o, parts, before, inner, kept, attention, outer)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        gradients: Parameters = {}

        def back(dy: Array, name: str) -> Array:
            dy, found = weighted.backward(dy, cache.parts[name])
            gradients.update(found)
            return dy

        dn, found = mlp.backward(dy, cache.outer)
        gradients |= named("mlp", found)
        dx = dy + back(dn, "norm2")
        dgated = back(dx, "o")
        do, dt = dgated * cache.gate, dgated * cache.attended
        dnear = back(grids.image(do, cache.parts["local"].inner.windows.places), "local")
        inner = kernel_attention.backward(split(do, self.heads), cache.attention)
        dq, dk, dv, dturned_q, dturned_k = (joined(each) for each in inner)
        dn, found = mlp.backward(dv + grids.tokens(dnear), cache.inner)
        gradients |= named("value", found)
        for name, dpositive, dturned in (("q", dq, dturned_q), ("k", dk, dturned_k)):
            dpositive = dpositive + rotary.backward(dturned, cache.turned[name])
            dn += back(elu.backward(dpositive, cache.bent[name]), name)
        dn += back(silu.backward(dt, cache.bent["gate"]), "gate")
        return dx + back(dn, "norm1"), gradients


@fused
def _positive(xp: Namespace, x: Array) -> Array:
    return elu.value(x) + 1


@fused
def _gated(xp: Namespace, attended: Array, near: Array, gate: Array) -> tuple[Array, Array]:
    both = attended + near
    return both, both * gate
