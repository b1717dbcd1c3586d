"""A recurrent unit whose past states are weighed by attention, to predict one number after each sample."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace, namespace
from neurogate.attention.blocks import weighted
from neurogate.attention.layer import Parameters, RecurrentLayer, named, part, sequence
from neurogate.attention.operators import gru, linear, masks, softmax
from neurogate.units import Count, settings

__all__ = ["AttentionGru", "State"]

_GRU = ("weight", "recurrent_weight", "bias", "recurrent_bias")


class State(NamedTuple):
    """What is known of earlier samples.

    Attributes
    ----------
    hidden : (B, H)
        The last state.
    context : (B, H)
        What attention collected.
    level : (B,)
        Logarithm of the sum of its weights.
    """

    hidden: Array
    context: Array
    level: Array


class Cache(NamedTuple):
    """What the backward needs.

    `hidden` are the states, (B, T, H), and `scores` their scores, (B, T). `weights` are the attention weights
    after each sample, (B, T, 1 + T), those of all that came before the first sample in front, and `contexts`
    what they collect, (B, T, H). `state` is the state after the last sample.
    """

    gru: gru.Cache
    maps: tuple[weighted.Cache, weighted.Cache, weighted.Cache]
    bent: Array
    hidden: Array
    scores: Array
    weights: Array
    values: Array
    contexts: Array
    carried: bool
    state: State


@settings
class AttentionGru(RecurrentLayer):
    r"""Predict from all states of a gated recurrent unit so far.

    .. math::
        h_t = \mathrm{GRU}(x_t, h_{t-1}), \quad e_t = v \cdot \tanh(W_a h_t + b_a), \quad
        y_t = w \cdot \sum_{s \le t} \frac{e^{e_s}}{\sum_{s' \le t} e^{e_{s'}}} h_s + b

    The last output is the published one, of the whole window; those before are what the same layer says of a
    shorter window.

    Parameters
    ----------
    d_input, d_hidden, d_attention : int
        Widths of the samples, the states, and of :math:`W_a`.
    outputs : int
        How many numbers are predicted.

    References
    ----------
    A machine learning-based framework for predictive maintenance of semiconductor laser for optical
    communication (2022), arXiv:2211.02842; reconstructed from its abstract.

    Examples
    --------
    >>> layer = AttentionGru(d_input=3, d_hidden=6, d_attention=5)
    >>> y, cache = layer.forward(np.ones((2, 4, 3)))
    >>> y.shape, cache.weights[0, -1].sum().round(9).item()
    ((2, 4, 1), 1.0)
    """

    input_width: ClassVar[str] = "d_input"

    d_input: Count = 1
    d_hidden: Count = 32
    d_attention: Count = 16
    outputs: Count = 1

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw as PyTorch does."""
        h, bound = self.d_hidden, self.d_hidden**-0.5
        shapes = {"weight": (3 * h, self.d_input), "recurrent_weight": (3 * h, h), "bias": (3 * h,),
                  "recurrent_bias": (3 * h,)}  # fmt: skip
        drawn: Parameters = {f"gru.{name}": draw.uniform(rng, shape, bound) for name, shape in shapes.items()}
        drawn |= draw.linear(rng, "attend", self.d_attention, h)
        drawn |= draw.linear(rng, "score", 1, self.d_attention, bias=False)
        return drawn | draw.linear(rng, "out", self.outputs, h)

    def fresh(self, batch: int, xp: Namespace) -> State:
        """Return states of 0, and no weight."""
        zero = xp.zeros((batch, self.d_hidden))
        return State(zero, zero, xp.full(batch, -xp.inf))

    def forward(self, x: Array, state: State | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), from a state on, and what `backward` needs."""
        xp, p = self.given(x=x)
        sequence(x, self.d_input)
        start = self.fresh(len(x), xp)
        hidden, context, level = self.restored(x, start if state is None else state)
        h, inner = gru.forward(x, **part(p, "gru"), state=hidden)
        before, attend = weighted.forward(linear, h, p, "attend")
        bent = xp.tanh(before)
        scores, score = weighted.forward(linear, bent, p, "score")
        values = xp.concatenate([context[:, None], h], axis=1)
        levels = xp.concatenate([level[:, None], scores[..., 0]], axis=1)
        rows = xp.broadcast_to(levels[:, None], (*h.shape[:2], levels.shape[1]))
        weights, _ = softmax.forward(rows, masks.causal(rows.shape[1], rows.shape[2], xp))
        contexts = weights @ values
        y, out = weighted.forward(linear, contexts, p, "out")
        after = State(inner.state, (contexts if x.shape[1] else values)[:, -1], _total(levels))
        maps, carried = (attend, score, out), state is not None
        return y, Cache(inner, maps, bent, h, scores[..., 0], weights, values, contexts, carried, after)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input, the parameters and a given state."""
        attend, score, out = cache.maps
        dcontexts, gradients = weighted.backward(dy, out)
        dweights = dcontexts @ cache.values.swapaxes(1, 2)
        dvalues = cache.weights.swapaxes(1, 2) @ dcontexts
        dlevels = softmax.backward(dweights, cache.weights).sum(axis=1)
        dbent, found = weighted.backward(dlevels[:, 1:, None], score)
        dhidden, more = weighted.backward((1 - cache.bent * cache.bent) * dbent, attend)
        gradients |= found | more
        dx, *found_gru, dstate = gru.backward(dvalues[:, 1:] + dhidden, cache.gru)
        gradients |= named("gru", dict(zip(_GRU, found_gru, strict=True)))
        if cache.carried:
            gradients["state"] = State(dstate, dvalues[:, 0], dlevels[:, 0])
        return dx, gradients


def _total(levels: Array) -> Array:
    """Return the logarithm of the sum of exponentials of the last axis."""
    if levels.shape[1] == 1:
        return levels[:, 0]
    xp, top = namespace(levels=levels), levels.max(axis=1)
    return top + xp.log(xp.exp(levels - top[:, None]).sum(axis=1))
