"""Gated attention for language models: a sigmoid of the input on the output of softmax attention."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace
from neurogate.attention.blocks import multi_head, projected_heads, weighted
from neurogate.attention.fused import summed
from neurogate.attention.layer import Parameters, RecurrentLayer, sequence
from neurogate.attention.operators import gate as gating
from neurogate.attention.operators import linear, masks, rotary, scaled_dot_product
from neurogate.errors import RequestError
from neurogate.units import Count, Fraction, NonNegative, Positive, settings

__all__ = ["Cache", "GatedSDPA", "State"]


class State(NamedTuple):
    """What came before.

    Attributes
    ----------
    keys, values : (B, H_kv, S, h)
        As the heads use them.
    """

    keys: Array
    values: Array


class Cache(NamedTuple):
    """What the backward needs.

    ``attention.weights`` are the attention weights, (B, H, T, S). ``gate.values`` are those of the
    gate; at the positions G2 to G4 it is found in `inputs`.
    """

    logits: weighted.Cache | None
    inputs: dict[str, projected_heads.Cache]
    attention: scaled_dot_product.Cache
    gate: gating.Cache | None
    out: weighted.Cache
    state: State
    carried: bool


@settings
class GatedSDPA(RecurrentLayer):
    r"""Attention of grouped heads with a gate that looks at the layer's input.

    .. math::
        O = \mathrm{softmax}(h^{-1/2} Q K^T + \text{causal}) V, \quad
        Y = (O \odot \sigma(X W_\gamma^T)) W_o^T

    The gate stands at one of five positions: G1, after the attention, as in the equation; G2 on the values,
    G3 on the keys, G4 on the queries, each after its projection and norm and before rotary positions; G5
    after :math:`W_o`. At G1 it belongs to the query, at G2 and G3 to the token that is looked at.
    The state is the cache of keys and values, so that decoding step by step is one pass.

    Parameters
    ----------
    d_model : int
        D.
    heads, kv_heads : int
        H, and how many heads of keys and values they share: each serves H / H_kv consecutive ones.
    head_width : int
        h.
    gate : {"elementwise", "headwise", "none"}
        Whether there is a gate for each feature of a head, or one for the head.
    position : {"G1", "G2", "G3", "G4", "G5"}
        Where the gate stands.
    shared : bool
        Whether all heads have the same gate.
    combine : {"multiply", "add"}
        How it acts.
    activation : {"sigmoid", "silu", "tanh", "identity"}
        What bends its logits.
    qk_norm : bool
        Whether queries and keys are normalised in each head (RMS, learnt weights).
    unit_offset : bool
        Whether these weights are 1 + w, as Qwen3-Next has it.
    eps : float
        Of the norms.
    rotary : float
        Share of the features of a head that turn with the position; 0 for none, 1/4 in Qwen3-Next.
    rotary_base : float
        Of the wavelengths.
    bias : bool
        Whether the projections have one.
    causal : bool
        Whether later keys are hidden.
    sd : float
        Of the weights at the start.

    References
    ----------
    Qiu et al. 2025, arXiv:2505.06708.

    Examples
    --------
    >>> layer = GatedSDPA(d_model=8, heads=4, kv_heads=2, head_width=4)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> step, _ = layer.step(np.ones((1, 8)), cache.state)
    >>> bool(np.allclose(step, y[:, -1]))
    True
    """

    d_model: Count = 2048
    heads: Count = 16
    kv_heads: Count = 8
    head_width: Count = 128
    gate: Literal["elementwise", "headwise", "none"] = "elementwise"
    position: Literal["G1", "G2", "G3", "G4", "G5"] = "G1"
    shared: bool = False
    combine: gating.Combine = "multiply"
    activation: Literal["sigmoid", "silu", "tanh", "identity"] = "sigmoid"
    qk_norm: bool = True
    unit_offset: bool = False
    eps: Positive = 1e-6
    rotary: Fraction = 1.0
    rotary_base: Positive = 1e4
    bias: bool = False
    causal: bool = True
    sd: NonNegative = 0.02

    def check(self) -> None:
        """Raise ValueError if settings contradict each other."""
        if self.heads % self.kv_heads:
            raise ValueError(f"kv_heads is {self.kv_heads}; it must divide heads, {self.heads}.")
        if self._turning % 2:
            raise ValueError(
                f"head_width is {self.head_width} and rotary {self.rotary}, so that {self._turning} features "
                "would turn; they turn in pairs. Give an even head_width, or rotary=0."
            )
        if self.position == "G5" and (self.gate == "headwise" or self.shared):
            raise ValueError("position is G5, where no heads are; gate must be elementwise, and not shared.")

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw all weights from one normal distribution; biases are 0, the norms start as 1."""
        inner, outer = self.heads * self.head_width, self.kv_heads * self.head_width
        d = self.d_model
        shapes = {"q": (inner, d), "k": (outer, d), "v": (outer, d), "o": (d, inner)}
        if self.gate != "none":
            shapes["gate"] = (self.gates, d)
        drawn: Parameters = {
            f"{name}.weight": draw.normal(rng, shape, self.sd) for name, shape in shapes.items()
        }
        if self.bias:
            drawn |= {f"{name}.bias": np.zeros(shape[0]) for name, shape in shapes.items()}
        if self.qk_norm:
            start = float(not self.unit_offset)
            drawn |= {f"{name}_norm.weight": np.full(self.head_width, start) for name in "qk"}
        return drawn

    @property
    def gates(self) -> int:
        """How many logits the gate has, for each token."""
        if self.position == "G5":
            return self.d_model
        return self._gate_heads * (self.head_width if self.gate == "elementwise" else 1)

    @property
    def _gate_heads(self) -> int:
        return 1 if self.shared else self.kv_heads if self.position in ("G2", "G3") else self.heads

    @property
    def _turning(self) -> int:
        return round(self.rotary * self.head_width)

    def fresh(self, batch: int, xp: Namespace) -> State:
        """Return a cache without keys and values."""
        return State(*(xp.zeros((batch, self.kv_heads, 0, self.head_width)) for _ in range(2)))

    def forward(
        self, x: Array, state: State | None = None, *, mask: Array | None = None
    ) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), from a state on, and what `backward` needs.

        A further mask, True where a query may look, broadcasts to (B, H, T, S) with the S keys of the state
        and of `x`.
        """
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        keys, values = self.restored(x, state) or self.fresh(len(x), xp)
        at, logits = self._logits(x, p)
        past = keys.shape[2]
        q, k, v, inputs = self._inputs(x, p, at, past, xp)
        if past:
            k, v = (xp.concatenate(pair, axis=2) for pair in ((keys, k), (values, v)))
        mask = masks.both(mask, masks.causal(q.shape[-2], k.shape[-2], xp) if self.causal else None)
        o, attention = scaled_dot_product.forward(q, k, v, mask)
        o, gated = self._gated(o, at.get("G1"))
        y, out = weighted.forward(linear, multi_head.joined(o), p, "o")
        y, last = self._gated(y, at.get("G5"))
        return y, Cache(logits, inputs, attention, gated or last, out, State(k, v), state is not None)

    def step(self, x: Array, state: Any, **more: Any) -> tuple[Array, Any]:
        """Return the output of one step, (B, D), of a causal layer, and the state after it."""
        if not self.causal:
            raise RequestError(
                "causal is False: a token looks at later ones too. Give all of them to forward."
            )
        return super().step(x, state, **more)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input, the parameters, and a state if one was given."""
        dlogits = None
        if self.position == "G5" and cache.gate is not None:
            dy, dlogits = gating.backward(dy, cache.gate)
        do, gradients = weighted.backward(dy, cache.out)
        do = multi_head.split(do, self.heads)
        if self.position == "G1" and cache.gate is not None:
            do, dlogits = gating.backward(do, cache.gate)
        dq, dk, dv = scaled_dot_product.backward(do, cache.attention)
        past = dk.shape[-2] - dq.shape[-2]
        dinputs = {"q": dq, "k": dk[..., past:, :], "v": dv[..., past:, :]}
        inputs = []
        for name, du in dinputs.items():
            dx, inner, more = projected_heads.backward(du, cache.inputs[name])
            inputs.append(dx)
            gradients |= more
            dlogits = dlogits if inner is None else inner
        if cache.logits is not None:
            dlogits = dlogits if self.position == "G5" else multi_head.joined(dlogits)
            dx, more = weighted.backward(dlogits, cache.logits)
            inputs.append(dx)
            gradients |= more
        if cache.carried:
            gradients["state"] = State(dk[..., :past, :], dv[..., :past, :])
        return summed(*inputs), gradients

    def _logits(self, x: Array, p: Parameters) -> tuple[dict[str, Array], weighted.Cache | None]:
        if self.gate == "none":
            return {}, None
        logits, cache = weighted.forward(linear, x, p, "gate")
        split = logits if self.position == "G5" else multi_head.split(logits, self._gate_heads)
        return {self.position: split}, cache

    def _inputs(self, x: Array, p: Parameters, at: dict[str, Array], past: int, xp: Namespace) -> Any:
        if self.unit_offset:
            p = p | {name: 1 + array for name, array in p.items() if "_norm." in name}
        turn = None
        if self._turning:
            turn = rotary.of_steps(past, x.shape[1], self._turning, self.rotary_base, x.dtype, xp)
        how: dict[str, Any] = {"eps": self.eps, "activation": self.activation, "combine": self.combine}

        def one(name: str, heads: int, place: str, turn: Any = None) -> tuple[Array, projected_heads.Cache]:
            return projected_heads.forward(x, p, name, heads=heads, logits=at.get(place), turn=turn, **how)

        q, kept_q = one("q", self.heads, "G4", turn)
        k, kept_k = one("k", self.kv_heads, "G3", turn)
        v, kept_v = one("v", self.kv_heads, "G2")
        return q, k, v, {"q": kept_q, "k": kept_k, "v": kept_v}

    def _gated(self, u: Array, logits: Array | None) -> tuple[Array, gating.Cache | None]:
        if logits is None:
            return u, None
        return gating.forward(u, logits, activation=self.activation, combine=self.combine)
