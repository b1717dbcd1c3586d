"""The residual block in the decoder of EAR-U-Net."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from neurogate.attention.arrays import Array
from neurogate.attention.blocks import normed_convolution
from neurogate.attention.blocks.normed_convolution import Statistics
from neurogate.attention.layer import Layer, Parameters, image, named, part
from neurogate.attention.operators.pointwise import relu
from neurogate.units import Count, NonNegative, settings

__all__ = ["ResidualDecoder"]


class Cache(NamedTuple):
    """What the backward needs."""

    statistics: Statistics
    parts: dict[str, normed_convolution.Cache]
    before: Any


@settings
class ResidualDecoder(Layer):
    r"""Two convolutions beside a shortcut.

    .. math:: y = \mathrm{relu}(
        \mathrm{BN}(W_2 * \mathrm{relu}(\mathrm{BN}(W_1 * x))) + \mathrm{BN}(W_s x))

    The kernels of :math:`W_1` and :math:`W_2` have a size of 3, that of the shortcut 1. Only the abstract was
    at hand; the form is the usual one.

    ``cache.statistics`` are the running ones after the batch, of "first", "second" and "shortcut".

    Parameters
    ----------
    channels, outputs : int
        Before and after.
    axes : int
        2 of images, 3 of volumes.
    momentum, eps : float
        Of the batch norms.

    References
    ----------
    Wang et al. 2021, EAR-U-Net: EfficientNet and attention-based residual U-Net for automatic liver
    segmentation in CT, arXiv:2110.01014.

    Examples
    --------
    >>> layer = ResidualDecoder(channels=4, outputs=2)
    >>> y, cache = layer.forward(np.ones((1, 4, 8, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> y.shape, dx.shape
    ((1, 2, 8, 8), (1, 4, 8, 8))
    """

    channels: Count = 64
    outputs: Count = 32
    axes: Literal[1, 2, 3] = 2
    momentum: NonNegative = 0.1
    eps: NonNegative = 1e-5

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw by He's rule, with biases of 0 and norms that change nothing."""
        c, o = self.channels, self.outputs
        drawn: Parameters = {}
        for name, inputs, k in (("first", c, 3), ("second", o, 3), ("shortcut", c, 1)):
            made = normed_convolution.initial(rng, o, inputs, (k,) * self.axes, how="kaiming")
            drawn |= named(name, made)
        return drawn

    def forward(
        self, x: Array, statistics: Statistics | None = None, *, training: bool = True
    ) -> tuple[Array, Cache]:
        """Return (B, O, n...) of (B, C, n...), and what `backward` needs."""
        _, p = self.given(x=x)
        image(self.channels, self.axes, x=x)
        known, parts = normed_convolution.told(statistics, p), {}

        how: dict[str, Any] = {"training": training, "momentum": self.momentum, "eps": self.eps}

        def apply(name: str, x: Array, **more: Any) -> Array:
            y, parts[name] = normed_convolution.forward(x, part(p, name), known.get(name), **how, **more)
            return y

        inner = apply("second", apply("first", x, padding=1, activation="relu"), padding=1)
        y, before = relu.forward(inner + apply("shortcut", x))
        running = {name: each.running for name, each in parts.items()}
        return y, Cache(running, parts, before)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        dy = relu.backward(dy, cache.before)
        dx, inner = normed_convolution.backward(dy, cache.parts["shortcut"])
        gradients = named("shortcut", inner)
        dhidden, inner = normed_convolution.backward(dy, cache.parts["second"])
        gradients |= named("second", inner)
        more, inner = normed_convolution.backward(dhidden, cache.parts["first"])
        return dx + more, gradients | named("first", inner)
