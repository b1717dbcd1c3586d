"""Hyena: a long convolution between two gates, with filters that a small network makes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, namespace
from neurogate.attention.blocks import implicit_filter, weighted
from neurogate.attention.fused import on_gpu
from neurogate.attention.layer import Layer, Parameters, named, part, sequence
from neurogate.attention.operators import causal_convolution, linear, long_convolution
from neurogate.units import Count, settings

__all__ = ["Hyena"]


class Cache(NamedTuple):
    """What the backward needs; `kernel` are the filters, (D, T)."""

    maps: tuple[weighted.Cache, weighted.Cache, weighted.Cache]
    parts: tuple[Array, Array, Array]
    skip: Array
    gated: Array
    mixed: Array
    filter: implicit_filter.Cache
    convolution: long_convolution.Cache
    kernel: Array


@settings
class Hyena(Layer):
    r"""Gate, convolve with everything that was, gate again.

    .. math::
        [x_1, x_2, v] = \mathrm{conv}(x W_{in}^T), \quad u = v \odot x_1, \quad
        y = (x_2 \odot (k * u + D \odot u)) W_{out}^T

    The authors train the filters' network at a rate of 0.001 and its positions at 0.00001, whatever the rest.

    Parameters
    ----------
    d_model : int
        D.
    l_max : int
        Lags of a filter; earlier samples are not seen.
    d_hidden : int
        Hidden width of the network that makes the filters.
    inner : int
        Maps between its first and its last.
    d_positions : int
        Its inputs.
    taps : int
        Length of the short convolution in front.

    References
    ----------
    Poli et al. 2023, arXiv:2302.10866; as in Zoology (2023), arXiv:2312.04927.

    Examples
    --------
    >>> layer = Hyena(d_model=8, l_max=16)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, gradients["skip"].shape
    ((1, 5, 8), (8,))
    """

    d_model: Count = 64
    l_max: Count = 1024
    d_hidden: Count = 64
    inner: Count = 2
    d_positions: Count = 3
    taps: Count = 3

    def check(self) -> None:
        """Raise ValueError if the positions have no bands."""
        implicit_filter.check(self.d_positions)

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw the skip normally, and the rest as PyTorch does."""
        d, bound = self.d_model, self.taps**-0.5
        drawn = draw.linear(rng, "in", 3 * d, d) | draw.linear(rng, "out", d, d)
        drawn["short.weight"] = draw.uniform(rng, (3 * d, self.taps), bound)
        drawn["short.bias"] = draw.uniform(rng, (3 * d,), bound)
        drawn["skip"] = draw.normal(rng, (d,), 1.0)
        network = implicit_filter.initial(rng, self.l_max, self.d_positions, self.d_hidden, self.inner, d)
        return drawn | named("filter", network)

    def forward(self, x: Array) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), and what `backward` needs."""
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        u, into = weighted.forward(linear, x, p, "in")
        u, short = weighted.forward(causal_convolution, u, p, "short")
        x1, x2, v = xp.split(u, 3, axis=-1)
        kernel, network = implicit_filter.forward(part(p, "filter"), x.shape[1])
        u = v * x1
        mixed, convolution = long_convolution.forward(u, kernel)
        mixed, gated = _gated(mixed, p["skip"], u, x2)
        y, out = weighted.forward(linear, gated, p, "out")
        maps, parts = (into, short, out), (x1, x2, v)
        return y, Cache(maps, parts, p["skip"], u, mixed, network, convolution, kernel)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        xp, (x1, x2, v), (into, short, out) = namespace(dy=dy), cache.parts, cache.maps
        dgated, gradients = weighted.backward(dy, out)
        dmixed = x2 * dgated
        du, dkernel = long_convolution.backward(dmixed, cache.convolution)
        du += cache.skip * dmixed
        gradients["skip"] = (cache.gated * dmixed).sum(axis=(0, 1))
        gradients |= named("filter", implicit_filter.backward(dkernel, cache.filter))
        du = xp.concatenate([v * du, cache.mixed * dgated, x1 * du], axis=-1)
        for each in (short, into):
            du, inner = weighted.backward(du, each)
            gradients |= inner
        return du, gradients


@on_gpu(lambda xp, mixed, skip, u, gate: (mixed + skip * u, gate * (mixed + skip * u)))
def _gated(mixed: Array, skip: Array, u: Array, gate: Array) -> tuple[Array, Array]:
    mixed += skip * u
    return mixed, gate * mixed
