"""A gate in front of attention that decides which keys and values stay in the cache."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace, answers, fits, together
from neurogate.attention.blocks import multi_head, projected_heads, weighted
from neurogate.attention.layer import Layer, Parameters, sequence
from neurogate.attention.operators import (
    evicting_attention,
    linear,
    scaled_dot_product,
    straight_through,
)
from neurogate.attention.operators.pointwise import sigmoid
from neurogate.attention.states import restored, sequences
from neurogate.errors import RequestError
from neurogate.units import Count, Fraction, NonNegative, settings

__all__ = ["Cache", "EvictionGate", "State"]


class State(NamedTuple):
    """What stays in the cache; heads may keep different numbers of keys.

    Attributes
    ----------
    keys, values : (B, H, S, h)
        Those that were kept in front, in their order.
    there : (B, H, S)
        How much each counts: 1, or its probability if the gate is soft; 0 behind the last that a head kept.
    """

    keys: Array
    values: Array
    there: Array


class _GateCache(NamedTuple):
    """What the backward of the gate needs."""

    inputs: dict[str, projected_heads.Cache]
    attention: scaled_dot_product.Cache
    out: weighted.Cache
    logits: Array


class Cache(NamedTuple):
    """What the backward needs.

    `probability` and `keep`, (B, H, T), are what the gate says of each key, softly and as it was used;
    ``attention.weights`` are the attention weights, (B, H, T, T).
    """

    gate: _GateCache | None
    inputs: dict[str, projected_heads.Cache]
    attention: evicting_attention.Cache
    out: weighted.Cache
    probability: Array
    keep: Array


@settings
class EvictionGate(Layer):
    r"""Causal attention that evicts keys, each head its own, by a small attention over the whole prompt.

    .. math::
        p = \sigma(\mathrm{MHA}'(X) W_\gamma^T + b_\gamma)^T \in (0, 1)^{H \times T}, \quad m = [p > \tau]

    A query sees its own key and the earlier ones with :math:`m = 1` (`evicting_attention`). On the way back
    :math:`\bar p = \bar m`. The gate is not causal: it decides when the prompt is complete, and what is
    generated after it is kept. The soft gate evicts nothing: each key goes on counting by its :math:`p`, so
    that decoding is the soft pass. The paper's code is not public; this follows its equations as far as
    known.

    Parameters
    ----------
    d_model, heads : int
        D and H; H divides D.
    gate_width, gate_heads : int
        Of the small attention, much less than D.
    threshold : float
        :math:`\tau`.
    opening : float
        :math:`b_\gamma` at the start; 2 keeps nearly all.
    hard : bool
        Whether keys are evicted, or only weighted by :math:`p`, which is differentiable.
    sd : float
        Of the weights at the start.

    References
    ----------
    Zeng et al. 2024, arXiv:2410.12876.

    Examples
    --------
    >>> layer = EvictionGate(d_model=8, heads=2, gate_width=4)
    >>> x = np.random.default_rng(0).standard_normal((1, 5, 8))
    >>> _, cache = layer.forward(x)
    >>> y, state = layer.step(x[:, 0], layer.evicted(cache))
    >>> y.shape, state.keys.shape
    ((1, 8), (1, 2, 6, 4))
    """

    d_model: Count = 768
    heads: Count = 12
    gate_width: Count = 64
    gate_heads: Count = 1
    threshold: Fraction = 0.5
    opening: float = 2.0
    hard: bool = True
    sd: NonNegative = 0.02

    def check(self) -> None:
        """Raise ValueError if heads do not divide widths."""
        for heads, width in (("heads", "d_model"), ("gate_heads", "gate_width")):
            if getattr(self, width) % getattr(self, heads):
                raise ValueError(
                    f"{heads} is {getattr(self, heads)}; it must divide {width}, {getattr(self, width)}."
                )

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw all weights from one normal distribution; the gate starts open."""
        d, small = self.d_model, self.gate_width
        shapes = dict.fromkeys(("q", "k", "v", "o"), (d, d))
        shapes |= {f"gate_{name}": (small, d) for name in ("q", "k", "v")}
        shapes["gate"] = (self.heads, small)
        drawn: Parameters = {
            f"{name}.weight": draw.normal(rng, each, self.sd) for name, each in shapes.items()
        }
        return drawn | {"gate.bias": np.full(self.heads, self.opening)}

    def forward(self, x: Array, keep: Array | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), and what `backward` needs.

        `keep`, (B, H, T) of true and false, takes the place of what the gate says, as when a prompt and what
        was generated after it are read at once; the gate then has gradients of 0.
        """
        _, p = self.given(x=x)
        sequence(x, self.d_model)
        shape = (len(x), self.heads, x.shape[1])
        gate = None
        if keep is None:
            probability, gate = self._gate(x, p)
            m = self._hardened(probability) if self.hard else probability
        else:
            together(x=x, keep=keep)
            fits(
                keep.shape == shape and keep.dtype == bool,
                f"keep must be of true and false, {shape}",
                keep=keep,
            )
            m = probability = keep.astype(x.dtype)
        (q, k, v), inputs = projected_heads.each(x, p, self.heads)
        o, attention = evicting_attention.forward(q, k, v, m)
        y, out = weighted.forward(linear, multi_head.joined(o), p, "o")
        return y, Cache(gate, inputs, attention, out, probability, m)

    def backward(
        self, dy: Array, cache: Cache, dprobability: Array | None = None
    ) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input and the parameters.

        `dprobability` is the gradient of a loss that looks at the probabilities, as `eviction_loss` does;
        where `keep` was given there are none to look at.
        """
        if dprobability is not None and cache.gate is None:
            raise RequestError("dprobability is given, but so was keep, and the gate said nothing. Give one.")
        do, gradients = weighted.backward(dy, cache.out)
        *dheads, dkeep = evicting_attention.backward(multi_head.split(do, self.heads), cache.attention)
        dx, more = projected_heads.each_back(dheads, cache.inputs)
        gradients |= more
        if cache.gate is None:
            rest = {name: array for name, array in self.given(x=dy)[1].items() if name.startswith("gate")}
            return dx, gradients | {name: 0 * array for name, array in rest.items()}
        dp = straight_through.backward(dkeep)
        if dprobability is not None:
            dp = dp + answers(dprobability, dp.shape, cache, "dprobability")
        add, more = self._gate_back(dp, cache.gate)
        return dx + add, gradients | more

    def _hardened(self, p: Array) -> Array:
        return straight_through.forward(p, lambda p: p > self.threshold)[0]

    def _gate(self, x: Array, p: Parameters) -> tuple[Array, _GateCache]:
        (q, k, v), inputs = projected_heads.each(x, p, self.gate_heads, ("gate_q", "gate_k", "gate_v"))
        o, attention = scaled_dot_product.forward(q, k, v)
        logits, out = weighted.forward(linear, multi_head.joined(o), p, "gate")
        logits = logits.swapaxes(-1, -2)
        return sigmoid.value(logits), _GateCache(inputs, attention, out, logits)

    def _gate_back(self, dp: Array, cache: _GateCache) -> tuple[Array, Parameters]:
        dlogits = sigmoid.backward(dp, cache.logits).swapaxes(-1, -2)
        do, gradients = weighted.backward(dlogits, cache.out)
        dheads = scaled_dot_product.backward(multi_head.split(do, self.gate_heads), cache.attention)
        dx, more = projected_heads.each_back(dheads, cache.inputs)
        return dx, gradients | more

    def evicted(self, cache: Cache) -> State:
        """Return what stays in the cache of keys and values after a prompt."""
        xp, _ = self.given(keep=cache.keep)
        keep = cache.keep > 0
        places = xp.arange(keep.shape[-1])
        first = xp.where(keep, 0, len(places)) + places  # those that are kept come first, in their order
        most = int(keep.sum(axis=-1).max()) if keep.size else 0
        order = first.argsort(axis=-1)[..., :most]
        k, v = (
            xp.take_along_axis(a, order[..., None], axis=-2) for a in (cache.attention.k, cache.attention.v)
        )
        return State(k, v, xp.take_along_axis(cache.keep, order, axis=-1))

    def start(self, batch: int, xp: Namespace = np) -> State:
        """Return an empty cache, for `batch` sequences, as arrays of `xp`."""
        none = xp.zeros((sequences(batch, xp), self.heads, 0, self.d_model // self.heads))
        return State(none, none, none[..., 0])

    def step(self, x: Array, state: State | None) -> tuple[Array, State]:
        """Return the output of one further token, (B, D), which is kept, and the state after it.

        None is what `start` gives.
        """
        xp, p = self.given(x=x)
        fits(x.ndim == 2 and x.shape[-1] == self.d_model, f"x must be (batch, {self.d_model})", x=x)
        none = self.start(len(x), xp)
        past = restored(none if state is None else state, none, x)
        (q, k, v), _ = projected_heads.each(x[:, None], p, self.heads)
        k, v = (xp.concatenate(pair, axis=-2) for pair in ((past.keys, k), (past.values, v)))
        there = xp.concatenate([past.there, xp.ones((*past.there.shape[:2], 1), x.dtype)], axis=-1)
        o, _ = evicting_attention.forward(q, k, v, there)
        y, _ = weighted.forward(linear, multi_head.joined(o), p, "o")
        return y[:, 0], State(k, v, there)
