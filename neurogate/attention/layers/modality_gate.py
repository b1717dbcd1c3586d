"""Attention for text with images: a gate on the values of image tokens, and adapters of each modality."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurogate.attention.arrays import Array
from neurogate.attention.blocks import glu, modality_attention, weighted
from neurogate.attention.layer import Layer, Parameters, named, part, sequence
from neurogate.attention.operators import rms_norm
from neurogate.units import Count, NonNegative, Positive, settings

__all__ = ["Cache", "ModalityBlock", "ModalityGate"]


@settings
class ModalityGate(Layer):
    r"""Causal attention to which image tokens offer their values through a gate.

    .. math:: v_{th} \leftarrow \tanh(x_t W_\gamma^T)_h \, v_{th} \quad \text{where t is of an image}

    It starts closed: images have no say at first, though they have attention.

    Parameters
    ----------
    d_model, heads : int
        D and H; H divides D. LLaMA 7B has 4096 and 32.
    rotary_base : float
        Of the rotary positions of queries and keys, whose pairs are neighbours.
    sd : float
        Of the weights at the start.

    References
    ----------
    Zhang et al. 2023, arXiv:2311.02126.

    Examples
    --------
    >>> layer = ModalityGate(d_model=8, heads=2)
    >>> y, cache = layer.forward(np.ones((1, 4, 8)), np.array([False, True, True, False]))
    >>> cache.inputs["v"].gate.values[0, 0, :, 0].tolist()
    [1.0, 0.0, 0.0, 1.0]
    """

    d_model: Count = 768
    heads: Count = 12
    rotary_base: Positive = 1e4
    sd: NonNegative = 0.02

    def check(self) -> None:
        """Raise ValueError if the heads do not divide the width, or heads are odd."""
        _divide(self.d_model, self.heads)

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw all weights from one normal distribution, but start with the gate closed."""
        return modality_attention.initial(rng, self.d_model, self.heads, sd=self.sd)

    def forward(self, x: Array, image: Array | None = None) -> tuple[Array, modality_attention.Cache]:
        """Return the output of (B, T, D), and what `backward` needs.

        `image` is true where a token is of an image, and broadcasts to (B, T).
        """
        _, p = self.given(x=x)
        sequence(x, self.d_model)
        return modality_attention.forward(x, p, image, heads=self.heads, base=self.rotary_base)

    def backward(self, dy: Array, cache: modality_attention.Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        return modality_attention.backward(dy, cache)


class Cache(NamedTuple):
    """What the backward needs."""

    norms: tuple[weighted.Cache, weighted.Cache]
    attention: modality_attention.Cache
    adapters: tuple[glu.Cache, glu.Cache, glu.Cache]
    mlp: glu.Cache
    image: Array


@settings
class ModalityBlock(Layer):
    r"""A transformer block with `ModalityGate`, and adapters in front of both of its parts.

    .. math::
        z = \mathrm{RMS}(x), \quad h = x + \mathrm{Attn}(z + A(z)), \quad n = \mathrm{RMS}(h), \quad
        y = h + \mathrm{MLP}(n + A_{image|text}(n))

    An adapter :math:`A`, like the MLP, is a gated linear unit; it is 0 at the start.

    Parameters
    ----------
    d_model, heads : int
        D and H; 2 H divides D.
    hidden : int
        Width inside the MLP.
    bottleneck : int
        Width inside the adapters.
    eps : float
        Of the norms.
    rotary_base : float
        Of the rotary positions.
    sd : float
        Of the weights at the start.

    References
    ----------
    Zhang et al. 2023, arXiv:2311.02126.

    Examples
    --------
    >>> layer = ModalityBlock(d_model=8, heads=2, hidden=16)
    >>> layer.forward(np.ones((1, 4, 8)), np.array([False, True, True, False]))[0].shape
    (1, 4, 8)
    """

    d_model: Count = 768
    heads: Count = 12
    hidden: Count = 2048
    bottleneck: Count = 32
    eps: Positive = 1e-5
    rotary_base: Positive = 1e4
    sd: NonNegative = 0.02

    def check(self) -> None:
        """Raise ValueError if the heads do not divide the width, or heads are odd."""
        _divide(self.d_model, self.heads)

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw the weights as `ModalityGate` does; adapters start as 0, norms as 1."""
        d = self.d_model
        drawn = named("attention", modality_attention.initial(rng, d, self.heads, sd=self.sd))
        drawn |= {"norm1.weight": np.ones(d), "norm2.weight": np.ones(d)}
        for name in ("adapter", "text_adapter", "image_adapter"):
            drawn |= named(name, glu.initial(rng, d, self.bottleneck, sd=self.sd, out_sd=0.0))
        return drawn | named("mlp", glu.initial(rng, d, self.hidden, sd=self.sd))

    def forward(self, x: Array, image: Array | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), and what `backward` needs; `image` as that of `ModalityGate`."""
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        where = modality_attention.places(image, x)
        z, norm1 = weighted.forward(rms_norm, x, p, "norm1", eps=self.eps)
        a, adapter = glu.forward(z, part(p, "adapter"))
        u, attention = modality_attention.forward(
            z + a, part(p, "attention"), image, heads=self.heads, base=self.rotary_base
        )
        h = x + u
        n, norm2 = weighted.forward(rms_norm, h, p, "norm2", eps=self.eps)
        text, of_text = glu.forward(n, part(p, "text_adapter"))
        pictures, of_images = glu.forward(n, part(p, "image_adapter"))
        u, mlp = glu.forward(n + xp.where(where, pictures, text), part(p, "mlp"))
        return h + u, Cache((norm1, norm2), attention, (adapter, of_text, of_images), mlp, where)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        adapter, of_text, of_images = cache.adapters
        dn, inner = glu.backward(dy, cache.mlp)
        gradients = named("mlp", inner)
        of_text_too, inner = glu.backward(dn * ~cache.image, of_text)
        gradients |= named("text_adapter", inner)
        of_images_too, inner = glu.backward(dn * cache.image, of_images)
        gradients |= named("image_adapter", inner)
        dh, more = weighted.backward(dn + of_text_too + of_images_too, cache.norms[1])
        gradients |= more
        dh = dy + dh
        dz, inner = modality_attention.backward(dh, cache.attention)
        gradients |= named("attention", inner)
        through, inner = glu.backward(dz, adapter)
        gradients |= named("adapter", inner)
        dx, more = weighted.backward(dz + through, cache.norms[0])
        return dh + dx, gradients | more


def _divide(width: int, heads: int) -> None:
    if width % (2 * heads):
        raise ValueError(
            f"heads is {heads} and d_model {width}; heads must divide it into even parts, "
            "for features turn in pairs."
        )
