"""Initial-state tuning: frozen gated linear attention learns nothing but the state that it starts with."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

import attrs
import numpy as np

from neurogate.attention import initial as draw
from neurogate.attention.arrays import Array, Namespace
from neurogate.attention.layer import Parameters, RecurrentLayer, sequence
from neurogate.attention.layers import gated_linear_attention
from neurogate.attention.layers.gated_linear_attention import GatedLinearAttention, State
from neurogate.attention.operators import low_rank_state
from neurogate.units import Count, Positive, settings
from neurogate.units.domains import Domain

__all__ = ["Cache", "TunedState"]


class Cache(NamedTuple):
    """What the backward needs; `state` is the state after the last step."""

    start: low_rank_state.Cache | None
    frozen: gated_linear_attention.Cache
    own: bool
    state: Any


@settings
class TunedState(RecurrentLayer):
    r"""Gated linear attention of which only the state before the first step is learnt.

    .. math:: S_0 = \lambda \sum_{r=1}^R \kappa_r \nu_r^T

    It is the same for all sequences of a batch. The weights are those of `frozen`, a `GatedLinearAttention`
    that is no part of `parameters`; put trained ones into ``frozen.parameters``.

    Parameters
    ----------
    d_model, heads, expand_k, expand_v, rank, tau, kernel, initialisation
        Of the frozen layer.
    state_rank : int
        R.
    full : bool
        Whether the state itself is learnt, of any rank; it starts with standard deviation `scale`.
    scale : float
        :math:`\lambda`.

    References
    ----------
    Lemerle et al. 2024, arXiv:2410.23320.

    Examples
    --------
    >>> layer = TunedState(d_model=8, heads=2, rank=2)
    >>> y, cache = layer.forward(np.ones((1, 5, 8)))
    >>> dx, gradients = layer.backward(np.ones_like(y), cache)
    >>> {name: array.shape for name, array in gradients.items()}
    {'kappa': (1, 2, 4), 'nu': (1, 2, 8)}
    """

    d_model: Count = 1024
    heads: Count = 4
    expand_k: Positive = 1.0
    expand_v: Positive = 2.0
    rank: Count = 16
    tau: Positive = 16.0
    kernel: Annotated[int, Domain(0)] = 0
    initialisation: Literal["normal", "xavier"] = "xavier"
    state_rank: Count = 1
    full: bool = False
    scale: Positive = 0.02
    frozen: Any = attrs.field(init=False, eq=False, repr=False)  # made of the settings

    def check(self) -> None:
        """Make the frozen layer, or raise ValueError as it does."""
        names = "d_model", "heads", "expand_k", "expand_v", "rank", "tau", "kernel", "initialisation"
        frozen = GatedLinearAttention(**{name: getattr(self, name) for name in (*names, "seed")})
        object.__setattr__(self, "frozen", frozen)

    def initial(self, rng: np.random.Generator) -> Parameters:
        """Draw the state: normal numbers along the keys, and 0.02 times such numbers along the values."""
        keys, values = self.frozen.widths
        if self.full:
            return {"state": draw.normal(rng, (self.heads, keys, values), self.scale)}
        return {
            "kappa": draw.normal(rng, (self.state_rank, self.heads, keys), 1.0),
            "nu": draw.normal(rng, (self.state_rank, self.heads, values), 0.02),
        }

    def to(self, xp: Namespace) -> None:
        """Move all parameters, the frozen ones too."""
        RecurrentLayer.to(self, xp)
        self.frozen.to(xp)

    def fresh(self, batch: int, xp: Namespace) -> Any:
        """Return the state that was learnt, for each sequence."""
        return self._of_all(self._start(self.parameters)[0], batch, xp)

    def forward(self, x: Array, state: Any = None, *, reset: Array | None = None) -> tuple[Array, Cache]:
        """Return the output of (B, T, D), and what `backward` needs.

        It starts with the learnt state unless one is given; `reset` is as in `GatedLinearAttention`.
        """
        xp, p = self.given(x=x)
        sequence(x, self.d_model)
        start, before = None, state
        if state is None:
            learnt, start = self._start(p)
            before = self._of_all(learnt, len(x), xp)
        y, frozen = self.frozen.forward(x, before, reset=reset)
        return y, Cache(start, frozen, state is None, frozen.state)

    def backward(self, dy: Array, cache: Cache) -> tuple[Array, Parameters]:
        """Return the gradients with respect to the input, what is learnt, and a state if one was given."""
        dx, gradients = self.frozen.backward(dy, cache.frozen, learnt=False)
        dstate = gradients["state"]
        if not cache.own:
            return dx, {name: 0 * array for name, array in self.given(dy=dy)[1].items()} | {"state": dstate}
        dstate = dstate.memory if isinstance(dstate, State) else dstate
        if cache.start is None:
            return dx, {"state": dstate.sum(axis=0)}
        dkappa, dnu = low_rank_state.backward(dstate.sum(axis=0), cache.start)
        return dx, {"kappa": dkappa, "nu": dnu}

    def _of_all(self, memory: Array, batch: int, xp: Namespace) -> Any:
        """Return the state of a batch that begins with one memory."""
        memories, zero = xp.broadcast_to(memory, (batch, *memory.shape)), self.frozen.fresh(batch, xp)
        return zero._replace(memory=memories) if isinstance(zero, State) else memories

    def _start(self, p: Parameters) -> tuple[Array, low_rank_state.Cache | None]:
        if self.full:
            return p["state"], None
        return low_rank_state.forward(p["kappa"], p["nu"], scale=self.scale)
