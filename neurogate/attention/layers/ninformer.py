"""The network-in-network block: a mixer of tokens writes the gate of a linear map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from neurogate.attention import dropouts
from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, fits
from neurogate.attention.blocks import mlp, weighted
from neurogate.attention.layer import Layer, Parameters, named, part
from neurogate.attention.operators import dropout, layer_norm, linear
from neurogate.attention.options import whole_numbers
from neurogate.units import Count, Positive, settings

__all__ = ["NiNformer"]


class Cache(NamedTuple):
    """What the backward needs; `gate` is the output of the mixer, `mapped` what it multiplies."""

    norms: tuple[weighted.Cache, weighted.Cache, weighted.Cache, weighted.Cache]
    perceptrons: tuple[mlp.Cache, mlp.Cache, mlp.Cache]
    proj: weighted.Cache
    gate: Array
    mapped: Array


@settings
class NiNformer(Layer):
    r"""A block whose tokens are gated by a small mixer instead of attending to each other.

    .. math::
        n = \mathrm{LN}(x), \quad t = n + \mathrm{MLP}_{tok}(\mathrm{LN}_a(n)^T)^T, \quad
        m = t + \mathrm{MLP}_{ch}(\mathrm{LN}_b(t))

        x \leftarrow x + (n W_u^T + b_u) \odot m, \quad y = x + \mathrm{MLP}(\mathrm{LN}(x))

    Both sub-layers share one norm, whose gradient is the sum of both uses. The gate m is not bounded, and its
    rows are no weights that sum to 1. Tokens are mixed by weights of their own, so their number is fixed
    and their order matters. Dropout acts on both maps of each perceptron, if `forward` is told which numbers
    are kept, and `masks` draws them.

    ``cache.gate`` (B, N, D) is m, ``cache.mapped`` what it multiplies.

    Parameters
    ----------
    d_model : int
        D.
    tokens : int
        N.
    hidden : int
        Width of the three perceptrons.
    eps : float
        Of the norms.
    rate : float
        Of dropout; that of the authors' training on CIFAR.

    References
    ----------
    NiNformer: a network in network transformer with token mixing generated gating function (2024),
    arXiv:2403.02411.

    Examples
    --------
    >>> layer = NiNformer(d_model=8, tokens=5, hidden=12)
    >>> y, cache = layer.forward(np.ones((2, 5, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, gradients["token.hidden.weight"].shape
    ((2, 5, 8), (12, 5))
    """

    d_model: Count = 256
    tokens: Count = 64
    hidden: Count = 512
    eps: Positive = 1e-5
    rate: dropout.Rate = 0.5

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw all maps as PyTorch does."""
        d, n, h = self.d_model, self.tokens, self.hidden
        drawn: Parameters = {}
        for name in ("norm", "token_norm", "channel_norm"):
            drawn |= {f"{name}.weight": np.ones(d), f"{name}.bias": np.zeros(d)}
        for name, width in (("token", n), ("channel", d), ("mlp", d)):
            drawn |= named(name, mlp.initial(rng, width, h, width))
        return drawn | draw.linear(rng, "proj", d, d)

    def masks(self, rng: Any, shape: tuple[int, ...]) -> dict[str, Array]:
        """Draw which numbers the six dropouts keep, given the shape of x."""
        return dropouts.drawn(rng, self._dropped(shape), self.rate)

    def _dropped(self, shape: tuple[int, ...]) -> dropouts.Shapes:
        batch, n, d = whole_numbers("shape", shape, 0, count=3)
        rows = {"token": (d, n), "channel": (n, d), "mlp": (n, d)}
        return {f"{name}.{place}": (batch, count, width) for name, (count, out) in rows.items()
                for place, width in (("hidden", self.hidden), ("out", out))}  # fmt: skip

    def forward(self, x: Array, *, kept: dict[str, Array] | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, N, D), and what `backward` needs."""
        _, p = self.given(x=x)
        fits(x.ndim == 3 and x.shape[1:] == (self.tokens, self.d_model),
             f"x must be (batch, {self.tokens}, {self.d_model})", x=x)  # fmt: skip
        masks = dropouts.told(kept, self._dropped, x)
        n, norm1 = weighted.forward(layer_norm, x, p, "norm", eps=self.eps)
        a, norm_a = weighted.forward(layer_norm, n, p, "token_norm", eps=self.eps)
        mixed, token = self._mapped(a.swapaxes(1, 2), p, "token", masks)
        t = n + mixed.swapaxes(1, 2)
        b, norm_b = weighted.forward(layer_norm, t, p, "channel_norm", eps=self.eps)
        mixed, channel = self._mapped(b, p, "channel", masks)
        m = t + mixed
        u, proj = weighted.forward(linear, n, p, "proj")
        x = x + u * m
        n, norm2 = weighted.forward(layer_norm, x, p, "norm", eps=self.eps)
        w, outer = self._mapped(n, p, "mlp", masks)
        return x + w, Cache((norm1, norm_a, norm_b, norm2), (token, channel, outer), proj, m, u)

    def _mapped(self, x: Array, p: Parameters, name: str, kept: Mapping[str, Array]) -> Any:
        return mlp.forward(x, part(p, name), kept=part(kept, name), rate=self.rate)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        (norm1, norm_a, norm_b, norm2), (token, channel, outer), proj, m, u = cache
        dn, found = mlp.backward(dy, outer)
        gradients = named("mlp", found)
        dx, shared = weighted.backward(dn, norm2)
        dx += dy
        du, dm = dx * m, dx * u
        db, found = mlp.backward(dm, channel)
        gradients |= named("channel", found)
        dt, found = weighted.backward(db, norm_b)
        gradients |= found
        dt += dm
        da, found = mlp.backward(dt.swapaxes(1, 2), token)
        gradients |= named("token", found)
        dn, found = weighted.backward(da.swapaxes(1, 2), norm_a)
        gradients |= found
        dmapped, found = weighted.backward(du, proj)
        gradients |= found
        dx1, found = weighted.backward(dn + dt + dmapped, norm1)
        return dx + dx1, gradients | {name: shared[name] + array for name, array in found.items()}
