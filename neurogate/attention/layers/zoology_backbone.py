"""The backbone of Zoology's second figure: mixers between norms, with nothing else to mix channels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, get_args

import attrs
import numpy as np

from neurogate.attention import dropouts
from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, fits
from neurogate.attention.blocks import nested, weighted
from neurogate.attention.layer import Layer, Parameters, named, sequence
from neurogate.attention.layers.base_conv import BaseConv
from neurogate.attention.layers.based import Based
from neurogate.attention.layers.h3 import H3
from neurogate.attention.layers.hyena import Hyena
from neurogate.attention.layers.rwkv import RwkvTimeMix
from neurogate.attention.layers.zoology_attention import ZoologyAttention
from neurogate.attention.operators import dropout, layer_norm
from neurogate.attention.options import one_of, whole_number, whole_numbers
from neurogate.units import Count, settings

__all__ = ["Mixer", "ZoologyBackbone", "mixer_of"]

Mixer = Literal["attention", "hyena", "rwkv", "base_conv", "h3", "based", "hybrid"]

_LAST: Mapping[type[Layer], str] = {ZoologyAttention: "o", Hyena: "out"}  # called out_proj upstream


class Cache(NamedTuple):
    """What the backward needs: of each layer both norms and the mixer, the last norm, and dropout."""

    layers: list[tuple[weighted.Cache, nested.Cache, weighted.Cache]]
    norm: weighted.Cache
    dropped: Array | None


@settings
class ZoologyBackbone(Layer):
    r"""Norms and mixers on a residual stream.

    .. math:: r \leftarrow r + \mathrm{mixer}_i(\mathrm{LN}_1(r)), \quad r \leftarrow r + \mathrm{LN}_2(r),
        \quad y = \mathrm{LN}(r)

    The second step is what a state mixer that changes nothing leaves of a block. Dropout acts on what is
    embedded, positions and all, if `forward` is told which numbers are kept, and `masks` draws them.
    `neurogate.attention.training.language_model` has the embedding and the scores.

    All linear maps start with a deviation of 0.02. The authors divide it by the root of twice the number of
    layers for maps called out_proj, as those are that end attention and Hyena; the last maps of the other
    mixers have other names, and keep 0.02.

    Parameters
    ----------
    d_model : int
        D.
    mixer : {"attention", "hyena", "rwkv", "base_conv", "h3", "based", "hybrid"}
        Of all layers; base_conv alternates short and implicit filters, based and hybrid a short convolution
        with `Based` and with attention.
    layers : int
        How many; the authors have 2 of attention and 4 of all others.
    l_max : int
        Longest sequence: lags of long filters, and rows of the positions that attention is given.
    rate : float
        Of dropout.

    References
    ----------
    Zoology: measuring and improving recall in efficient language models (2023), arXiv:2312.04927.

    Examples
    --------
    >>> layer = ZoologyBackbone(d_model=8, mixer="hyena", layers=2, l_max=16)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, gradients["layer1.mixer.skip"].shape
    ((1, 5, 8), (8,))
    """

    d_model: Count = 64
    mixer: Mixer = "attention"
    layers: Count = 2
    l_max: Count = 64
    rate: dropout.Rate = 0.1
    mixers: tuple[Layer, ...] = attrs.field(init=False, eq=False, repr=False)  # one of each layer

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw maps with a deviation of 0.02, the last of attention and Hyena less; the rest as alone."""
        d, drawn = self.d_model, {"norm.weight": np.ones(self.d_model), "norm.bias": np.zeros(self.d_model)}
        if self.mixer == "attention":
            drawn["positions"] = draw.normal(rng, (self.l_max, d), 0.02)
        seeds = rng.integers(2**31, size=self.layers)
        mixers = [mixer_of(self.mixer, d, self.l_max, i, int(seed)) for i, seed in enumerate(seeds)]
        object.__setattr__(self, "mixers", tuple(mixers))
        for i, mixer in enumerate(mixers):
            for norm in ("norm1", "norm2"):
                drawn |= {f"layer{i}.{norm}.weight": np.ones(d), f"layer{i}.{norm}.bias": np.zeros(d)}
            drawn |= named(f"layer{i}.mixer", _redrawn(mixer, rng, self.layers))
        return drawn

    def masks(self, rng: Any, shape: tuple[int, ...]) -> dict[str, Array]:
        """Draw which numbers dropout keeps, given the shape of x."""
        return dropouts.drawn(rng, self._dropped(shape), self.rate)

    def _dropped(self, shape: tuple[int, ...]) -> dropouts.Shapes:
        return {"embedding": whole_numbers("shape", shape, 0, count=3)}

    def forward(self, x: Array, *, kept: dict[str, Array] | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), what was embedded, and what `backward` needs."""
        _, p = self.given(x=x)
        sequence(x, self.d_model)
        r, layers = x, []
        if "positions" in p:
            fits(x.shape[1] <= self.l_max, f"attention has positions for {self.l_max} samples", x=x)
            r = r + p["positions"][: x.shape[1]]
        masks = dropouts.told(kept, self._dropped, x)
        r, dropped = dropout.forward(r, masks.get("embedding"), rate=self.rate)
        for i, mixer in enumerate(self.mixers):
            n, norm1 = weighted.forward(layer_norm, r, p, f"layer{i}.norm1")
            u, inner = nested.forward(mixer, n, p, f"layer{i}.mixer")
            r = r + u
            n, norm2 = weighted.forward(layer_norm, r, p, f"layer{i}.norm2")
            r = r + n
            layers.append((norm1, inner, norm2))
        y, norm = weighted.forward(layer_norm, r, p, "norm")
        return y, Cache(layers, norm, dropped)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters."""
        dr, gradients = weighted.backward(dy, cache.norm)
        for norm1, inner, norm2 in reversed(cache.layers):
            dn, found = weighted.backward(dr, norm2)
            dr, gradients = dr + dn, gradients | found
            du, found = nested.backward(dr, inner)
            dn, more = weighted.backward(du, norm1)
            dr, gradients = dr + dn, gradients | found | more
        dr = dropout.backward(dr, cache.dropped)
        if "positions" in self.parameters:
            length = dy.shape[1]
            gradients["positions"] = 0 * self.parameters["positions"].astype(dy.dtype)
            gradients["positions"][:length] = dr.sum(axis=0)
        return dr, gradients


def mixer_of(mixer: Mixer, d_model: int, l_max: int, place: int, seed: int = 0) -> Layer:
    """Make one mixer as the second figure has it.

    Parameters
    ----------
    mixer : str
        As in `ZoologyBackbone`.
    d_model, l_max : int
        Its width, and the longest sequence.
    place : int
        Which layer it is, from 0 on.
    seed : int
        Of its parameters.

    Examples
    --------
    >>> [type(mixer_of("based", 8, 16, place)).__name__ for place in (0, 1)]
    ['BaseConv', 'Based']
    """
    one_of("mixer", mixer, get_args(Mixer))
    l_max, place = whole_number("l_max", l_max), whole_number("place", place, 0)
    odd, even = bool(place % 2), l_max + l_max % 2
    if mixer == "based" and odd:
        return Based(d_model=d_model, heads=1, d_feature=8, form="quadratic", seed=seed)
    if mixer == "attention" or (mixer == "hybrid" and odd):
        return ZoologyAttention(d_model=d_model, seed=seed)
    if mixer == "hyena":
        return Hyena(d_model=d_model, l_max=l_max, seed=seed)
    if mixer == "rwkv":
        return RwkvTimeMix(d_model=d_model, place=place, layers=max(12, place + 1), seed=seed)
    if mixer == "h3":
        return H3(d_model=d_model, d_head=2 - d_model % 2, d_state=even, l_max=l_max, seed=seed)
    kernel: Literal["short", "implicit"] = "implicit" if mixer == "base_conv" and odd else "short"
    return BaseConv(d_model=d_model, kernel=kernel, l_max=l_max, seed=seed)


def _redrawn(mixer: Layer, rng: np.random.Generator, layers: int) -> Parameters:
    """Draw the linear maps, which convolutions are not, as language models do."""
    drawn, last = dict(mixer.parameters), _LAST.get(type(mixer))
    maps = [name[:-7] for name in drawn if name.endswith(".weight")]
    for name in (name for name in maps if name not in ("conv", "short")):
        sd = 0.02 / math.sqrt(2 * layers) if name == last else 0.02
        drawn[f"{name}.weight"] = draw.normal(rng, drawn[f"{name}.weight"].shape, sd)
        if f"{name}.bias" in drawn:
            drawn[f"{name}.bias"] = 0 * drawn[f"{name}.bias"]
    return drawn
