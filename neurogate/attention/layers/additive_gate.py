"""The additive attention gate on a skip connection of a U-Net."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, fits
from neurogate.attention.blocks import normed_convolution
from neurogate.attention.blocks.normed_convolution import Statistics
from neurogate.attention.layer import Layer, Parameters, image, named, part
from neurogate.attention.operators import convolution, resizing, softmax
from neurogate.attention.operators.pointwise import POINTWISE, Pointwise, sigmoid
from neurogate.attention.operators.windows import per_axis
from neurogate.units import Count, NonNegative, settings

__all__ = ["AdditiveGate"]


class Cache(NamedTuple):
    """What the backward needs; `attention` is as large as x."""

    attention: Array
    statistics: Statistics
    x: Array
    convolutions: dict[str, convolution.Cache]
    resized: tuple[Any, Any]
    bent: tuple[Pointwise, Array]
    weights: Array
    out: normed_convolution.Cache


@settings
class AdditiveGate(Layer):
    r"""Weight each place of a skip connection by how well it fits a coarser, gating signal.

    .. math::
        f = \phi(W_\theta * x + \uparrow(W_\phi g + b_\phi)), \quad
        \alpha = \uparrow \sigma(W_\psi f + b_\psi), \quad
        y = \mathrm{BN}(W (\alpha \odot x) + b)

    :math:`W_\theta` steps by `factor` and its kernel is as large; the others see single places. The arrows
    interpolate linearly, first to the grid of :math:`W_\theta * x`, then to that of x. In mode "softmax"
    (`concatenation_residual` of the authors) :math:`\alpha` is a softmax over places in place of the sigmoid.

    ``cache.attention`` (B, 1, n...) is :math:`\alpha`; ``cache.statistics`` are the running ones after the
    batch, to be given the next time, and to evaluation.

    Parameters
    ----------
    channels, gating : int
        Of x and of g.
    inner : int, optional
        Channels of f; half of those of x if left out.
    axes : int
        2 of images, 3 of volumes.
    factor : int or sequence of int
        By how much x is sampled down.
    mode : {"sigmoid", "softmax"}
        What makes weights of scores.
    activation : {"relu", "softplus"}
        :math:`\phi`.
    momentum, eps : float
        Of the batch norm.

    References
    ----------
    Oktay et al. 2018, Attention U-Net: learning where to look for the pancreas, arXiv:1804.03999.

    Examples
    --------
    >>> layer = AdditiveGate(channels=4, gating=6)
    >>> y, cache = layer.forward(np.ones((1, 4, 8, 8)), np.ones((1, 6, 2, 2)))
    >>> (dx, dg), gradients = layer.backward(np.ones_like(y), cache)
    >>> y.shape, cache.attention.shape, dg.shape
    ((1, 4, 8, 8), (1, 1, 8, 8), (1, 6, 2, 2))
    """

    channels: Count = 64
    gating: Count = 128
    inner: Count | None = None
    axes: Literal[1, 2, 3] = 2
    factor: Count | tuple[Count, ...] = 2
    mode: Literal["sigmoid", "softmax"] = "sigmoid"
    activation: Literal["relu", "softplus"] = "relu"
    momentum: NonNegative = 0.1
    eps: NonNegative = 1e-5

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw by He's rule, the biases as PyTorch does, and the weight of the norm around 1."""
        c, f, one = self.channels, self.inner or max(1, self.channels // 2), (1,) * self.axes
        shapes = {"theta": (f, c, *per_axis("factor", self.factor, self.axes)), "phi": (f, self.gating, *one),
                  "psi": (1, f, *one), "out": (c, c, *one)}  # fmt: skip
        drawn: Parameters = {}
        for name, shape in shapes.items():
            drawn |= draw.linear(rng, name, *shape, bias=name != "theta")
            drawn[f"{name}.weight"] = draw.kaiming_normal(rng, shape)
        return drawn | {"out.norm.weight": 1 + draw.normal(rng, (c,), 0.02), "out.norm.bias": np.zeros(c)}

    def forward(
        self, x: Array, g: Array, statistics: Statistics | None = None, *, training: bool = True
    ) -> tuple[Array, Cache]:
        """Return the gated x (B, C, n...), given a gating signal (B, G, m...)."""
        _, p = self.given(x=x, g=g)
        image(self.channels, self.axes, x=x)
        image(self.gating, self.axes, g=g)
        fits(len(x) == len(g), "x and g must be of one batch", x=x, g=g)
        made, phi = {}, POINTWISE[self.activation]
        theta, made["theta"] = convolution.forward(x, **part(p, "theta"), stride=self.factor)
        coarse, made["phi"] = convolution.forward(g, **part(p, "phi"))
        up, to_grid = resizing.forward(coarse, theta.shape[2:])
        f, before = phi.forward(theta + up)
        scores, made["psi"] = convolution.forward(f, **part(p, "psi"))
        weights = self._weights(scores)
        attention, to_x = resizing.forward(weights, x.shape[2:])
        known = normed_convolution.told(statistics, p)
        y, out = normed_convolution.forward(
            attention * x, part(p, "out"), known.get("out"), training=training, momentum=self.momentum,
            eps=self.eps,
        )  # fmt: skip
        return y, Cache(
            attention, {"out": out.running}, x, made, (to_grid, to_x), (phi, before), weights, out
        )

    def backward(self, dy: Array, cache: Cache) -> tuple[tuple[Array, Array], Parameters]:
        """Return the gradients with respect to x and g, and the parameters."""
        attention, _, x, made, (to_grid, to_x), (phi, before), weights, out = cache
        dgated, inner = normed_convolution.backward(dy, out)
        gradients = named("out", inner)
        dweights = resizing.backward((dgated * x).sum(axis=1, keepdims=True), to_x)
        df, weight, bias = convolution.backward(self._dscores(dweights, weights), made["psi"])
        gradients |= named("psi", {"weight": weight, "bias": bias})
        df = phi.backward(df, before)
        dg, weight, bias = convolution.backward(resizing.backward(df, to_grid), made["phi"])
        gradients |= named("phi", {"weight": weight, "bias": bias})
        dx, weight, bias = convolution.backward(df, made["theta"])
        gradients |= named("theta", {"weight": weight, "bias": bias})
        return (dx + dgated * attention, dg), gradients

    def _weights(self, scores: Array) -> Array:
        if self.mode == "sigmoid":
            return sigmoid.value(scores)
        return softmax.forward(_flat(scores))[0].reshape(scores.shape)

    def _dscores(self, dweights: Array, weights: Array) -> Array:
        if self.mode == "sigmoid":
            return dweights * weights * (1 - weights)
        return softmax.backward(_flat(dweights), _flat(weights)).reshape(weights.shape)


def _flat(a: Array) -> Array:
    return a.reshape(len(a), math.prod(a.shape[1:]))
