"""The residual block of GaRNet, with gated attention to the strokes of text and to what surrounds them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array
from neurogate.attention.blocks import text_gate
from neurogate.attention.layer import Layer, Parameters, image, named, part
from neurogate.attention.operators import convolution
from neurogate.attention.operators.pointwise import relu
from neurogate.units import Count, settings

__all__ = ["GatedTextBlock"]


class Cache(NamedTuple):
    """What the backward needs; ``gate.attention`` is the attention, of two sides that `gate` holds too."""

    gate: text_gate.Cache
    features: Array
    convolutions: dict[str, convolution.Cache]
    bent: tuple[Any, Any]


@settings
class GatedTextBlock(Layer):
    r"""A residual block whose branch is weighted place by place.

    .. math::
        F &= W_2 * \mathrm{relu}(W_1 * x), \quad D = [\langle F \rangle_c; \max_c F; m] \\
        a &= \sigma(\alpha T + \beta S), \quad T = w_t * D, \quad S = w_s * D \\
        y &= \mathrm{relu}(F \odot a + x)

    with a mask m of where text is (`neurogate.attention.operators.mask_scales`), and the shortcut convolved
    if stride or channels change. T looks for strokes and S for what surrounds them, if the training teaches
    them so: ``cache.gate.stroke`` and ``cache.gate.surround`` are :math:`\sigma(T)` and :math:`\sigma(S)`,
    whose gradients `backward` takes. Without a mask (``masked=False``),
    :math:`a = \sigma(w_t * [\langle F \rangle_c; \max_c F])`.

    ``cache.gate.attention`` (B, 1, h, w) is :math:`a`.

    Parameters
    ----------
    channels : int
        Of x.
    outputs : int, optional
        Of y; as many if left out.
    stride : int
        Of the first convolution and of the shortcut.
    kernel : int
        Size of the kernels of T and S; odd.
    masked : bool
        Whether there is a mask.

    References
    ----------
    Lee & Choi 2022, The surprisingly straightforward scene text removal method with gated attention and
    region of interest generation, arXiv:2210.07489.

    Examples
    --------
    >>> layer = GatedTextBlock(channels=4)
    >>> y, cache = layer.forward(np.ones((1, 4, 8, 8)), np.ones((1, 1, 8, 8)))
    >>> (dx, dmask), gradients = layer.backward(np.ones_like(y), cache)
    >>> cache.gate.attention.shape, gradients["gate.stroke.weight"].shape
    ((1, 1, 8, 8), (1, 3, 7, 7))
    """

    channels: Count = 64
    outputs: Count | None = None
    stride: Count = 1
    kernel: Count = 7
    masked: bool = True

    def check(self) -> None:
        """Raise ValueError if the kernel has no middle."""
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel is {self.kernel}; it must be odd.")

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw as PyTorch does; both weights of the mixture are one half."""
        c, o = self.channels, self.outputs or self.channels
        drawn = draw.linear(rng, "first", o, c, 3, 3) | draw.linear(rng, "second", o, o, 3, 3)
        drawn |= named("gate", text_gate.initial(rng, self.kernel, masked=self.masked))
        return drawn | (draw.linear(rng, "shortcut", o, c, 1, 1) if o != c or self.stride > 1 else {})

    def forward(self, x: Array, mask: Array | None = None) -> tuple[Array, Cache]:
        """Return (B, O, h, w) of (B, C, h, w), given a mask (B, 1, h, w) of the size of the output."""
        _, p = self.given("mask", x=x, mask=mask)
        image(self.channels, 2, x=x)
        made: dict[str, convolution.Cache] = {}

        def convolve(name: str, x: Array, **more: int) -> Array:
            y, made[name] = convolution.forward(x, **part(p, name), **more)
            return y

        hidden, first = relu.forward(convolve("first", x, stride=self.stride, padding=1))
        features = convolve("second", hidden, padding=1)
        attention, gate = text_gate.forward(features, part(p, "gate"), mask)
        shortcut = convolve("shortcut", x, stride=self.stride) if "shortcut.weight" in p else x
        y, last = relu.forward(features * attention + shortcut)
        return y, Cache(gate, features, made, (first, last))

    def backward(
        self, dy: Array, cache: Cache, dstroke: Array | None = None, dsurround: Array | None = None
    ) -> tuple[Any, Parameters]:
        """Return the gradients with respect to x, and the mask if there is one, and the parameters."""
        gate, features, made, (first, last) = cache
        gradients: Parameters = {}

        def convolved(name: str, dy: Array) -> Array:
            dx, weight, bias = convolution.backward(dy, made[name])
            gradients.update(named(name, {"weight": weight, "bias": bias}))
            return dx

        dy = relu.backward(dy, last)
        dattention = (dy * features).sum(axis=1, keepdims=True)
        dfeatures, dmask, inner = text_gate.backward(dattention, gate, dstroke, dsurround)
        gradients |= named("gate", inner)
        dhidden = convolved("second", dfeatures + dy * gate.attention)
        dx = convolved("first", relu.backward(dhidden, first))
        dx = dx + (convolved("shortcut", dy) if "shortcut" in made else dy)
        return (dx if dmask is None else (dx, dmask)), gradients
