"""Feature-selection gates: one sigmoid weight for each channel of a residual branch, whatever the input."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace, answers
from neurogate.attention.blocks import mlp, multi_head
from neurogate.attention.fused import fused, summed
from neurogate.attention.layer import Layer, Parameters, divides, named, part, sequence
from neurogate.attention.operators import layer_norm
from neurogate.attention.operators.pointwise import sigmoid
from neurogate.units import Count, Positive, settings

__all__ = ["FeatureSelectionGates"]


class Cache(NamedTuple):
    """What the backward needs."""

    norm1: layer_norm.Cache
    attention: multi_head.Cache
    norm2: layer_norm.Cache
    mlp: mlp.Cache
    branches: tuple[Array, Array]
    gates: tuple[Array, Array]


@settings
class FeatureSelectionGates(Layer):
    r"""A transformer block whose two residual branches are weighted channel by channel.

    .. math::
        x \leftarrow x + \sigma(\gamma_1) \odot \mathrm{MHSA}(\mathrm{LN}(x)), \quad
        x \leftarrow x + \sigma(\gamma_2) \odot \mathrm{MLP}(\mathrm{LN}(x))

    There is no threshold, although the authors call the attention hard; at the start the gates are about 1/2
    and halve both branches.

    Parameters
    ----------
    d_model : int
        D.
    heads : int
        H; it divides D.
    ratio : int
        Hidden width of the MLP over D.
    start : {"xavier", "he"}
        Whether the logits start with standard deviation :math:`\sqrt{2 / (D + 1)}` or :math:`\sqrt{2 / D}`.
    eps : float
        Of the layer norms.

    References
    ----------
    Hard-attention gates with gradient routing for endoscopic image computing (2024), arXiv:2407.04400.

    Examples
    --------
    >>> layer = FeatureSelectionGates(d_model=8, heads=2)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, gradients["gate1"].shape
    ((1, 5, 8), (8,))
    """

    d_model: Count = 384
    heads: Count = 6
    ratio: Count = 4
    start: Literal["xavier", "he"] = "xavier"
    eps: Positive = 1e-5

    def check(self) -> None:
        """Raise ValueError if the heads do not divide the width."""
        divides("heads", self.heads, self.d_model)

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw the logits of the gates, and the rest as PyTorch does."""
        d, rule = self.d_model, draw.xavier_normal if self.start == "xavier" else draw.kaiming_normal
        drawn: Parameters = {f"gate{i}": rule(rng, (1, d))[0] for i in (1, 2)}
        for i in (1, 2):
            drawn |= {f"norm{i}.weight": np.ones(d), f"norm{i}.bias": np.zeros(d)}
        drawn |= named("attention", multi_head.initial(rng, d))
        return drawn | named("mlp", mlp.initial(rng, d, self.ratio * d, d))

    def forward(self, x: Array) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), and what `backward` needs."""
        _, p = self.given(x=x)
        sequence(x, self.d_model)
        n, norm1 = layer_norm.forward(x, **part(p, "norm1"), eps=self.eps)
        u, attention = multi_head.forward(n, n, n, part(p, "attention"), heads=self.heads)
        x = _added(x, p["gate1"], u)
        n, norm2 = layer_norm.forward(x, **part(p, "norm2"), eps=self.eps)
        w, hidden = mlp.forward(n, part(p, "mlp"))
        y = _added(x, p["gate2"], w)
        return y, Cache(norm1, attention, norm2, hidden, (u, w), (p["gate1"], p["gate2"]))

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        (u, w), (gate1, gate2) = cache.branches, cache.gates
        dy = answers(dy, w.shape, cache)
        dw, products = _let_through(dy, gate2, w)
        gradients = {"gate2": sigmoid.backward(products.sum(axis=(0, 1)), gate2)}
        dn, inner = mlp.backward(dw, cache.mlp)
        dx, weight, bias = layer_norm.backward(dn, cache.norm2)
        gradients |= named("mlp", inner) | named("norm2", {"weight": weight, "bias": bias})
        dy = dy + dx
        du, products = _let_through(dy, gate1, u)
        gradients["gate1"] = sigmoid.backward(products.sum(axis=(0, 1)), gate1)
        *inputs, inner = multi_head.backward(du, cache.attention)
        dx, weight, bias = layer_norm.backward(summed(*inputs), cache.norm1)
        gradients |= named("attention", inner) | named("norm1", {"weight": weight, "bias": bias})
        return dy + dx, gradients


@fused
def _added(xp: Namespace, x: Array, gate: Array, branch: Array) -> Array:
    return x + sigmoid.value(gate) * branch


@fused
def _let_through(xp: Namespace, dy: Array, gate: Array, branch: Array) -> tuple[Array, Array]:
    """Return the gradient of a branch, and what sums up to that of its weight."""
    return sigmoid.value(gate) * dy, dy * branch
