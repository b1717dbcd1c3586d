"""Attention between places and between channels of an image, alone and side by side."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from neurogate.attention import dropouts
from neurogate.attention.arrays import Array
from neurogate.attention.blocks import channel_attention, normed_convolution, position_attention
from neurogate.attention.blocks.channel_attention import Likeness
from neurogate.attention.blocks.normed_convolution import Statistics
from neurogate.attention.layer import Layer, Parameters, image, named, part
from neurogate.attention.operators import dropout
from neurogate.attention.options import whole_numbers
from neurogate.units import Count, NonNegative, settings

__all__ = ["ChannelAttention", "DualAttention", "PositionAttention"]


@settings
class PositionAttention(Layer):
    r"""Add to each place of an image what it collects from all places.

    .. math:: y = x + \gamma \, \mathrm{softmax}(Q K^T) V

    The scores are not scaled, and :math:`\gamma` starts at 0. ``cache.attention.weights`` (B, 1, N, N) are
    the weights.

    Parameters
    ----------
    channels : int
        C.
    inner : int, optional
        Of queries and keys; an eighth of C if left out.
    axes : int
        2 of images, 3 of volumes.
    bias : bool
        Whether the projections have one; AGUNet's have none.

    References
    ----------
    Fu et al. 2019, Dual attention network for scene segmentation, arXiv:1809.02983.

    Examples
    --------
    >>> layer = PositionAttention(channels=16)
    >>> y, cache = layer.forward(np.ones((1, 16, 4, 4)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> cache.attention.weights.shape
    (1, 1, 16, 16)
    """

    channels: Count = 512
    inner: Count | None = None
    axes: Literal[1, 2, 3] = 2
    bias: bool = True

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw as PyTorch does; gamma is 0."""
        inner = self.inner or max(1, self.channels // 8)
        return position_attention.initial(rng, self.channels, inner, bias=self.bias)

    def forward(self, x: Array) -> tuple[Array, position_attention.Cache]:
        """Return the output of (B, C, n...), and what `backward` needs."""
        _, p = self.given(x=x)
        image(self.channels, self.axes, x=x)
        return position_attention.forward(x, p)

    def backward(self, dy: Array, cache: position_attention.Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        return position_attention.backward(dy, cache)


@settings
class ChannelAttention(Layer):
    r"""Add to each channel of an image what it collects from all channels.

    With X the image as (C, N),

    .. math:: A = \mathrm{softmax}(\mp X X^T), \quad y = x + \gamma A X \;\text{or}\; x + \gamma A^T X

    The authors of DANet take the largest score of a row minus each score, which is the first form. There is
    nothing to learn but :math:`\gamma`, which starts at 0. ``cache.weights`` (B, C, C) are :math:`A`.

    Parameters
    ----------
    channels : int
        C.
    axes : int
        2 of images, 3 of volumes.
    likeness : {"unlike", "like"}
        Channels attend to those that are unlike them, as DANet's do, or like them, as AGUNet's do.

    References
    ----------
    Fu et al. 2019, Dual attention network for scene segmentation, arXiv:1809.02983.

    Examples
    --------
    >>> layer = ChannelAttention(channels=3)
    >>> y, cache = layer.forward(np.ones((1, 3, 4, 4)))
    >>> cache.weights.shape, layer.count
    ((1, 3, 3), 1)
    """

    channels: Count = 512
    axes: Literal[1, 2, 3] = 2
    likeness: Likeness = "unlike"

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Return a gamma of 0."""
        return channel_attention.initial()

    def forward(self, x: Array) -> tuple[Array, channel_attention.Cache]:
        """Return the output of (B, C, n...), and what `backward` needs."""
        _, p = self.given(x=x)
        image(self.channels, self.axes, x=x)
        return channel_attention.forward(x, p, likeness=self.likeness)

    def backward(self, dy: Array, cache: channel_attention.Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        return channel_attention.backward(dy, cache)


class Cache(NamedTuple):
    """What the backward of `DualAttention` needs."""

    position: position_attention.Cache
    channel: channel_attention.Cache
    statistics: Statistics
    parts: dict[str, normed_convolution.Cache]
    dropped: dict[str, Array | None]


@settings
class DualAttention(Layer):
    r"""The bottleneck of DAUNet: attention between places and between channels, side by side.

    .. math::
        h(x) = W_2 * D(\mathrm{relu}(\mathrm{BN}(W_1 * x))), \quad
        y = \mathrm{BN}(W\, D(h_p(\mathrm{PAM}(x)) + h_c(\mathrm{CAM}(x))))

    D is dropout. It acts only if `forward` is told which numbers are kept, and `masks` draws them. Each
    kernel of the branches has a size of 3. The authors make the projections of PAM anew at each call, so that
    nothing trains them; here they are parameters.

    ``cache.position.attention.weights`` and ``cache.channel.weights`` are the weights of both;
    ``cache.statistics`` are the running ones after the batch, of "position.first", "channel.first" and "out".

    Parameters
    ----------
    channels, outputs : int
        Of x and of y.
    inner : int, optional
        Of queries and keys; an eighth of the channels if left out.
    axes : int
        2 of images, 3 of volumes.
    likeness : {"unlike", "like"}
        Of `ChannelAttention`.
    rate : float
        Of dropout.
    momentum, eps : float
        Of the batch norms; those of Keras.

    References
    ----------
    Bouget et al. 2021, Meningioma segmentation in T1-weighted MRI leveraging global context and attention
    mechanisms, arXiv:2101.07715.

    Examples
    --------
    >>> layer = DualAttention(channels=8, outputs=4, axes=2)
    >>> x = np.ones((1, 8, 5, 5))
    >>> y, cache = layer.forward(x, kept=layer.masks(np.random.default_rng(0), x.shape))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> y.shape, dx.shape
    ((1, 4, 5, 5), (1, 8, 5, 5))
    """

    channels: Count = 256
    outputs: Count = 256
    inner: Count | None = None
    axes: Literal[1, 2, 3] = 3
    likeness: Likeness = "like"
    rate: dropout.Rate = 0.5
    momentum: NonNegative = 0.01
    eps: NonNegative = 1e-3

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw by Glorot's rule, with biases of 0; both gammas are 0."""
        c, three, one = self.channels, (3,) * self.axes, (1,) * self.axes
        inner = self.inner or max(1, c // 8)
        drawn = named("position.attention", position_attention.initial(rng, c, inner, bias=False))
        drawn |= named("channel.attention", channel_attention.initial())
        for name, outputs, k, norm in (
            ("position.first", c, three, True), ("position.second", c, three, False),
            ("channel.first", c, three, True), ("channel.second", c, three, False),
            ("out", self.outputs, one, True),
        ):  # fmt: skip
            drawn |= named(name, normed_convolution.initial(rng, outputs, c, k, norm=norm, how="xavier"))
        return drawn

    def masks(self, rng: Any, shape: tuple[int, ...]) -> dict[str, Array]:
        """Draw which numbers the three dropouts keep, given the shape of x."""
        return dropouts.drawn(rng, self._dropped(shape), self.rate)

    def _dropped(self, shape: tuple[int, ...]) -> dropouts.Shapes:
        sizes = whole_numbers("shape", shape, 0, count=self.axes + 2)
        return dict.fromkeys(("position", "channel", "sum"), sizes)

    def forward(
        self, x: Array, statistics: Statistics | None = None, *, training: bool = True,
        kept: dict[str, Array] | None = None,
    ) -> tuple[Array, Cache]:  # fmt: skip
        """Return (B, O, n...) of (B, C, n...), and what `backward` needs."""
        _, p = self.given(x=x)
        image(self.channels, self.axes, x=x)
        known, left = normed_convolution.told(statistics, p), dropouts.told(kept, self._dropped, x)
        parts: dict[str, normed_convolution.Cache] = {}
        dropped: dict[str, Array | None] = {}
        how: dict[str, Any] = {"training": training, "momentum": self.momentum, "eps": self.eps}
        a, position = position_attention.forward(x, part(p, "position.attention"))
        b, channel = channel_attention.forward(x, part(p, "channel.attention"), likeness=self.likeness)
        total: Array = 0
        for branch, u in (("position", a), ("channel", b)):
            first = f"{branch}.first"
            u, parts[first] = normed_convolution.forward(
                u, part(p, first), known.get(first), padding=1, activation="relu", **how
            )
            u, dropped[branch] = dropout.forward(u, left.get(branch), rate=self.rate)
            second = f"{branch}.second"
            u, parts[second] = normed_convolution.forward(u, part(p, second), padding=1)
            total = total + u
        total, dropped["sum"] = dropout.forward(total, left.get("sum"), rate=self.rate)
        y, parts["out"] = normed_convolution.forward(total, part(p, "out"), known.get("out"), **how)
        running = {name: parts[name].running for name in ("position.first", "channel.first", "out")}
        return y, Cache(position, channel, running, parts, dropped)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        dtotal, inner = normed_convolution.backward(dy, cache.parts["out"])
        gradients, dx = named("out", inner), 0
        dtotal = dropout.backward(dtotal, cache.dropped["sum"])
        for branch, attention, kept in (("position", position_attention, cache.position),
                                        ("channel", channel_attention, cache.channel)):  # fmt: skip
            du, inner = normed_convolution.backward(dtotal, cache.parts[f"{branch}.second"])
            gradients |= named(f"{branch}.second", inner)
            du = dropout.backward(du, cache.dropped[branch])
            du, inner = normed_convolution.backward(du, cache.parts[f"{branch}.first"])
            gradients |= named(f"{branch}.first", inner)
            du, inner = attention.backward(du, kept)
            gradients |= named(f"{branch}.attention", inner)
            dx = dx + du
        return dx, gradients
