"""Hyena-X in the place of a perceptron: products of features that are convolved along the features."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, fits, namespace
from neurogate.attention.blocks import weighted
from neurogate.attention.layer import Layer, Parameters, sequence
from neurogate.attention.operators import causal_convolution, linear
from neurogate.units import Count, settings

__all__ = ["HyenaMlp"]


class Cache(NamedTuple):
    """What the backward needs."""

    maps: tuple[weighted.Cache, weighted.Cache, weighted.Cache]
    parts: tuple[Array, Array, Array]


@settings
class HyenaMlp(Layer):
    r"""Widen, convolve, multiply, and narrow, token by token.

    .. math:: [q, k, v] = \mathrm{conv}(x W_{in}^T), \quad y = (q \odot k \odot v) W_{out}^T

    The convolution of each token runs along its features, with a filter of the token's place, as published.

    Parameters
    ----------
    d_model : int
        D.
    tokens : int
        T; every sequence is so long.
    ratio : int
        Width of each part over D.
    taps : int
        Length of the filters.

    References
    ----------
    Exploring diffusion transformer designs via grafting (2025), arXiv:2506.05340.

    Examples
    --------
    >>> layer = HyenaMlp(d_model=8, tokens=5)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, gradients["short.weight"].shape
    ((1, 5, 8), (5, 4))
    """

    d_model: Count = 1152
    tokens: Count = 256
    ratio: Count = 2
    taps: Count = 4

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw as PyTorch does."""
        d, wide, bound = self.d_model, self.ratio * self.d_model, self.taps**-0.5
        drawn = draw.linear(rng, "in", 3 * wide, d) | draw.linear(rng, "out", d, wide)
        drawn["short.weight"] = draw.uniform(rng, (self.tokens, self.taps), bound)
        return drawn | {"short.bias": draw.uniform(rng, (self.tokens,), bound)}

    def forward(self, x: Array) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), and what `backward` needs."""
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        fits(x.shape[1] == self.tokens, f"there must be {self.tokens} tokens", x=x)
        u, into = weighted.forward(linear, x, p, "in")
        u, short = weighted.forward(causal_convolution, u.swapaxes(1, 2), p, "short")
        q, k, v = xp.split(u.swapaxes(1, 2), 3, axis=-1)
        y, out = weighted.forward(linear, q * k * v, p, "out")
        return y, Cache((into, short, out), (q, k, v))

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        (into, short, out), (q, k, v) = cache.maps, cache.parts
        dm, gradients = weighted.backward(dy, out)
        du = namespace(dy=dy).concatenate([k * v * dm, q * v * dm, q * k * dm], axis=-1)
        du, found = weighted.backward(du.swapaxes(1, 2), short)
        dx, more = weighted.backward(du.swapaxes(1, 2), into)
        return dx, gradients | found | more
