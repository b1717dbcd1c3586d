"""Feature-selection gates of a convolutional network: one for each channel of a stage, and a gated head."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, fits
from neurogate.attention.blocks import weighted
from neurogate.attention.layer import Layer, Parameters
from neurogate.attention.operators import gate, linear
from neurogate.attention.operators.pointwise import relu
from neurogate.units import Count, settings

__all__ = ["ChannelGates", "GatedHead", "Start"]

Start: TypeAlias = Literal["xavier", "he"]
"""By whose rule gates start."""


@settings
class ChannelGates(Layer):
    r"""Weigh the channels of a stage, whatever the input.

    .. math:: y_{bc} = \sigma(\gamma_c) x_{bc}

    A ResNet has one after each stage of each branch. At the start all gates are about 1/2.
    ``cache.values`` (1, C, ...) are the gates.

    Parameters
    ----------
    channels : int
        C.
    start : {"xavier", "he"}
        Whether the logits start with standard deviation :math:`\sqrt{2 / (C + 1)}` or :math:`\sqrt{2 / C}`.

    References
    ----------
    Hard-attention gates with gradient routing for endoscopic image computing (2024), arXiv:2407.04400.

    Examples
    --------
    >>> layer = ChannelGates(channels=3)
    >>> y, cache = layer.forward(np.ones((2, 3, 4, 4)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, gradients["gate"].shape
    ((2, 3, 4, 4), (3,))
    """

    channels: Count = 512
    start: Start = "xavier"

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw the logits of the gates."""
        return {"gate": _drawn(rng, self.channels, self.start)}

    def forward(self, x: Array) -> tuple[Array, gate.Cache]:
        """Return the weighted (B, C, ...), and what `backward` needs."""
        _, p = self.given(x=x)
        good = 2 <= x.ndim <= 5 and x.shape[1] == self.channels
        fits(good, f"x must be (batch, {self.channels}, up to three axes of space)", x=x)
        return gate.forward(x, p["gate"].reshape(1, -1, *(1,) * (x.ndim - 2)))

    def backward(self, dy: Array, cache: gate.Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the gates."""
        dx, dlogits = gate.backward(dy, cache)
        return dx, {"gate": dlogits.reshape(-1)}


class Cache(NamedTuple):
    """What the backward needs; ``gates`` holds the two gates, their values among it."""

    gates: tuple[gate.Cache, gate.Cache]
    hidden: weighted.Cache
    before: Array
    out: weighted.Cache


@settings
class GatedHead(Layer):
    r"""Classify pooled features, with a gate on each of them and on each hidden unit.

    .. math::
        r = \mathrm{ReLU}(W_2 (\sigma(\gamma_1) \odot e) + b_2), \quad
        y = W_3 (\sigma(\gamma_2) \odot r) + b_3

    Parameters
    ----------
    features : int
        Width of e, the pooled features of all branches side by side.
    hidden : int
        Width of r.
    classes : int
        Width of y.
    start : {"xavier", "he"}
        As in `ChannelGates`.

    References
    ----------
    Hard-attention gates with gradient routing for endoscopic image computing (2024), arXiv:2407.04400.

    Examples
    --------
    >>> layer = GatedHead(features=6, hidden=5, classes=3)
    >>> y, cache = layer.forward(np.ones((2, 6)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> y.shape, dx.shape, gradients["gate2"].shape
    ((2, 3), (2, 6), (5,))
    """

    features: Count = 512
    hidden: Count = 256
    classes: Count = 2
    start: Start = "xavier"

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw the logits of the gates, and the maps as PyTorch does."""
        gates = {f"gate{i}": _drawn(rng, n, self.start) for i, n in ((1, self.features), (2, self.hidden))}
        hidden = draw.linear(rng, "hidden", self.hidden, self.features)
        return gates | hidden | draw.linear(rng, "out", self.classes, self.hidden)

    def forward(self, x: Array) -> tuple[Array, Cache]:
        """Return the logits (B, classes) of features (B, features), and what `backward` needs."""
        _, p = self.given(x=x)
        fits(x.ndim == 2 and x.shape[1] == self.features, f"x must be (batch, {self.features})", x=x)
        e, gate1 = gate.forward(x, p["gate1"][None])
        u, hidden = weighted.forward(linear, e, p, "hidden")
        r, before = relu.forward(u)
        r, gate2 = gate.forward(r, p["gate2"][None])
        y, out = weighted.forward(linear, r, p, "out")
        return y, Cache((gate1, gate2), hidden, before, out)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        gate1, gate2 = cache.gates
        dr, gradients = weighted.backward(dy, cache.out)
        dr, dlogits2 = gate.backward(dr, gate2)
        de, found = weighted.backward(relu.backward(dr, cache.before), cache.hidden)
        dx, dlogits1 = gate.backward(de, gate1)
        return dx, gradients | found | {"gate1": dlogits1[0], "gate2": dlogits2[0]}


def _drawn(rng: np.random.Generator, channels: int, start: Start) -> Array:
    rule = draw.xavier_normal if start == "xavier" else draw.kaiming_normal
    return rule(rng, (1, channels))[0]
