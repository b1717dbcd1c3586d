"""A recurrent unit whose past states are weighed by attention, to predict one number after each sample."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace, namespace
from neurogate.attention.blocks import weighted
from neurogate.attention.layer import Parameters, RecurrentLayer, named, part, sequence
from neurogate.attention.operators import gru, linear, masks, softmax
from neurogate.attention.products import matmul
from neurogate.units import Count, settings

__all__ = ["AttentionGru", "State"]

_PIECE = 64  # samples
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

    `hidden` are the states, (B, T, H), `scores` their scores, (B, T), and `contexts` what attention collects
    after each sample, (B, T, H). `start` and `state` are the states before and after all samples.
    """

    gru: gru.Cache
    maps: tuple[weighted.Cache, weighted.Cache, weighted.Cache]
    bent: Array
    hidden: Array
    scores: Array
    pieces: list[Array]
    contexts: Array
    carried: bool
    start: State
    state: State

    @property
    def weights(self) -> Array:
        """Return the attention weights after each sample, (B, T, 1 + T), which are not made before.

        Those of all that came before the first sample stand in front.
        """
        return _weights(_behind(self.start.level, self.scores))


@settings
class AttentionGru(RecurrentLayer):
    r"""Predict from all states of a gated recurrent unit so far.

    .. math::
        h_t = \mathrm{GRU}(x_t, h_{t-1}), \quad e_t = v \cdot \tanh(W_a h_t + b_a), \quad
        y_t = w \cdot \sum_{s \le t} \frac{e^{e_s}}{\sum_{s' \le t} e^{e_{s'}}} h_s + b

    The last output is the published one, of the whole window; those before are what the same layer says of a
    shorter window. What was collected so far, and the logarithm of the sum of its weights, is all that later
    samples need of it, so that time and memory grow with T alone; ``cache.weights`` (B, T, 1 + T) are made
    when they are asked for.

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
        start = State(*self.restored(x, start if state is None else state))
        h, inner = gru.forward(x, **part(p, "gru"), state=start.hidden)
        before, attend = weighted.forward(linear, h, p, "attend")
        bent = xp.tanh(before)
        e, score = weighted.forward(linear, bent, p, "score")
        scores, contexts, pieces, after = e[..., 0], xp.empty_like(h), [], start
        for rows in _cut(h.shape[1]):
            levels = _behind(after.level, scores[:, rows])
            pieces.append(_weights(levels))
            contexts[:, rows] = matmul(pieces[-1], _behind(after.context, h[:, rows]))
            after = State(inner.state, contexts[:, rows][:, -1], softmax.log_sum(levels)[:, 0])
        y, out = weighted.forward(linear, contexts, p, "out")
        maps, carried = (attend, score, out), state is not None
        return y, Cache(inner, maps, bent, h, scores, pieces, contexts, carried, start, after)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input, the parameters and a given state."""
        attend, score, out = cache.maps
        dcontexts, gradients = weighted.backward(dy, out)
        dvalues, dscores = 0 * cache.hidden, 0 * cache.scores
        dcontext = 0 * cache.start.context
        dlevel = dcontext[:, 0]
        for rows, weights in reversed([*zip(_cut(dvalues.shape[1]), cache.pieces, strict=True)]):
            before = cache.contexts[:, rows.start - 1] if rows.start else cache.start.context
            dcontexts[:, rows.stop - 1] += dcontext
            dweights = matmul(dcontexts[:, rows], _behind(before, cache.hidden[:, rows]).swapaxes(1, 2))
            inner = matmul(weights.swapaxes(1, 2), dcontexts[:, rows])
            dlevels = softmax.backward(dweights, weights).sum(axis=1) + dlevel[:, None] * weights[:, -1]
            dcontext, dvalues[:, rows] = inner[:, 0], inner[:, 1:]
            dlevel, dscores[:, rows] = dlevels[:, 0], dlevels[:, 1:]
        dbent, found = weighted.backward(dscores[..., None], score)
        dhidden, more = weighted.backward((1 - cache.bent * cache.bent) * dbent, attend)
        gradients |= found | more
        dx, *found_gru, dstate = gru.backward(dvalues + dhidden, cache.gru)
        gradients |= named("gru", dict(zip(_GRU, found_gru, strict=True)))
        if cache.carried:
            gradients["state"] = State(dstate, dcontext, dlevel)
        return dx, gradients


def _cut(length: int) -> list[slice]:
    """Cut a sequence: attention is a matrix within a piece, and what it collected goes on to the next."""
    return [slice(at, min(at + _PIECE, length)) for at in range(0, length, _PIECE)]


def _behind(before: Array, later: Array) -> Array:
    """Put what is known of earlier samples in front of (B, T, ...)."""
    return namespace(later=later).concatenate([before[:, None], later], axis=1)


def _weights(levels: Array) -> Array:
    """Return the attention weights (B, T, 1 + T) of (B, 1 + T) scores, those of earlier samples in front."""
    xp, (batch, length) = namespace(levels=levels), levels.shape
    rows = xp.broadcast_to(levels[:, None], (batch, length - 1, length))
    return softmax.forward(rows, masks.causal(length - 1, length, xp))[0]
