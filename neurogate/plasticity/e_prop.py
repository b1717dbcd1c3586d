r"""E-prop on the readout: the error now, times a trace of what the synapse has lately passed on.

.. math:: e_t = e_{t-1} + \frac{\Delta}{\tau} (x_t - e_{t-1}), \quad
          \Delta w_k = \eta (d_k - w_k \cdot x) \frac{e}{1 + |e|^2}

In e-prop a synapse onto a readout has no hidden state but the readout's leak, so its eligibility is the
presynaptic activity, low-passed. Recurrent and input weights stay as they are, as for all rules here. With
:math:`\tau` equal to the bin the eligibility is the trace itself and the rule is the delta rule.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..units import Domain, Milliseconds, settings
from .episode import Call, Episode, Readouts, Rule, RuleState
from .window import check_window, inside

__all__ = ["EProp"]

Array = npt.NDArray[Any]
_Time = Annotated[float, Domain(unit="ms")]


@settings
class EProp(Rule):
    r"""Learn in proportion to the error and a filtered eligibility trace.

    Parameters
    ----------
    eta_when, eta_what : float
        Learning rates.
    tau_ms : float
        Time constant :math:`\tau` of the eligibility; a bin or less means none.
    start_ms, stop_ms : float
        Window, relative to the cue, in which *when* learns.

    References
    ----------
    Bellec et al. 2020, doi:10.1038/s41467-020-17236-y.

    Examples
    --------
    >>> EProp().tau_ms
    10.0
    """

    kind: ClassVar[str] = "e_prop"
    eta_when: Annotated[float, Domain(0, 2)] = 0.03
    eta_what: Annotated[float, Domain(0, 2)] = 0.01
    tau_ms: Milliseconds = 10.0
    start_ms: _Time = 0.0
    stop_ms: _Time = 1650.0

    def __attrs_post_init__(self) -> None:
        check_window(self.start_ms, self.stop_ms)

    def start(self, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> RuleState:
        """Return the state before learning: the weights, and the eligibility of *when*."""
        return {**super().start(shape, dtype), "eligibility": np.zeros(shape[:2], dtype)}

    def online(self, call: Call, state: RuleState, episode: Episode) -> tuple[RuleState, Readouts]:
        """Learn *when* from a stretch of a trial."""
        open_ = inside(episode.time_ms, self.start_ms, self.stop_ms)
        rest, last = self._rest(call, episode, episode.phasic, state["eligibility"])
        traces = episode.phasic - rest
        gate = np.tile(open_.astype(traces.dtype), (len(traces), 1))
        targets = episode.target[..., None]
        weights, when = _learn(call, state["when"], episode.phasic, traces, targets, gate, self.eta_when)
        return {**state, "when": weights, "eligibility": last}, Readouts(when[..., 0], gate)

    def offline(self, call: Call, state: RuleState, episode: Episode) -> RuleState:
        """Learn *what* at the replayed moments."""
        samples, targets = episode.replayed()
        rest, _ = self._rest(call, episode, episode.tonic, episode.tonic[:, 0])
        traces = samples - episode.at_replay(rest)
        always = np.ones(samples.shape[:2], samples.dtype)
        weights, _ = _learn(call, state["what"], samples, traces, targets, always, self.eta_what)
        return {**state, "what": weights}

    def _rest(self, call: Call, episode: Episode, traces: Array, before: Array) -> tuple[Array, Array]:
        """Return what low-passed traces, the eligibility, leave of them, (B, T, N), and the last (B, N)."""
        rate = min(1.0, episode.bin_ms / self.tau_ms)
        rest, last = call("high_pass")(traces, np.ones_like(before), before, rate)
        return rest, last


def _learn(
    call: Call, weights: Array, samples: Array, traces: Array, targets: Array, course: Array, eta: float
) -> tuple[Array, Array]:
    """Learn from samples in their order; also return the readouts (B, S, K) before each update."""
    dtype = samples.dtype
    rate = np.full(len(samples), eta, dtype)
    learned: tuple[Array, Array] = call("filtered_delta")(
        weights, samples, traces, targets.astype(dtype), course, rate
    )
    return learned
