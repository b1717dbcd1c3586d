"""A very small gate after a stage of a network: on places, on channels, or both."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array
from neurogate.attention.blocks import mlp
from neurogate.attention.layer import Layer, Parameters, image, named, part
from neurogate.attention.operators import convolution, gate
from neurogate.units import Count, settings

__all__ = ["LittleAttention"]


class Cache(NamedTuple):
    """What the backward needs; ``channel.values`` and ``spatial.values`` are the gates, if any."""

    channel: gate.Cache | None
    perceptron: Any
    spatial: gate.Cache | None
    squeeze: convolution.Cache | None
    kernel: Any


@settings
class LittleAttention(Layer):
    r"""Gate the features of a stage.

    .. math::
        a_{places} = \sigma(w * \langle x \rangle_c + b), \quad
        a_{channels} = \sigma(\mathrm{MLP}(\langle x \rangle_{places})), \quad
        y = x \odot a \;\text{or}\; x + x \odot a

    On places it has :math:`k^2 + 1` parameters. If it gates both, channels come first, and places see what is
    left. The mean over channels may be replaced by a sum whose weights are learnt.

    Only the abstract was at hand, which says that the block is much cheaper than others; this is the cheapest
    form that gates places, beside the usual one of channels (squeeze and excitation). With a bias that starts
    at 0 the gate is about 1/2; a large one starts near the identity.

    ``cache.spatial.values`` (B, 1, h, w) and ``cache.channel.values`` (B, C, 1, 1) are the gates.

    Parameters
    ----------
    channels : int
        C.
    on : {"places", "channels", "both"}
        What is gated.
    squeeze : {"mean", "learned"}
        What becomes of the channels before the kernel on places.
    kernel : int
        k, odd.
    ratio : int
        C over the hidden width of the perceptron on channels.
    residual : bool
        Whether it is the second form.
    bias : float
        What the bias of each gate starts with.

    References
    ----------
    Eisenbach et al. 2023, A little bit attention is all you need for person re-identification,
    arXiv:2302.14574. Hu, Shen & Sun 2018, arXiv:1709.01507.

    Examples
    --------
    >>> layer = LittleAttention(channels=4)
    >>> y, cache = layer.forward(np.ones((1, 4, 8, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> layer.count, cache.spatial.values.shape
    (50, (1, 1, 8, 8))
    """

    channels: Count = 256
    on: Literal["places", "channels", "both"] = "places"
    squeeze: Literal["mean", "learned"] = "mean"
    kernel: Count = 7
    ratio: Count = 16
    residual: bool = False
    bias: float = 0.0

    def check(self) -> None:
        """Raise ValueError if the kernel has no middle."""
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel is {self.kernel}; it must be odd.")

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw as PyTorch does; the bias of each gate is as the setting says."""
        c, drawn = self.channels, Parameters()
        if self.on != "places":
            drawn |= named("channel", mlp.initial(rng, c, max(1, c // self.ratio), c))
            drawn["channel.out.bias"] = np.full(c, self.bias)
        if self.on != "channels":
            if self.squeeze == "learned":
                drawn |= draw.linear(rng, "squeeze", 1, c, 1, 1)
            drawn |= draw.linear(rng, "spatial", 1, 1, self.kernel, self.kernel)
            drawn["spatial.bias"] = np.full(1, self.bias)
        return drawn

    def forward(self, x: Array) -> tuple[Array, Cache]:
        """Return the gated features (B, C, h, w), and what `backward` needs."""
        _, p = self.given(x=x)
        image(self.channels, 2, x=x)
        y, channel, perceptron, spatial, squeezed, kernel = x, None, None, None, None, None
        if self.on != "places":
            logits, perceptron = mlp.forward(y.mean(axis=(2, 3)), part(p, "channel"), activation="relu")
            y, channel = gate.forward(y, logits[:, :, None, None])
        if self.on != "channels":
            if self.squeeze == "learned":
                m, squeezed = convolution.forward(y, **part(p, "squeeze"))
            else:
                m = y.mean(axis=1, keepdims=True)
            logits, kernel = convolution.forward(m, **part(p, "spatial"), padding=self.kernel // 2)
            y, spatial = gate.forward(y, logits)
        return x + y if self.residual else y, Cache(channel, perceptron, spatial, squeezed, kernel)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        dx, gradients = dy, Parameters()
        if cache.spatial is not None:
            dx, dlogits = gate.backward(dx, cache.spatial)
            dm, weight, bias = convolution.backward(dlogits, cache.kernel)
            gradients |= named("spatial", {"weight": weight, "bias": bias})
            if cache.squeeze is None:
                dx = dx + dm / self.channels
            else:
                more, weight, bias = convolution.backward(dm, cache.squeeze)
                gradients |= named("squeeze", {"weight": weight, "bias": bias})
                dx = dx + more
        if cache.channel is not None:
            dx, dlogits = gate.backward(dx, cache.channel)
            dmean, inner = mlp.backward(dlogits[:, :, 0, 0], cache.perceptron)
            gradients |= named("channel", inner)
            dx = dx + dmean[:, :, None, None] / math.prod(dy.shape[2:])
        return dx + dy if self.residual else dx, gradients
