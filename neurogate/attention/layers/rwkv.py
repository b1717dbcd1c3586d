"""The time mix of RWKV-4: a gated running mean, of a sample mixed with the one before."""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace
from neurogate.attention.blocks import weighted
from neurogate.attention.layer import Parameters, RecurrentLayer, sequence
from neurogate.attention.operators import linear, wkv
from neurogate.attention.operators.pointwise import sigmoid
from neurogate.units import Count, settings
from neurogate.units.domains import Domain

__all__ = ["RwkvTimeMix", "State"]

_NAMES = ("k", "v", "r")


class State(NamedTuple):
    """What is known of earlier samples.

    Attributes
    ----------
    last : (B, D)
        The last one.
    mean, mass : (B, D)
        The memory's, as in `neurogate.attention.operators.wkv`.
    """

    last: Array
    mean: Array
    mass: Array


class Cache(NamedTuple):
    """What the backward needs; `state` is the state after the last step."""

    x: Array
    earlier: Array
    mixes: dict[str, Array]
    projections: dict[str, weighted.Cache]
    receptance: Array
    memory: wkv.Cache
    collected: Array
    carried: bool
    state: State


@settings
class RwkvTimeMix(RecurrentLayer):
    r"""Let a gate of the present read a running mean of the past.

    .. math::
        z_t = W_z (\mu_z \odot x_t + (1 - \mu_z) \odot x_{t-1}) \text{ for } z = k, v, r, \quad
        y_t = W_o (\sigma(r_t) \odot \mathrm{wkv}_t)

    with the decay :math:`w = -e^{\delta}` in `neurogate.attention.operators.wkv`.

    Parameters
    ----------
    d_model : int
        D.
    place, layers : int
        Which layer of how many this is, counted from 0: how decays and mixes start depends on it.

    References
    ----------
    Peng et al. 2023, arXiv:2305.13048; as in Zoology (2023), arXiv:2312.04927, with its draws of the maps.

    Examples
    --------
    >>> layer = RwkvTimeMix(d_model=8)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, gradients["decay"].shape
    ((1, 5, 8), (8,))
    """

    d_model: Count = 512
    place: Annotated[int, Domain(0)] = 0
    layers: Count = 12

    def check(self) -> None:
        """Raise ValueError if there is no such layer."""
        if self.place >= self.layers:
            raise ValueError(f"place is {self.place}; it must be below layers, {self.layers}.")

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Spread decays and mixes over the channels, and draw the maps with a deviation of 0.02."""
        d, late = self.d_model, self.place / max(1, self.layers - 1)
        early, channel = 1 - self.place / self.layers, np.arange(d)
        drawn: Parameters = {
            "decay": -5 + 8 * (channel / max(1, d - 1)) ** (0.7 + 1.3 * late),
            "bonus": math.log(0.3) + 0.5 * ((channel + 1) % 3 - 1),
            "mix.k": (channel / d) ** early,
            "mix.v": (channel / d) ** early + 0.3 * late,
            "mix.r": (channel / d) ** (0.5 * early),
        }
        return drawn | {f"{name}.weight": draw.normal(rng, (d, d), 0.02) for name in (*_NAMES, "o")}

    def fresh(self, batch: int, xp: Namespace) -> State:
        """Return a sample of zeros, and the memory of nothing."""
        shape = (batch, self.d_model)
        return State(xp.zeros(shape), xp.zeros(shape), xp.full(shape, wkv.NOTHING))

    def forward(self, x: Array, state: State | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), from a state on, and what `backward` needs."""
        sequence(x, self.d_model)
        xp, p = self.given(x=x)
        carried, start = state is not None, self.fresh(len(x), xp)
        last, mean, mass = self.restored(x, start if state is None else state)
        shifted = xp.concatenate([last[:, None], x], axis=1)
        earlier = shifted[:, :-1]
        mixes, projections, mapped = {name: p[f"mix.{name}"] for name in _NAMES}, {}, {}
        for name, mix in mixes.items():
            mapped[name], projections[name] = weighted.forward(linear, mix * x + (1 - mix) * earlier, p, name)
        collected, memory = wkv.forward(
            mapped["k"], mapped["v"], -xp.exp(p["decay"]), p["bonus"], wkv.State(mean, mass)
        )
        y, projections["o"] = weighted.forward(linear, sigmoid.value(mapped["r"]) * collected, p, "o")
        after = State(shifted[:, -1], *memory.state)
        return y, Cache(x, earlier, mixes, projections, mapped["r"], memory, collected, carried, after)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input, the parameters and a given state."""
        x, earlier, mixes, projections, r, memory, collected, carried, _ = cache
        dgated, gradients = weighted.backward(dy, projections["o"])
        gate = sigmoid.value(r)
        dk, dv, dw, gradients["bonus"], dmemory = wkv.backward(gate * dgated, memory)
        gradients["decay"] = dw * memory.w
        dr = gate * (1 - gate) * collected * dgated
        dx, dearlier = 0 * x, 0 * x
        for name, dmapped in zip(_NAMES, (dk, dv, dr), strict=True):
            dmixed, inner = weighted.backward(dmapped, projections[name])
            gradients |= inner
            gradients[f"mix.{name}"] = ((x - earlier) * dmixed).sum(axis=(0, 1))
            dx += mixes[name] * dmixed
            dearlier += (1 - mixes[name]) * dmixed
        dx[:, :-1] += dearlier[:, 1:]
        if carried and dmemory is not None:
            gradients["state"] = State(dearlier[:, :1].sum(axis=1), *dmemory)
        return dx, gradients
