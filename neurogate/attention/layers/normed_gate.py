"""Gates on a skip connection whose parts are normalised over the batch: AGUNet's and EAR-U-Net's."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, fits
from neurogate.attention.blocks import normed_convolution
from neurogate.attention.blocks.normed_convolution import Statistics
from neurogate.attention.layer import Layer, Parameters, image, named, part
from neurogate.attention.operators import gate
from neurogate.attention.operators.pointwise import relu
from neurogate.units import Count, NonNegative, settings

__all__ = ["ConcatenatingGate", "EarGate"]


class Cache(NamedTuple):
    """What the backward needs; ``gate.values`` is the attention."""

    gate: gate.Cache
    statistics: Statistics
    parts: dict[str, normed_convolution.Cache]
    before: Any


@settings
class _NormedGate(Layer):
    joined: ClassVar[Literal["added", "concatenated"]]

    channels: Count = 64
    gating: Count = 64
    inner: Count | None = None
    axes: Literal[1, 2, 3] = 2
    momentum: NonNegative = 0.1
    eps: NonNegative = 1e-5

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw by Glorot's rule, with biases of 0 and norms that change nothing."""
        f = self.inner or max(1, self.channels // 2)
        shapes = {"g": (f, self.gating), "x": (f, self.channels),
                  "psi": (1, 2 * f if self.joined == "concatenated" else f)}  # fmt: skip
        drawn: Parameters = {}
        for name, (outputs, inputs) in shapes.items():
            made = normed_convolution.initial(rng, outputs, inputs, (1,) * self.axes, how="xavier")
            drawn |= named(name, made)
        return drawn

    def forward(
        self, x: Array, g: Array, statistics: Statistics | None = None, *, training: bool = True
    ) -> tuple[Array, Cache]:
        """Return the gated x (B, C, n...), given a gating signal (B, G, n...) of the same size."""
        xp, p = self.given(x=x, g=g)
        image(self.channels, self.axes, x=x)
        image(self.gating, self.axes, g=g)
        fits(
            (len(x), *x.shape[2:]) == (len(g), *g.shape[2:]),
            "x and g must be of one batch and size",
            x=x,
            g=g,
        )
        known, parts = normed_convolution.told(statistics, p), {}
        how: dict[str, Any] = {"training": training, "momentum": self.momentum, "eps": self.eps}
        g1, parts["g"] = normed_convolution.forward(g, part(p, "g"), known.get("g"), **how)
        x1, parts["x"] = normed_convolution.forward(x, part(p, "x"), known.get("x"), **how)
        both = g1 + x1 if self.joined == "added" else xp.concatenate([g1, x1], axis=1)
        f, before = relu.forward(both)
        logits, parts["psi"] = normed_convolution.forward(f, part(p, "psi"), known.get("psi"), **how)
        y, gated = gate.forward(x, logits)
        running = {name: each.running for name, each in parts.items()}
        return y, Cache(gated, running, parts, before)

    def backward(self, dy: Array, cache: Cache) -> tuple[tuple[Array, Array], Parameters]:
        """Return the gradients with respect to x and g, and the parameters."""
        dx, dlogits = gate.backward(dy, cache.gate)
        df, inner = normed_convolution.backward(dlogits, cache.parts["psi"])
        gradients = named("psi", inner)
        dboth = relu.backward(df, cache.before)
        half = dboth.shape[1] // 2
        dg1, dx1 = (dboth, dboth) if self.joined == "added" else (dboth[:, :half], dboth[:, half:])
        more, inner = normed_convolution.backward(dx1, cache.parts["x"])
        gradients |= named("x", inner)
        dg, inner = normed_convolution.backward(dg1, cache.parts["g"])
        return (dx + more, dg), gradients | named("g", inner)


@settings
class ConcatenatingGate(_NormedGate):
    r"""The gate of AGUNet: skip connection and gating signal are concatenated, not added.

    .. math::
        f = \mathrm{relu}([\mathrm{BN}(W_g g); \mathrm{BN}(W_x x)]), \quad
        \alpha = \sigma(\mathrm{BN}(w_\psi \cdot f)), \quad y = \alpha \odot x

    This is what the authors' code does; it is not Oktay's form, since relu acts on each of the two alone. The
    gating signal has the size of x already; all maps see single places.

    ``cache.gate.values`` (B, 1, n...) is :math:`\alpha`; ``cache.statistics`` are the running ones after the
    batch, of "g", "x" and "psi".

    Parameters
    ----------
    channels, gating : int
        Of x and of g.
    inner : int, optional
        Channels of each half of f; half of those of x if left out.
    axes : int
        2 of images, 3 of volumes.
    momentum, eps : float
        Of the batch norms; those of Keras.

    References
    ----------
    Bouget et al. 2021, Meningioma segmentation in T1-weighted MRI leveraging global context and attention
    mechanisms, arXiv:2101.07715.

    Examples
    --------
    >>> layer = ConcatenatingGate(channels=4, gating=6, axes=2)
    >>> y, cache = layer.forward(np.ones((1, 4, 8, 8)), np.ones((1, 6, 8, 8)))
    >>> (dx, dg), gradients = layer.backward(np.ones_like(y), cache)
    >>> cache.gate.values.shape, gradients["psi.weight"].shape
    ((1, 1, 8, 8), (1, 4, 1, 1))
    """

    joined: ClassVar[Literal["added", "concatenated"]] = "concatenated"

    axes: Literal[1, 2, 3] = 3
    momentum: NonNegative = 0.01
    eps: NonNegative = 1e-3


@settings
class EarGate(_NormedGate):
    r"""The gate of EAR-U-Net on each skip connection: additive, each part normalised over the batch.

    .. math::
        \alpha = \sigma(\mathrm{BN}(w_\psi \cdot
        \mathrm{relu}(\mathrm{BN}(W_g g) + \mathrm{BN}(W_x x)))), \quad y = \alpha \odot x

    The gating signal is the decoder's feature, at the size of x already. Only the abstract was at hand; the
    form is the usual one of gates with batch norms.

    ``cache.gate.values`` (B, 1, n...) is :math:`\alpha`; ``cache.statistics`` are the running ones after the
    batch, of "g", "x" and "psi".

    Parameters
    ----------
    channels, gating : int
        Of x and of g.
    inner : int, optional
        Channels of the sum; half of those of x if left out.
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
    >>> layer = EarGate(channels=4, gating=6)
    >>> y, cache = layer.forward(np.ones((1, 4, 8, 8)), np.ones((1, 6, 8, 8)))
    >>> (dx, dg), gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, dg.shape, gradients["psi.weight"].shape
    ((1, 4, 8, 8), (1, 6, 8, 8), (1, 2, 1, 1))
    """

    joined: ClassVar[Literal["added", "concatenated"]] = "added"
