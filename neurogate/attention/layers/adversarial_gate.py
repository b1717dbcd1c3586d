"""The decoder brick of multi-scale adversarial attention gates: its attention is a soft segmentation."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

import numpy as np

from neurogate.attention.arrays import Array, alike, answers, fits, namespace
from neurogate.attention.blocks import normed_convolution
from neurogate.attention.blocks.normed_convolution import Statistics
from neurogate.attention.layer import Layer, Parameters, image, named, part
from neurogate.attention.operators import resizing, softmax
from neurogate.units import Count, Domain, NonNegative, settings

__all__ = ["AdversarialGate"]


class Cache(NamedTuple):
    """What the backward needs; `probabilities` are (B, K, n...), `attention` is (B, 1, n...)."""

    probabilities: Array
    attention: Array
    statistics: Statistics
    features: Array
    parts: dict[str, normed_convolution.Cache]
    resized: Any


@settings
class AdversarialGate(Layer):
    r"""Twice as large, joined with a skip connection, and shown only where a segmentation sees something.

    .. math::
        u &= \mathrm{BN}(W_1 * \uparrow x), \quad h_2 = \mathrm{relu}(\mathrm{BN}(W_2 * [u; s])), \quad
        h_3 = \mathrm{relu}(\mathrm{BN}(W_3 * h_2)) \\
        p &= \mathrm{softmax}_K(W_a h_2), \quad a = \sum_{c \geq 1} p_c, \quad y = h_3 \odot a

    Class 0 is the background. The arrow repeats each pixel, the kernels of :math:`W_1` to :math:`W_3` have a
    size of 3, and the segmentation is made of :math:`h_2`, not of what it weights.

    ``cache.probabilities`` are p: a discriminator judges them, and `backward` takes its gradient.
    ``cache.attention`` is a; ``cache.statistics`` are the running ones after the batch, of "up", "merge" and
    "out".

    Parameters
    ----------
    channels, skip : int
        Of x and of s.
    filters : int
        Of y.
    classes : int
        K, with the background.
    axes : int
        2 of images, 3 of volumes.
    norm : bool
        Whether there are batch norms.
    momentum, eps : float
        Of the batch norms.

    References
    ----------
    Valvano, Leo & Tsaftaris 2020, Learning to segment from scribbles using multi-scale adversarial attention
    gates, arXiv:2007.01152.

    Examples
    --------
    >>> layer = AdversarialGate(channels=5, skip=3, filters=4)
    >>> y, cache = layer.forward(np.ones((1, 5, 4, 3)), np.ones((1, 3, 8, 6)))
    >>> (dx, dskip), gradients = layer.backward(np.ones_like(y), cache, np.ones((1, 4, 8, 6)))
    >>> y.shape, cache.probabilities.shape, cache.attention.shape
    ((1, 4, 8, 6), (1, 4, 8, 6), (1, 1, 8, 6))
    """

    channels: Count = 64
    skip: Count = 32
    filters: Count = 32
    classes: Annotated[int, Domain(2)] = 4
    axes: Literal[1, 2, 3] = 2
    norm: bool = True
    momentum: NonNegative = 0.01
    eps: NonNegative = 1e-3

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw by He's rule, with biases of 0 and norms that change nothing."""
        f, three, one = self.filters, (3,) * self.axes, (1,) * self.axes
        drawn: Parameters = {}
        for name, outputs, inputs, kernel, norm in (
            ("up", f, self.channels, three, self.norm), ("merge", f, f + self.skip, three, self.norm),
            ("out", f, f, three, self.norm), ("attention", self.classes, f, one, False),
        ):  # fmt: skip
            made = normed_convolution.initial(rng, outputs, inputs, kernel, norm=norm, how="kaiming")
            drawn |= named(name, made)
        return drawn

    def forward(
        self, x: Array, skip: Array, statistics: Statistics | None = None, *, training: bool = True
    ) -> tuple[Array, Cache]:
        """Return (B, F, 2 n...) of x (B, C, n...) and a skip connection (B, S, 2 n...)."""
        xp, p = self.given(x=x, skip=skip)
        image(self.channels, self.axes, x=x)
        image(self.skip, self.axes, skip=skip)
        size = tuple(2 * n for n in x.shape[2:])
        fits(
            (len(x), *size) == (len(skip), *skip.shape[2:]),
            "skip must be twice as large as x",
            x=x,
            skip=skip,
        )
        known, parts = normed_convolution.told(statistics, p), {}
        how: dict[str, Any] = {"training": training, "momentum": self.momentum, "eps": self.eps}

        def apply(name: str, x: Array, **more: Any) -> Array:
            y, parts[name] = normed_convolution.forward(x, part(p, name), known.get(name), **how, **more)
            return y

        larger, resized = resizing.forward(x, size, "nearest")
        u = apply("up", larger, padding=1)
        h2 = apply("merge", xp.concatenate([u, skip], axis=1), padding=1, activation="relu")
        h3 = apply("out", h2, padding=1, activation="relu")
        last, _ = softmax.forward(xp.moveaxis(apply("attention", h2), 1, -1))
        probabilities = xp.moveaxis(last, -1, 1)
        attention = probabilities[:, 1:].sum(axis=1, keepdims=True)
        running = {name: parts[name].running for name in ("up", "merge", "out") if self.norm}
        return h3 * attention, Cache(probabilities, attention, running, h3, parts, resized)

    def backward(
        self, dy: Array, cache: Cache, dprobabilities: Array | None = None
    ) -> tuple[tuple[Array, Array], Parameters]:
        """Return the gradients with respect to x and the skip connection, and the parameters."""
        p, attention, _, h3, parts, resized = cache
        dy = answers(dy, h3.shape, cache)
        gradients: Parameters = {}

        def applied(name: str, dy: Array) -> Array:
            dx, inner = normed_convolution.backward(dy, parts[name])
            gradients.update(named(name, inner))
            return dx

        dp = _foreground(p) * (dy * h3).sum(axis=1, keepdims=True)
        if dprobabilities is not None:
            dp = dp + alike(dprobabilities, cache, "dprobabilities")
        dlogits = p * (dp - (dp * p).sum(axis=1, keepdims=True))
        dh2 = applied("out", dy * attention) + applied("attention", dlogits)
        dboth = applied("merge", dh2)
        dx = resizing.backward(applied("up", dboth[:, : self.filters]), resized)
        return (dx, dboth[:, self.filters :]), gradients


def _foreground(p: Array) -> Array:
    xp = namespace(p=p)
    return (xp.arange(p.shape[1]) > 0).astype(p.dtype).reshape(-1, *(1 for _ in p.shape[2:]))
