"""Gated positional self-attention: each head chooses between what a patch shows and where it lies."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, namespace
from neurogate.attention.blocks import grid as grids
from neurogate.attention.blocks import projected_heads, weighted
from neurogate.attention.blocks.multi_head import joined, split
from neurogate.attention.constants import constant
from neurogate.attention.fused import on_gpu
from neurogate.attention.layer import Layer, Parameters, divides, sequence
from neurogate.attention.operators import attention_weights, linear, softmax
from neurogate.attention.operators.pointwise import sigmoid
from neurogate.attention.products import matmul
from neurogate.units import Count, Positive, settings

__all__ = ["GatedPositional"]


class Cache(NamedTuple):
    """What the backward needs; `weights` are the attention weights, `gates` one number for each head."""

    weights: Array
    gates: Array
    content: Array
    position: Array
    likeness: attention_weights.Cache
    v: Array
    inputs: dict[str, projected_heads.Cache]
    parts: dict[str, weighted.Cache]


@settings
class GatedPositional(Layer):
    r"""Attend by content and by position, with a gate for each head.

    .. math::
        A_h = (1 - \sigma(\lambda_h))\, \mathrm{softmax}(q_h k_h^T / \sqrt{h}) +
        \sigma(\lambda_h)\, \mathrm{softmax}(w_h \cdot (\delta_x, \delta_y, \delta_x^2 + \delta_y^2) + b_h)

        y = \mathrm{concat}_h(A_h v_h) W_o^T + b_o

    with :math:`\delta` from the patch that looks to the patch that is seen. Each row of A sums to 1 by
    itself, so upstream's division by its sum does nothing. At the start each head looks at one neighbour,
    as a tap of a convolution does.

    ``cache.weights`` (B, H, N, N) are A, ``cache.gates`` (H,) are :math:`\sigma(\lambda)`.

    Parameters
    ----------
    d_model : int
        D.
    heads : int
        H; it divides D. As many of them as the largest square holds start as taps.
    locality : float
        How sharply a head looks at its neighbour at the start.

    References
    ----------
    ConViT: improving vision transformers with soft convolutional inductive biases (2021), arXiv:2103.10697.

    Examples
    --------
    >>> layer = GatedPositional(d_model=8, heads=2)
    >>> y, cache = layer.forward(np.ones((2, 9, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, gradients["gate"].shape, cache.weights.shape
    ((2, 9, 8), (2,), (2, 2, 9, 9))
    """

    d_model: Count = 384
    heads: Count = 12
    locality: Positive = 1.0

    def check(self) -> None:
        """Raise ValueError if the heads do not divide the width."""
        divides("heads", self.heads, self.d_model)

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Open the gates to 0.73, let values be the input, and let heads look at neighbours."""
        d, h = self.d_model, self.heads
        drawn: Parameters = {f"{name}.weight": draw.normal(rng, (d, d), 0.02) for name in ("q", "k", "o")}
        places = draw.normal(rng, (h, 3), 0.02)
        side = math.isqrt(h)
        tap = np.arange(side**2)
        centre = (side - 1) / 2 if side % 2 == 0 else side // 2
        towards = np.stack([tap // side - centre, tap % side - centre, np.full(side**2, -0.5)], axis=1)
        places[: side**2] = 2 * towards
        return drawn | {
            "v.weight": np.eye(d), "o.bias": np.zeros(d), "position.weight": self.locality * places,
            "position.bias": np.zeros(h), "gate": np.ones(h),
        }  # fmt: skip

    def forward(self, x: Array, grid: tuple[int, int] | None = None) -> tuple[Array, Cache]:
        """Return the output of the patches (B, N, D), and what `backward` needs.

        They stand on a grid of rows and columns, a square if it is left out.
        """
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        parts: dict[str, weighted.Cache] = {}
        (q, k, v), inputs = projected_heads.each(x, p, self.heads)
        content, likeness = attention_weights.forward(q, k)
        offsets = constant(_offsets, grids.sides(x, grid), like=x.dtype, xp=xp)
        scores, parts["position"] = weighted.forward(linear, offsets, p, "position")
        position, _ = softmax.forward(xp.moveaxis(scores, -1, 0))
        g = sigmoid.value(p["gate"])
        weights = _mixed(content, position, g[:, None, None])
        y, parts["o"] = weighted.forward(linear, joined(matmul(weights, v)), p, "o")
        return y, Cache(weights, g, content, position, likeness, v, inputs, parts)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        weights, g, content, position, likeness, v, inputs, parts = cache
        xp, open_ = namespace(dy=dy), g[:, None, None]
        dheads, gradients = weighted.backward(dy, parts["o"])
        do = split(dheads, self.heads)
        dv = matmul(weights.swapaxes(-1, -2), do)
        dweights = matmul(do, v.swapaxes(-1, -2))
        dposition = dweights.sum(axis=0)
        dopen = (dposition * position).sum(axis=(1, 2)) - (dweights * content).sum(axis=(0, 2, 3))
        gradients["gate"] = g * (1 - g) * dopen
        dscores = softmax.backward(open_ * dposition, position)
        gradients |= weighted.backward(xp.moveaxis(dscores, 0, -1), parts["position"])[1]
        dweights *= 1 - open_
        dq, dk, _ = attention_weights.backward(dweights, likeness)
        dx, found = projected_heads.each_back((dq, dk, dv), inputs)
        return dx, gradients | found


@on_gpu(lambda xp, content, position, gate: content * (1 - gate) + position * gate)
def _mixed(content: Array, position: Array, gate: Array) -> Array:
    weights = content * (1 - gate)
    weights += position * gate
    return weights


def _offsets(grid: tuple[int, int]) -> Array:
    row, column = grids.places(grid)
    across, down = column - column[:, None], row - row[:, None]
    return np.stack([across, down, across**2 + down**2], axis=-1)
