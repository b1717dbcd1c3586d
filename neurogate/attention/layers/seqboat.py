"""SeqBoat: averages decide, token by token, where attention runs; it sees the chosen tokens alone."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace, namespace
from neurogate.attention.blocks import gated_attention_unit as unit
from neurogate.attention.blocks import weighted
from neurogate.attention.fused import fused
from neurogate.attention.layer import Parameters, RecurrentLayer, named, part, sequence
from neurogate.attention.operators import batch_norm, damped_ema, hard_router, layer_norm, linear, packing
from neurogate.attention.operators.batch_norm import Running
from neurogate.attention.operators.pointwise import silu
from neurogate.errors import RequestError
from neurogate.units import Count, Positive, settings

__all__ = ["SeqBoat", "State"]

_EMA = ("delta", "alpha", "beta", "gamma", "omega")


class State(NamedTuple):
    """What the next piece needs.

    Attributes
    ----------
    averages : (B, D, N)
        After the last step.
    keys, values : (B, m, ...)
        Of the last chosen tokens, at most as many as the window has.
    positions : (B, m) int
        Where they stood.
    held : (B, m) bool
        Whether there was one.
    steps : int
        How many there were.
    """

    averages: Array
    keys: Array
    values: Array
    positions: Any
    held: Any
    steps: Any


class Cache(NamedTuple):
    """What the backward needs.

    `averaged` is the output of the averages, ``router.probabilities`` and ``router.active`` are the choice,
    ``unit.attention.weights`` the attention weights, `state` what the next piece needs, and `running` the
    statistics of a batch norm after this batch.
    """

    norm: weighted.Cache
    averages: damped_ema.Cache
    averaged: Array
    maps: tuple[weighted.Cache, weighted.Cache]
    router: hard_router.Cache
    weight: Array
    where: packing.Plan
    unit: unit.Cache
    attended: Array
    bent: tuple[Any, Any]
    carried: bool
    steps_and_window: tuple[Any, int] | None

    @property
    def running(self) -> Running | None:
        """Return mean and variance of each channel, to give the next time; None without a batch norm."""
        found: Running | None = getattr(self.norm.inner, "running", None)
        return found

    @property
    def state(self) -> State | None:
        """Return averages, and the last chosen tokens, as many as the window has; None if not causal."""
        if self.steps_and_window is None:
            return None
        (steps, window), past = self.steps_and_window, self.unit.past
        xp = namespace(x=self.averaged)
        place = xp.arange(past.held.shape[1])
        order = xp.argsort(xp.where(past.held, place, place - len(place)), axis=1)[:, -window:]
        rows = xp.arange(len(order))[:, None]
        keys, values, positions, held = (
            a[rows, order] for a in (past.keys, past.values, past.positions, past.held)
        )
        return State(self.averages.state, keys, values, positions, held, steps)


@settings
class SeqBoat(RecurrentLayer):
    r"""Moving averages everywhere, attention where a router asks for it.

    .. math::
        m &= \mathrm{SiLU}(\mathrm{EMA}(\mathrm{LN}(x))), \quad [u, c] = m W_h^T + b_h, \quad
        \pi = \mathrm{softmax}(u e^{-\theta}) \\
        y &= \mathrm{SiLU}(c + \pi_1 [\pi_1 > \pi_0] \, \mathrm{GAU}(m) + x)

    The unit (`neurogate.attention.blocks.gated_attention_unit`) is given the chosen tokens packed together:
    its window counts chosen tokens, its bias or rotation knows where they stood. The activation is applied to
    the sum with the residual. Squares of scores ("relu2") do not sum to 1. Upstream leaves tokens where they
    are if every token of some sequence of the batch is chosen; here they are packed always, so that a
    sequence does not depend on its batch.

    Parameters
    ----------
    d_model : int
        D.
    d_query, d_value : int
        Widths of queries and keys, and of values; the paper has values of 2 D.
    averages : int
        N, of each channel.
    window : int
        How many chosen tokens back are seen.
    ahead : bool
        Whether averages and window look ahead as well; then it can not be given a sequence piece by piece.
    activation : {"relu2", "softmax"}
        Of the scores.
    code : {"bias", "rotary"}
        How attention knows of positions.
    positions : int
        P; distances of P and more share a bias.
    temperature : float
        At the start, over the root of D.
    lags : int, optional
        Where the averages' kernel is cut. Nowhere if left out, which carrying a state needs.
    prenorm : bool
        Whether the norm stands in front, or behind all.
    norm : {"layer", "batch"}
        Whose mean and variance: the token's, or the batch's of each channel. The batch's know of later
        tokens, so a sequence goes piece by piece only in evaluation, with running ones, which are a value:
        ``cache.running`` is what to give the next time.

    References
    ----------
    Sparse modular activation for efficient sequence modeling (2023), arXiv:2306.11197.

    Examples
    --------
    >>> layer = SeqBoat(d_model=8, d_query=4, d_value=16, averages=2, window=4, positions=8)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> dx.shape, cache.router.active.shape
    ((1, 5, 8), (1, 5))
    """

    d_model: Count = 512
    d_query: Count = 96
    d_value: Count = 1024
    averages: Count = 16
    window: Count = 128
    ahead: bool = False
    activation: Literal["relu2", "softmax"] = "relu2"
    code: Literal["bias", "rotary"] = "bias"
    positions: Count = 1024
    temperature: Positive = 1.0
    lags: Count | None = None
    prenorm: bool = True
    norm: Literal["layer", "batch"] = "layer"

    def check(self) -> None:
        """Raise ValueError if queries cannot turn in pairs."""
        if self.code == "rotary" and self.d_query % 2:
            raise ValueError(
                f"d_query is {self.d_query}; it must be even, for rotary features turn in pairs."
            )

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw normally, cut at two standard deviations: 0.02 of maps, 0.2 of decays, 1 of what is read."""
        d, n = self.d_model, self.averages
        shape = (2 * d if self.ahead else d, n)
        drawn: Parameters = {"norm.weight": np.ones(d), "norm.bias": np.zeros(d)}
        drawn |= {f"ema.{name}": draw.truncated_normal(rng, shape, 0.2) for name in ("delta", "alpha")}
        drawn["ema.beta"] = draw.truncated_normal(rng, shape) + (-1.0) ** np.arange(n)
        drawn["ema.gamma"] = draw.truncated_normal(rng, shape, 1.0)
        drawn["ema.omega"] = draw.truncated_normal(rng, (d,), 1.0)
        for name, rows in (("route", 2), ("candidate", d)):
            drawn |= {f"{name}.weight": draw.truncated_normal(rng, (rows, d)), f"{name}.bias": np.zeros(rows)}
        drawn["temperature"] = np.array([math.log(self.temperature * math.sqrt(d))])
        drawn |= named("unit", unit.initial(rng, d, self.d_query, self.d_value))
        if self.code == "bias":
            drawn["unit.relative"] = draw.truncated_normal(rng, (2 * self.positions - 1,))
        return drawn

    def fresh(self, batch: int, xp: Namespace) -> State:
        """Return averages of 0, and no token."""
        averages = xp.zeros((batch, self.d_model, self.averages))
        keys, values = (xp.zeros((batch, 0, width)) for width in (self.d_query, self.d_value))
        return State(averages, keys, values, xp.zeros((batch, 0), int), xp.zeros((batch, 0), bool), 0)

    def forward(
        self, x: Array, state: State | None = None, running: Running | None = None, *, training: bool = True
    ) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), from a state on, and what `backward` needs.

        A batch norm uses the statistics of the batch in training, the running ones else; these start from
        mean 0 and variance 1 if they are left out.
        """
        whole = self.ahead or (self.norm == "batch" and training)
        xp, p, averages, past, steps = self._given(x, state, training)
        xn, norm = self._normed(x, p, running, training) if self.prenorm else (x, None)
        rates = {name: p[f"ema.{name}"] for name in _EMA}
        averaged, ema = damped_ema.forward(xn, **rates, state=averages, lags=self.lags)
        m, of_averages = silu.forward(averaged)
        u, route = weighted.forward(linear, m, p, "route")
        c, candidate = weighted.forward(linear, m, p, "candidate")
        weight, router = hard_router.forward(u, p["temperature"])
        where = packing.plan(router.active, x)
        h, inner = unit.forward(
            packing.packed(m, where), part(p, "unit"), steps + where.source, where.held, past, xp,
            window=self.window, ahead=self.ahead, activation=self.activation, turned=self.code == "rotary",
        )  # fmt: skip
        attended = packing.unpacked(h, where)
        y, of_total = silu.forward(_total(c, weight[..., None], attended, x))
        if norm is None:
            y, norm = self._normed(y, p, running, training)
        after = None if whole else (steps + x.shape[1], self.window)
        maps, carried = (route, candidate), state is not None
        return y, Cache(
            norm, ema, averaged, maps, router, weight, where, inner, attended, (of_averages, of_total),
            carried, after,
        )  # fmt: skip

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input, the parameters and a given state."""
        gradients: Parameters = {}
        if not self.prenorm:
            dy, gradients = weighted.backward(dy, cache.norm)
        dtotal = silu.backward(dy, cache.bent[1])
        dweight = (dtotal * cache.attended).sum(axis=-1)
        dh = packing.packed(cache.weight[..., None] * dtotal, cache.where)
        dpacked, found, dpast = unit.backward(dh, cache.unit)
        gradients |= named("unit", found)
        du, gradients["temperature"] = hard_router.backward(dweight, cache.router)
        dm = packing.unpacked(dpacked, cache.where)
        for dinner, each in zip((du, dtotal), cache.maps, strict=True):
            dmore, found = weighted.backward(dinner, each)
            dm, gradients = dm + dmore, gradients | found
        dx, *rates, dstate = damped_ema.backward(silu.backward(dm, cache.bent[0]), cache.averages)
        gradients |= named("ema", dict(zip(_EMA, rates, strict=True)))
        if self.prenorm:
            dx, found = weighted.backward(dx, cache.norm)
            gradients |= found
        if cache.carried:
            gradients["state"] = State(dstate, *dpast, None, None, None)
        return dx + dtotal, gradients

    def _normed(
        self, x: Array, p: Parameters, running: Running | None, training: bool
    ) -> tuple[Array, weighted.Cache]:
        if self.norm == "layer":
            if running is not None:
                raise RequestError("norm is 'layer', which has no running statistics. Leave running out.")
            return weighted.forward(layer_norm, x, p, "norm")
        xp, bias = namespace(x=x), p["norm.bias"]
        if running is None:
            running = Running(xp.zeros_like(bias), xp.ones_like(bias))
        return weighted.forward(batch_norm, x, p, "norm", running=running, axes=(0, 1), training=training)

    def _given(
        self, x: Array, state: State | None, training: bool
    ) -> tuple[Namespace, Parameters, Array | None, unit.Past | None, Any]:
        """Return the library, the parameters, and what a state holds, in the number type of the input."""
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        if state is None:
            return xp, p, None, None, 0
        if self.ahead or self.lags is not None:
            why = "looks ahead" if self.ahead else "forgets after some lags"
            raise RequestError(f"A layer that {why} cannot go on from a state. Leave the state out.")
        if self.norm == "batch" and training:
            raise RequestError(
                "A batch norm in training looks at all of a sequence, so it cannot go on from a state. Leave "
                "the state out; or give running statistics and training=False."
            )
        averages, *tokens, steps = self.restored(x, state)
        return xp, p, averages, unit.Past(*tokens), steps


@fused
def _total(xp: Namespace, candidate: Array, weight: Array, attended: Array, x: Array) -> Array:
    return candidate + weight * attended + x
