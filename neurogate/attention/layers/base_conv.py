"""BaseConv: a convolution along time, gated by a linear map of the sample itself."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, answers
from neurogate.attention.blocks import implicit_filter, mlp, weighted
from neurogate.attention.layer import Layer, Parameters, named, part, sequence
from neurogate.attention.operators import causal_convolution, linear, long_convolution
from neurogate.attention.operators.pointwise import POINTWISE
from neurogate.units import Count, settings

__all__ = ["BaseConv"]


class Cache(NamedTuple):
    """What the backward needs; `kernel` are the long filters, (D, L), or None."""

    projection: weighted.Cache
    convolution: Any
    network: mlp.Cache | None
    bent: tuple[Any, Any]
    after: tuple[Array, Array]
    kernel: Array | None


@settings
class BaseConv(Layer):
    r"""The smallest gated convolution that recalls: what was, times a map of what is.

    .. math:: y = \phi(c) \odot \phi(x W^T + b) + x

    where :math:`c` is a short convolution of each channel, or :math:`x` added to a long one: with filters
    that are parameters, or with filters that a perceptron makes of the time since a sample.

    Parameters
    ----------
    d_model : int
        D.
    kernel : {"short", "long", "implicit"}
        Which convolution. The paper alternates short and implicit ones from layer to layer.
    taps : int
        Length of the short filter.
    l_max : int
        Lags of a long filter; earlier samples are not seen.
    activation : {"identity", "silu"}
        :math:`\phi`.
    d_hidden, d_positions : int
        Hidden width, and inputs, of the perceptron.

    References
    ----------
    Zoology: measuring and improving recall in efficient language models (2023), arXiv:2312.04927.

    Examples
    --------
    >>> layer = BaseConv(d_model=8, kernel="implicit", l_max=16)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, gradients["conv.out.weight"].shape
    ((1, 5, 8), (8, 16))
    """

    d_model: Count = 64
    kernel: Literal["short", "long", "implicit"] = "short"
    taps: Count = 3
    l_max: Count = 1024
    activation: Literal["identity", "silu"] = "identity"
    d_hidden: Count = 16
    d_positions: Count = 3

    def check(self) -> None:
        """Raise ValueError if the positions have no bands."""
        implicit_filter.check(self.d_positions)

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw explicit long filters normally, the rest as PyTorch does."""
        d = self.d_model
        drawn = draw.linear(rng, "projection", d, d)
        if self.kernel == "long":
            return drawn | {"conv.filter": draw.normal(rng, (d, self.l_max), 1.0)}
        if self.kernel == "implicit":
            return drawn | named("conv", mlp.initial(rng, self.d_positions, self.d_hidden, d))
        bound = self.taps**-0.5
        weight, bias = draw.uniform(rng, (d, self.taps), bound), draw.uniform(rng, (d,), bound)
        return drawn | {"conv.weight": weight, "conv.bias": bias}

    def forward(self, x: Array) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), and what `backward` needs."""
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        bend, network, kernel = POINTWISE[self.activation], None, None
        convolution: Any
        if self.kernel == "short":
            c, convolution = weighted.forward(causal_convolution, x, p, "conv")
        else:
            if self.kernel == "implicit":
                z = implicit_filter.positions(self.l_max, self.d_positions, xp)[: x.shape[1]]
                rows, network = mlp.forward(z.astype(x.dtype), part(p, "conv"), activation="relu")
            kernel = p["conv.filter"] if network is None else rows.T
            c, convolution = long_convolution.forward(x, kernel)
            c += x
        w, projection = weighted.forward(linear, x, p, "projection")
        (a, of_c), (b, of_w) = bend.forward(c), bend.forward(w)
        return a * b + x, Cache(projection, convolution, network, (of_c, of_w), (a, b), kernel)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        bend, (of_c, of_w), (a, b) = POINTWISE[self.activation], cache.bent, cache.after
        dy = answers(dy, a.shape, cache)
        dx, gradients = weighted.backward(bend.backward(dy * a, of_w), cache.projection)
        dc = bend.backward(dy * b, of_c)
        if self.kernel == "short":
            dinner, inner = weighted.backward(dc, cache.convolution)
            return dx + dinner + dy, gradients | inner
        dinner, dkernel = long_convolution.backward(dc, cache.convolution)
        if cache.network is None:
            gradients["conv.filter"] = dkernel
        else:
            gradients |= named("conv", mlp.backward(dkernel.T, cache.network)[1])
        return dx + dinner + dc + dy, gradients
