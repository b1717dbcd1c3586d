"""A residual U-Net with a gate on each skip connection."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import attrs
import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, fits
from neurogate.attention.blocks import nested
from neurogate.attention.blocks.normed_convolution import Statistics, told
from neurogate.attention.layer import Layer, Parameters, image, named, part
from neurogate.attention.layers.normed_gate import EarGate
from neurogate.attention.layers.residual_decoder import ResidualDecoder
from neurogate.attention.operators import convolution, max_pooling, transposed_convolution
from neurogate.units import Count, NonNegative, settings

__all__ = ["EarUNet"]


class Cache(NamedTuple):
    """What the backward needs; `attention` are the gates, the finest first."""

    attention: tuple[Array, ...]
    statistics: Statistics
    parts: dict[str, Any]


@settings
class EarUNet(Layer):
    r"""Segment an image: down by residual blocks and pooling, up by gated skip connections.

    .. math::
        e_i &= \mathrm{res}(\mathrm{pool}_2(e_{i-1})), \quad e_0 = \mathrm{res}(x), \quad d_n = e_n \\
        g_i &= \uparrow_2 d_{i+1}, \quad
        d_i = \mathrm{res}([\mathrm{gate}(e_i, g_i); g_i]), \quad y = W d_0 + b

    with `EarGate`, the blocks of `ResidualDecoder`, and transposed convolutions upwards. Each level down is
    half as large and has twice the channels. The authors take a trained EfficientNet-B4 for the way down,
    which is left out here; only their abstract was at hand.

    ``cache.attention`` are the gates (B, 1, n...) of each level; ``cache.statistics`` are the running ones
    after the batch.

    Parameters
    ----------
    channels, classes : int
        Of x and of y, whose softmax is the segmentation.
    filters : int
        Channels of the first level.
    depth : int
        How often it goes down.
    axes : int
        2 of images, 3 of volumes.
    gated : bool
        Whether skip connections have gates.
    momentum, eps : float
        Of the batch norms.

    References
    ----------
    Wang et al. 2021, EAR-U-Net: EfficientNet and attention-based residual U-Net for automatic liver
    segmentation in CT, arXiv:2110.01014.

    Examples
    --------
    >>> layer = EarUNet(filters=4, depth=2)
    >>> y, cache = layer.forward(np.ones((1, 1, 8, 12)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> y.shape, [a.shape for a in cache.attention]
    ((1, 2, 8, 12), [(1, 1, 8, 12), (1, 1, 4, 6)])
    """

    channels: Count = 1
    classes: Count = 2
    filters: Count = 16
    depth: Count = 3
    axes: Literal[1, 2, 3] = 2
    gated: bool = True
    momentum: NonNegative = 0.1
    eps: NonNegative = 1e-5
    _inner: Mapping[str, Layer] = attrs.field(
        init=False, eq=False, repr=False
    )  # by the names of its parameters

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw by He's rule, the gates by Glorot's, the head as PyTorch does."""
        how: dict[str, Any] = {"axes": self.axes, "momentum": self.momentum, "eps": self.eps}
        wide, inner = [self.filters << i for i in range(self.depth + 1)], dict[str, Layer]()

        def seed() -> int:
            return int(rng.integers(2**31))

        for i, (before, after) in enumerate(zip([self.channels, *wide], wide, strict=False)):
            inner[f"encoder{i}"] = ResidualDecoder(channels=before, outputs=after, seed=seed(), **how)
        drawn = draw.linear(rng, "head", self.classes, self.filters, *(1,) * self.axes)
        for i, w in enumerate(wide[:-1]):
            inner[f"decoder{i}"] = ResidualDecoder(channels=2 * w, outputs=w, seed=seed(), **how)
            if self.gated:
                inner[f"gate{i}"] = EarGate(channels=w, gating=w, seed=seed(), **how)
            up = draw.normal(rng, (2 * w, w, *(2,) * self.axes), math.sqrt(1 / w))
            drawn |= {f"up{i}.weight": up, f"up{i}.bias": np.zeros(w)}
        object.__setattr__(self, "_inner", inner)
        for name, layer in inner.items():
            drawn |= named(name, layer.parameters)
        return drawn

    def forward(
        self, x: Array, statistics: Statistics | None = None, *, training: bool = True
    ) -> tuple[Array, Cache]:
        """Return scores (B, K, n...) of (B, C, n...), whose sizes can be halved as often as it goes down."""
        xp, p = self.given(x=x)
        image(self.channels, self.axes, x=x)
        step = 2**self.depth
        fits(all(n % step == 0 for n in x.shape[2:]), f"the sizes of x must be multiples of {step}", x=x)
        known, parts = told(statistics, p), dict[str, Any]()
        running: dict[str, Any] = {}
        attention: list[Array] = []

        def apply(name: str, *inputs: Array) -> Array:
            y, kept = nested.forward(
                self._inner[name], inputs[0], p, name, *inputs[1:], part(known, name), training=training
            )
            parts[name] = kept
            running.update({f"{name}.{key}": value for key, value in kept.inner.statistics.items()})
            return y

        down = [apply("encoder0", x)]
        for i in range(1, self.depth + 1):
            pooled, parts[f"pool{i}"] = max_pooling.forward(down[-1], 2)
            down.append(apply(f"encoder{i}", pooled))
        d = down[-1]
        for i in reversed(range(self.depth)):
            g, parts[f"up{i}"] = transposed_convolution.forward(d, **part(p, f"up{i}"), stride=2)
            shown = down[i]
            if self.gated:
                shown = apply(f"gate{i}", shown, g)
                attention.insert(0, parts[f"gate{i}"].inner.gate.values)
            d = apply(f"decoder{i}", xp.concatenate([shown, g], axis=1))
        y, parts["head"] = convolution.forward(d, **part(p, "head"))
        return y, Cache(tuple(attention), running, parts)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        parts, dskips = cache.parts, []
        dd, weight, bias = convolution.backward(dy, parts["head"])
        gradients = named("head", {"weight": weight, "bias": bias})

        def applied(name: str, dy: Array) -> Any:
            dx, found = nested.backward(dy, parts[name])
            gradients.update(found)
            return dx

        for i in range(self.depth):
            dboth, w = applied(f"decoder{i}", dd), self.filters << i
            dskip, dg = dboth[:, :w], dboth[:, w:]
            if self.gated:
                dskip, more = applied(f"gate{i}", dskip)
                dg = dg + more
            dskips.append(dskip)
            dd, weight, bias = transposed_convolution.backward(dg, parts[f"up{i}"])
            gradients |= named(f"up{i}", {"weight": weight, "bias": bias})
        for i in reversed(range(1, self.depth + 1)):
            dpooled = applied(f"encoder{i}", dd)
            dd = dskips[i - 1] + max_pooling.backward(dpooled, parts[f"pool{i}"])
        return applied("encoder0", dd), gradients
