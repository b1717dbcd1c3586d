"""Lightning attention as TransNormer has it: heads that forget at constant rates, one norm, and a gate."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace
from neurogate.attention.blocks import heads_of_steps, weighted
from neurogate.attention.fused import summed
from neurogate.attention.layer import Parameters, RecurrentLayer, divides, sequence
from neurogate.attention.operators import gate as gating
from neurogate.attention.operators import layer_norm, lightning, linear, linear_positions, rms_norm
from neurogate.attention.operators.linear_recurrence import Form
from neurogate.attention.operators.pointwise import silu
from neurogate.units import Count, Positive, settings
from neurogate.units.domains import Domain

__all__ = ["Cache", "LightningAttention", "State"]


class State(NamedTuple):
    """The memory, and how many tokens there were."""

    memory: Array  # (B, H, K, V)
    position: int  # of the next token


class Cache(NamedTuple):
    """What the backward needs; `read` is what was read, (B, T, H, V), `state` is after the last step."""

    projections: dict[str, weighted.Cache]
    bent: dict[str, Any]
    turned: dict[str, linear_positions.Cache]
    tiles: Any
    read: Array
    norm: weighted.Cache
    gate: gating.Cache
    out: weighted.Cache
    carried: bool
    state: State


@settings
class LightningAttention(RecurrentLayer):
    r"""Linear attention with one constant decay in each head.

    .. math::
        q, k, v = \mathrm{SiLU}(x W), \quad
        o_t = \sum_{s \le t} e^{-\lambda_h (t - s)} \langle q_t, k_s \rangle v_s, \quad
        y = W_o (\mathrm{norm}(o) \odot \sigma(W_2 W_1 x))

    The norm takes all heads together. The weights of the past are not normalised: they are no probabilities.

    Parameters
    ----------
    d_model : int
        D.
    heads : int
        H; it divides D.
    layer, depth : int
        Which layer of how many: deeper ones forget less.
    schedule : {"alibi", "linear", "retention", "none"}
        Of the decays: see `lightning.slopes`.
    norm : {"layer", "rms"}
        A layer norm with weights, as in the authors' code, or the root mean square alone, as in the paper.
    positions : bool
        Whether queries and keys know their position (LRPE, in the paper in the first layer) [reconstructed].
    eps : float
        Of the norm.
    block, form
        Of `lightning`.

    References
    ----------
    Qin et al. 2023, arXiv:2307.14995; Qin et al. 2024, arXiv:2401.04658.

    Examples
    --------
    >>> layer = LightningAttention(d_model=8, heads=2)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> further, state = layer.step(np.ones((1, 8)), cache.state)
    >>> y.shape, further.shape, state.memory.shape, state.position
    ((1, 5, 8), (1, 8), (1, 2, 4, 4), 6)
    """

    d_model: Count = 1024
    heads: Count = 8
    layer: Annotated[int, Domain(0)] = 0
    depth: Count = 1
    schedule: lightning.Schedule = "alibi"
    norm: Literal["layer", "rms"] = "layer"
    positions: bool = False
    eps: Positive = 1e-5
    block: Count = 64
    form: Form = "auto"

    def check(self) -> None:
        """Raise ValueError if the heads do not divide the width, or there is no such layer."""
        divides("heads", self.heads, self.d_model)
        if self.layer >= self.depth:
            raise ValueError(f"layer is {self.layer}; it must be below depth, {self.depth}.")

    @property
    def head_width(self) -> int:
        """Width of a head, h."""
        return self.d_model // self.heads

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw all maps as PyTorch does; angles fall from 1 to 1/10000, feature by feature."""
        d, h = self.d_model, self.head_width
        drawn: Parameters = {}
        for name, outputs, inputs in (
            ("q", d, d), ("k", d, d), ("v", d, d), ("gate_in", h, d), ("gate", d, h), ("o", d, d),
        ):  # fmt: skip
            drawn |= draw.linear(rng, name, outputs, inputs, bias=False)
        if self.norm == "layer":
            drawn |= {"norm.weight": np.ones(d), "norm.bias": np.zeros(d)}
        angles = 1e4 ** (-2 / d * np.arange(d)).reshape(self.heads, h)
        return drawn | ({"theta": angles} if self.positions else {})

    def fresh(self, batch: int, xp: Namespace) -> State:
        """Return a memory of zeros."""
        h = self.head_width
        return State(xp.zeros((batch, self.heads, h * (1 + self.positions), h)), 0)

    def forward(self, x: Array, state: State | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), from a state on, and what `backward` needs."""
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        projections, bent, turned, heads = {}, {}, {}, {}
        before, offset = (None, 0) if state is None else self.restored(x, state)
        for name in "qkv":
            flat, projections[name] = weighted.forward(linear, x, p, name)
            flat, bent[name] = silu.forward(flat)
            heads[name] = heads_of_steps.split(flat, self.heads)
            if self.positions and name != "v":
                heads[name], turned[name] = linear_positions.forward(heads[name], p["theta"], offset=offset)
        slopes = lightning.slopes(self.heads, schedule=self.schedule, layer=self.layer, depth=self.depth)
        q, k, v = heads.values()
        read, tiles = lightning.forward(q, k, v, xp.asarray(slopes), before, block=self.block, form=self.form)
        operator = layer_norm if self.norm == "layer" else rms_norm
        o, norm = weighted.forward(operator, heads_of_steps.joined(read), p, "norm", eps=self.eps)
        low, projections["gate_in"] = weighted.forward(linear, x, p, "gate_in")
        logits, projections["gate"] = weighted.forward(linear, low, p, "gate")
        o, gate = gating.forward(o, logits)
        y, out = weighted.forward(linear, o, p, "o")
        after = State(tiles.state, offset + x.shape[1])
        return y, Cache(projections, bent, turned, tiles, read, norm, gate, out, state is not None, after)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input, the parameters, and a state if one was given."""
        do, gradients = weighted.backward(dy, cache.out)
        do, dlogits = gating.backward(do, cache.gate)
        low, more = weighted.backward(dlogits, cache.projections["gate"])
        first, last = weighted.backward(low, cache.projections["gate_in"])
        do, inner = weighted.backward(do, cache.norm)
        gradients, inputs = gradients | more | last | inner, [first]
        *dqkv, dstate = lightning.backward(heads_of_steps.split(do, self.heads), cache.tiles)
        for name, du in zip("qkv", dqkv, strict=True):
            if name in cache.turned:
                du, dtheta = linear_positions.backward(du, cache.turned[name])
                gradients["theta"] = gradients.get("theta", 0) + dtheta
            dflat = silu.backward(heads_of_steps.joined(du), cache.bent[name])
            add, more = weighted.backward(dflat, cache.projections[name])
            gradients, inputs = gradients | more, [*inputs, add]
        dx = summed(*inputs)
        return dx, gradients | {"state": State(dstate, 0)} if cache.carried else gradients
