"""Hyena-X, Hyena-Y and Hyena-SE: gated convolutions of a few samples, to be grafted where attention was."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace, namespace
from neurogate.attention.blocks import weighted
from neurogate.attention.layer import Parameters, RecurrentLayer, named, part, sequence
from neurogate.attention.operators import causal_convolution, linear
from neurogate.units import Count, settings

__all__ = ["HyenaSE", "HyenaX", "HyenaY", "State"]


class State(NamedTuple):
    """The last samples.

    Attributes
    ----------
    short : (B, k - 1, 3 D), optional
        Before the convolution of the projections, if there is one.
    inner : (B, k - 1, D), optional
        Before that of the product.
    """

    short: Array | None = None
    inner: Array | None = None


class Cache(NamedTuple):
    """What the backward needs; `state` are the samples that the next piece needs."""

    maps: tuple[weighted.Cache, weighted.Cache]
    convolutions: dict[str, causal_convolution.Cache]
    parts: tuple[Array, Array, Array]
    mixed: Array
    carried: bool
    state: State


@settings
class _GraftedHyena(RecurrentLayer):
    """What the three have in common."""

    convolved: ClassVar[tuple[str, ...]] = ()

    d_model: Count = 1152
    taps: Count = 4

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw as PyTorch does; the inner convolution changes nothing at first."""
        d, k, bound = self.d_model, self.taps, self.taps**-0.5
        drawn = draw.linear(rng, "in", 3 * d, d) | draw.linear(rng, "out", d, d)
        if "short" in self.convolved:
            drawn["short.weight"] = draw.uniform(rng, (3 * d, k), bound)
            drawn["short.bias"] = draw.uniform(rng, (3 * d,), bound)
        if "inner" in self.convolved:
            drawn |= {"inner.weight": np.eye(1, k, k - 1) * np.ones((d, 1)), "inner.bias": np.zeros(d)}
        return drawn

    def fresh(self, batch: int, xp: Namespace) -> State:
        """Return samples of zeros."""
        widths = {"short": 3 * self.d_model, "inner": self.d_model}
        return State(**{name: xp.zeros((batch, self.taps - 1, widths[name])) for name in self.convolved})

    def forward(self, x: Array, state: State | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), from a state on, and what `backward` needs."""
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        before = self.restored(x, state) or State()
        convolutions: dict[str, causal_convolution.Cache] = {}

        def convolved(u: Array, name: str) -> Array:
            if name not in self.convolved:
                return u
            y, convolutions[name] = causal_convolution.forward(
                u, **part(p, name), state=getattr(before, name)
            )
            return y

        u, into = weighted.forward(linear, x, p, "in")
        q, k, v = xp.split(convolved(u, "short"), 3, axis=-1)
        mixed = convolved(k * v, "inner")
        y, out = weighted.forward(linear, q * mixed, p, "out")
        after = State(**{name: cache.state for name, cache in convolutions.items()})
        return y, Cache((into, out), convolutions, (q, k, v), mixed, state is not None, after)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input, the parameters and a given state."""
        (into, out), (q, k, v), xp = cache.maps, cache.parts, namespace(dy=dy)
        dgated, gradients = weighted.backward(dy, out)
        dstate: dict[str, Array | None] = {}

        def convolved(du: Array, name: str) -> Array:
            if name not in self.convolved:
                return du
            found = causal_convolution.backward(du, cache.convolutions[name])
            du, weight, bias, dstate[name] = found
            gradients.update(named(name, {"weight": weight, "bias": bias}))
            return du

        dkv = convolved(q * dgated, "inner")
        du = convolved(xp.concatenate([cache.mixed * dgated, v * dkv, k * dkv], axis=-1), "short")
        dx, found = weighted.backward(du, into)
        gradients |= found
        return dx, gradients | ({"state": State(**dstate)} if cache.carried else {})


@settings
class HyenaX(_GraftedHyena):
    r"""Convolve all three projections, then multiply them.

    .. math:: [q, k, v] = \mathrm{conv}(x W_{in}^T), \quad y = (q \odot k \odot v) W_{out}^T

    It looks back alone, even where the attention that it replaces looks both ways.

    Parameters
    ----------
    d_model : int
        D.
    taps : int
        Length of the filters.

    References
    ----------
    Exploring diffusion transformer designs via grafting (2025), arXiv:2506.05340.

    Examples
    --------
    >>> layer = HyenaX(d_model=8)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, gradients["short.weight"].shape
    ((1, 5, 8), (24, 4))
    """

    convolved: ClassVar[tuple[str, ...]] = ("short",)


@settings
class HyenaY(_GraftedHyena):
    r"""Convolve the product of keys and values.

    .. math:: [q, k, v] = x W_{in}^T, \quad y = (q \odot \mathrm{conv}(k \odot v)) W_{out}^T

    At the start the convolution changes nothing.

    Parameters
    ----------
    d_model : int
        D.
    taps : int
        Length of the filters.

    References
    ----------
    Exploring diffusion transformer designs via grafting (2025), arXiv:2506.05340.

    Examples
    --------
    >>> layer = HyenaY(d_model=8)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, gradients["inner.weight"].shape
    ((1, 5, 8), (8, 4))
    """

    convolved: ClassVar[tuple[str, ...]] = ("inner",)


@settings
class HyenaSE(_GraftedHyena):
    r"""Convolve the projections, and the product of keys and values as well.

    .. math::
        [q, k, v] = \mathrm{conv}_1(x W_{in}^T), \quad y = (q \odot \mathrm{conv}_2(k \odot v)) W_{out}^T

    Parameters
    ----------
    d_model : int
        D.
    taps : int
        Length of both filters.

    References
    ----------
    Exploring diffusion transformer designs via grafting (2025), arXiv:2506.05340; Ku et al. 2025,
    arXiv:2503.01868.

    Examples
    --------
    >>> layer = HyenaSE(d_model=8)
    >>> y, state = layer.step(np.ones((1, 8)), layer.start(1))
    >>> y.shape, state.short.shape, state.inner.shape
    ((1, 8), (1, 3, 24), (1, 3, 8))
    """

    convolved: ClassVar[tuple[str, ...]] = ("short", "inner")
