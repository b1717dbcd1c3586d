"""Gateformer: two views of each series, and then each series and its neighbours, mixed by highway gates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from neurogate.attention import dropouts
from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace, answers, fits, namespace
from neurogate.attention.blocks import encoder, highway, weighted
from neurogate.attention.constants import constant
from neurogate.attention.fused import fused
from neurogate.attention.layer import Layer, Parameters, divides, named, part
from neurogate.attention.operators import dropout, linear, sinusoidal, windows
from neurogate.attention.options import whole_numbers
from neurogate.units import Count, settings

__all__ = ["Gateformer"]

EPS = 1e-5  # added to the variance of a series


class Cache(NamedTuple):
    """What the backward needs, and what the class says of its fields."""

    whole: Array
    patched: Array
    gate1: Array
    fused1: Array
    crossed: Array
    gate2: Array
    fused2: Array
    scale: tuple[Array, Array, Array]
    parts: Mapping[str, Any]
    time: list[encoder.Cache]
    variates: list[encoder.Cache]


@settings
class Gateformer(Layer):
    r"""Forecast several series (variates) together.

    Each series is scaled to mean 0 and variance 1 and embedded as a whole, and as patches that attend to each
    other. A gate mixes both; the series attend to each other; a gate mixes what each was and
    what it heard:

    .. math::
        x_n = (x - \mu) / s, \quad E_g = W_g x_n, \quad
        E_t = W_f\, \mathrm{vec}(\mathrm{encoder}(W_p\, \mathrm{patches}(x_n) + \mathrm{positions}))

        Z = g \odot E_g + (1 - g) \odot E_t, \quad O = g' \odot Z + (1 - g') \odot \mathrm{encoder}(Z), \quad
        y = s\, W_o O + \mu

    with both gates as in `neurogate.attention.blocks.highway`. The last value of a series is repeated
    for one stride before it is cut. Upstream the mean is a constant for the backward, the standard deviation
    is not. Dropout acts on both embeddings, on the patches before their encoder, and as usual in encoders, if
    `forward` is told which numbers are kept, and `masks` draws them.

    ``cache.whole`` and ``cache.patched`` (B, N, D) are the two embeddings, ``gate1`` and ``fused1`` their
    gate and what it makes of them, ``crossed`` what the series hear, ``gate2`` and ``fused2`` the second
    gate.

    Parameters
    ----------
    length : int
        L, steps that are seen.
    horizon : int
        Steps to forecast.
    patch, stride : int
        Length of a patch, and from one to the next.
    d_model : int
        D.
    heads : int
        H; it divides D.
    hidden : int
        Width of the perceptrons of the encoders.
    layers : int
        Of each of the two encoders.
    detached : bool
        Whether the mean of a series is a constant for the backward.
    rate : float
        Of dropout.

    References
    ----------
    Gateformer: advancing multivariate time series forecasting through temporal and variate-wise attention
    with gated representations (2025), arXiv:2505.00307.

    Examples
    --------
    >>> layer = Gateformer(length=24, horizon=6, patch=8, stride=8, d_model=8, heads=2, hidden=8, layers=1)
    >>> y, cache = layer.forward(np.random.default_rng(0).random((2, 24, 5)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> y.shape, dx.shape, cache.gate2.shape
    ((2, 6, 5), (2, 24, 5), (2, 5, 8))
    """

    length: Count = 96
    horizon: Count = 96
    patch: Count = 8
    stride: Count = 8
    d_model: Count = 512
    heads: Count = 8
    hidden: Count = 2048
    layers: Count = 2
    detached: bool = True
    rate: dropout.Rate = 0.1

    def check(self) -> None:
        """Raise ValueError if the heads do not divide the width, or a patch is longer than the series."""
        divides("heads", self.heads, self.d_model)
        if self.patch > self.length + self.stride:
            raise ValueError(f"patch is {self.patch}; it must not exceed length + stride, "
                             f"{self.length + self.stride}.")  # fmt: skip

    @property
    def patches(self) -> int:
        """How many patches there are."""
        return (self.length - self.patch) // self.stride + 2

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw all maps as PyTorch does."""
        d = self.d_model
        drawn = draw.linear(rng, "whole", d, self.length) | draw.linear(
            rng, "patch", d, self.patch, bias=False
        )
        drawn |= draw.linear(rng, "flat", d, d * self.patches) | draw.linear(rng, "out", self.horizon, d)
        for name in ("gate1", "gate2"):
            drawn |= named(name, highway.initial(rng, d))
        for name in ("time", "variates"):
            for i in range(self.layers):
                drawn |= named(f"{name}{i}", encoder.initial(rng, d, self.hidden))
        return drawn

    def masks(self, rng: Any, shape: tuple[int, ...]) -> dict[str, Array]:
        """Draw which numbers the dropouts keep, given the shape of x."""
        return dropouts.drawn(rng, self._dropped(shape), self.rate)

    def _dropped(self, shape: tuple[int, ...]) -> dropouts.Shapes:
        (batch, _, series), n, d = whole_numbers("shape", shape, 0, count=3), self.patches, self.d_model
        shapes = {"whole": (batch, series, d), "patch": (batch, series, n, d), "flat": (batch, series, d)}
        for name, tokens in (("time", (batch * series, n, d)), ("variates", (batch, series, d))):
            for i in range(self.layers):
                shapes |= named(f"{name}{i}", encoder.dropped(tokens, self.hidden, heads=self.heads))
        return shapes

    def forward(
        self, x: Array, positions: Array | None = None, *, kept: dict[str, Array] | None = None
    ) -> tuple[Array, Cache]:
        """Return the forecast (B, horizon, N) of the series (B, L, N), and what `backward` needs.

        The codes (patches, D) of the positions of patches are sines and cosines if left out.
        """
        _, p = self.given("positions", x=x, positions=positions)
        fits(x.ndim == 3 and x.shape[1] == self.length, f"x must be (batch, {self.length}, series)", x=x)
        mean = x.mean(axis=1, keepdims=True)
        sd = _root(_squares(x, mean).mean(axis=1, keepdims=True))
        unit = _standard(x, mean, sd)
        n = unit.swapaxes(1, 2)
        parts: dict[str, Any] = {}
        masks = dropouts.told(kept, self._dropped, x)
        whole, parts["whole"] = self._embedded(n, p, "whole", masks)
        patched, time = self._patched(n, p, parts, positions, masks)
        fused1, parts["gate1"] = highway.forward(whole, patched, part(p, "gate1"))
        crossed, variates = self._encoded(fused1, p, "variates", masks)
        fused2, parts["gate2"] = highway.forward(fused1, crossed, part(p, "gate2"))
        y, parts["out"] = weighted.forward(linear, fused2, p, "out")
        y = y.swapaxes(1, 2)
        return _restored(y, mean, sd), Cache(
            whole, patched, parts["gate1"].gate, fused1, crossed, parts["gate2"].gate, fused2, (unit, sd, y),
            parts, time, variates,
        )  # fmt: skip

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        parts, (unit, sd, y) = cache.parts, cache.scale
        dy = answers(dy, y.shape, cache)
        dsd = (dy * y).sum(axis=1, keepdims=True)
        dfused2, gradients = weighted.backward((dy * sd).swapaxes(1, 2), parts["out"])
        dfused1, dcrossed, found = highway.backward(dfused2, parts["gate2"])
        gradients |= named("gate2", found)
        dmore, found = self._back(dcrossed, cache.variates, "variates")
        dwhole, dpatched, inner = highway.backward(dfused1 + dmore, parts["gate1"])
        gradients |= found | named("gate1", inner)
        dn, found = self._unpatched(dpatched, cache.time, parts)
        dmore, inner = _unembedded(dwhole, parts["whole"])
        dunit = (dn + dmore).swapaxes(1, 2)
        dsd -= (dunit * unit).sum(axis=1, keepdims=True) / sd
        dx = dunit / sd + unit * (dsd / self.length)
        if not self.detached:
            dx += (dy.sum(axis=1, keepdims=True) - dx.sum(axis=1, keepdims=True)) / self.length
        return dx, gradients | found | inner

    def _patched(
        self,
        n: Array,
        p: Parameters,
        parts: dict[str, Any],
        positions: Array | None,
        kept: Mapping[str, Array],
    ) -> tuple[Array, list[encoder.Cache]]:  # fmt: skip
        xp, (batch, series, _), d = namespace(x=n), n.shape, self.d_model
        if positions is None:
            positions = constant(_codes, self.patches, d, like=n.dtype, xp=xp)
        fits(
            positions.shape == (self.patches, d),
            f"positions must be ({self.patches}, {d})",
            positions=positions,
        )
        longer = xp.concatenate([n, n[..., -1:].repeat(self.stride, axis=2)], axis=2)
        cut, parts["windows"] = windows.forward(longer, (self.patch,), stride=self.stride)
        tokens, parts["patch"] = weighted.forward(linear, cut.swapaxes(2, 3), p, "patch")
        tokens += positions
        tokens, parts["kept"] = dropout.forward(tokens, kept.get("patch"), rate=self.rate)
        encoded, time = self._encoded(tokens.reshape(-1, self.patches, d), p, "time", kept)
        flat = encoded.swapaxes(1, 2).reshape(batch, series, d * self.patches)
        patched, parts["flat"] = self._embedded(flat, p, "flat", kept)
        return patched, time

    def _unpatched(self, dy: Array, time: list[encoder.Cache], parts: Mapping[str, Any]) -> Any:
        (batch, series, d), n = dy.shape, self.patches
        dflat, gradients = _unembedded(dy, parts["flat"])
        dtokens, found = self._back(dflat.reshape(-1, d, n).swapaxes(1, 2), time, "time")
        dtokens = dropout.backward(dtokens.reshape(batch, series, n, d), parts["kept"])
        dcut, inner = weighted.backward(dtokens, parts["patch"])
        dlonger = windows.backward(dcut.swapaxes(2, 3), parts["windows"])
        dn = dlonger[..., : self.length].copy()
        dn[..., -1] += dlonger[..., self.length :].sum(axis=-1)
        return dn, gradients | found | inner

    def _embedded(self, x: Array, p: Parameters, name: str, kept: Mapping[str, Array]) -> Any:
        y, cache = weighted.forward(linear, x, p, name)
        y, dropped = dropout.forward(y, kept.get(name), rate=self.rate)
        return y, (cache, dropped)

    def _encoded(
        self, x: Array, p: Parameters, name: str, kept: Mapping[str, Array]
    ) -> tuple[Array, list[encoder.Cache]]:
        caches = []
        for i in range(self.layers):
            own, kept_here = (part(each, f"{name}{i}") for each in (p, kept))
            x, cache = encoder.forward(x, own, heads=self.heads, kept=kept_here, rate=self.rate)
            caches.append(cache)
        return x, caches

    def _back(self, dx: Array, caches: list[encoder.Cache], name: str) -> tuple[Array, Parameters]:
        gradients: Parameters = {}
        for i in reversed(range(self.layers)):
            dx, found = encoder.backward(dx, caches[i])
            gradients |= named(f"{name}{i}", found)
        return dx, gradients


def _unembedded(dy: Array, cache: tuple[Any, Array | None]) -> tuple[Array, Parameters]:
    linear_cache, dropped = cache
    return weighted.backward(dropout.backward(dy, dropped), linear_cache)


def _codes(patches: int, width: int) -> Array:
    return sinusoidal.forward(np.arange(float(patches)), width)[0]


@fused
def _squares(xp: Namespace, x: Array, mean: Array) -> Array:
    return (x - mean) ** 2


@fused
def _root(xp: Namespace, variance: Array) -> Array:
    return xp.sqrt(variance + EPS)


@fused
def _restored(xp: Namespace, y: Array, mean: Array, sd: Array) -> Array:
    return y * sd + mean


@fused
def _standard(xp: Namespace, x: Array, mean: Array, sd: Array) -> Array:
    return (x - mean) / sd
