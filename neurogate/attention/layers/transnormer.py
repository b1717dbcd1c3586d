"""The block of TransNormer: lightning attention, and a gated linear unit without a bend."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

import attrs
import numpy as np

from neurogate.attention.arrays import Array, Namespace
from neurogate.attention.blocks import glu, nested, weighted
from neurogate.attention.layer import Parameters, RecurrentLayer, named, part, sequence
from neurogate.attention.layers.lightning_attention import LightningAttention, State
from neurogate.attention.operators import layer_norm, lightning, rms_norm
from neurogate.units import Count, Positive, settings
from neurogate.units.domains import Domain

__all__ = ["Cache", "TransNormer"]


class Cache(NamedTuple):
    """What the backward needs; `state` is the state of the attention after the last step."""

    norm1: weighted.Cache
    mixed: nested.Cache
    norm2: weighted.Cache
    mlp: glu.Cache
    state: State


@settings
class TransNormer(RecurrentLayer):
    r"""A pre-normed block of lightning attention and the simple gated linear unit.

    .. math::
        x \leftarrow x + \mathrm{lightning}(\mathrm{norm}(x)), \quad
        x \leftarrow x + W_3 (W_1 \mathrm{norm}(x) \odot W_2 \mathrm{norm}(x))

    Parameters
    ----------
    d_model, heads, layer, depth, schedule, positions
        Of `LightningAttention`.
    hidden : int
        Width of the gated linear unit.
    norm : {"rms", "layer"}
        Of all norms: the root mean square without weights, as the paper has it, or layer norms.
    eps : float
        Of the norms.

    References
    ----------
    Qin et al. 2023, arXiv:2307.14995.

    Examples
    --------
    >>> layer = TransNormer(d_model=8, heads=2, hidden=6)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> y.shape, cache.state.memory.shape
    ((1, 5, 8), (1, 2, 4, 4))
    """

    d_model: Count = 1024
    heads: Count = 8
    hidden: Count = 2816
    layer: Annotated[int, Domain(0)] = 0
    depth: Count = 1
    schedule: lightning.Schedule = "alibi"
    norm: Literal["layer", "rms"] = "rms"
    positions: bool = False
    eps: Positive = 1e-6
    mixer: Any = attrs.field(init=False, eq=False, repr=False)  # made of the settings

    def check(self) -> None:
        """Make the attention, or raise ValueError as it does."""
        names = ("d_model", "heads", "layer", "depth", "schedule", "norm", "positions", "eps", "seed")
        mixer = LightningAttention(**{name: getattr(self, name) for name in names})
        object.__setattr__(self, "mixer", mixer)

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Take the attention's parameters; the unit as `glu.initial` draws it, norms as 1."""
        drawn = named("mixer", self.mixer.parameters) | named(
            "mlp", glu.initial(rng, self.d_model, self.hidden)
        )
        if self.norm == "layer":
            for name in ("norm1", "norm2"):
                drawn |= {f"{name}.weight": np.ones(self.d_model), f"{name}.bias": np.zeros(self.d_model)}
        return drawn

    def fresh(self, batch: int, xp: Namespace) -> State:
        """Return a memory of zeros."""
        state: State = self.mixer.fresh(batch, xp)
        return state

    def forward(self, x: Array, state: State | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), from a state on, and what `backward` needs."""
        _, p = self.given(x=x)
        sequence(x, self.d_model)
        operator = layer_norm if self.norm == "layer" else rms_norm
        n, norm1 = weighted.forward(operator, x, p, "norm1", eps=self.eps)
        u, mixed = nested.forward(self.mixer, n, p, "mixer", state)
        x = x + u
        n, norm2 = weighted.forward(operator, x, p, "norm2", eps=self.eps)
        u, mlp = glu.forward(n, part(p, "mlp"), activation="identity")
        return x + u, Cache(norm1, mixed, norm2, mlp, mixed.inner.state)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input, the parameters, and a state if one was given."""
        dn, mlp = glu.backward(dy, cache.mlp)
        dx, gradients = weighted.backward(dn, cache.norm2)
        dy = dy + dx
        dn, mixer = nested.backward(dy, cache.mixed)
        dx, more = weighted.backward(dn, cache.norm1)
        gradients |= more | named("mlp", mlp)
        if "mixer.state" in mixer:
            gradients["state"] = mixer.pop("mixer.state")
        return dy + dx, gradients | mixer
