r"""The attention-gated three-factor rule: presynaptic eligibility x error x gate.

*When*, online in every bin: :math:`\Delta w = \eta g \delta h / (1 + |h|^2)` with the phasic trace h as
eligibility, the error :math:`\delta = d - w \cdot h`, and the gate g. The target d is a bump around the
outcome, so its left flank is known only afterwards; because the readout does not act on the reservoir
the same numbers result when error and eligibility are both stored and paired a fixed delay later, as a
delayed neuromodulator would.

*What*, offline: a few moments of the trial between cue and outcome are replayed, each with
:math:`\Delta W_k = \eta_n (o_k - W_k \cdot x) x / (1 + |x|^2)`, where o is the outcome that came (zeros
when it was omitted) and :math:`\eta_n` falls from novelty to its floor over the trials. Where other
outcomes compete for the replays, each moment counts as much as the gate was open when its outcome came.

Our reconstruction of Yamada & Chao 2025 (arXiv:2510.14382) from its abstract.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..units import Domain, NonNegative, Positive, settings
from .episode import Call, Episode, Readouts, Rule, RuleState
from .gates import ErrorGate, Gate, GateContext, PhaseGate, combine

__all__ = ["ThreeFactor"]

Array = npt.NDArray[Any]


@settings
class ThreeFactor(Rule):
    """Attention-gated three-factor learning.

    Parameters
    ----------
    eta_when : float
        Learning rate of *when*.
    eta_what : float
        Learning rate of *what* that remains after the novelty is gone.
    eta_novelty : float
        What novelty adds to it in the first trial.
    novelty_trials : float
        Trials over which novelty decays by e.
    surprise_trials : float
        Trials over which the running surprise (for `SurpriseGate`) is averaged.
    gates : tuple of Gate
        Gates of *when*; they multiply.

    Examples
    --------
    >>> round(ThreeFactor().rate_what(0), 3), round(ThreeFactor().rate_what(1000), 3)
    (0.05, 0.01)
    """

    kind: ClassVar[str] = "three_factor"
    eta_when: Annotated[float, Domain(0, 2)] = 0.07
    eta_what: Annotated[float, Domain(0, 2)] = 0.01
    eta_novelty: NonNegative = 0.04
    novelty_trials: Positive = 60.0
    surprise_trials: Annotated[float, Domain(1)] = 10.0
    gates: tuple[Gate, ...] = (PhaseGate(), ErrorGate())

    def __attrs_post_init__(self) -> None:
        count = sum(isinstance(gate, ErrorGate) for gate in self.gates)
        if count > 1:
            raise ValueError(f"gates holds {count} error gates; it must hold at most one.")

    def rate_what(self, trial: int) -> float:
        """Return the learning rate of *what* after `trial` trials."""
        return self.eta_what + self.eta_novelty * math.exp(-trial / self.novelty_trials)

    def start(self, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> RuleState:
        """Return the state before learning: the weights and the running surprise."""
        return {**super().start(shape, dtype), "surprise": np.zeros(shape[0])}

    def online(self, call: Call, state: RuleState, episode: Episode) -> tuple[RuleState, Readouts]:
        """Learn *when* from a stretch of a trial."""
        course, saturation = combine(self.gates, _context(state, episode))
        return learn_when(call, state, episode, course, saturation, self.eta_when)

    def offline(self, call: Call, state: RuleState, episode: Episode) -> RuleState:
        """Learn *what* by replay and note how surprising the trial was."""
        course, _ = combine(self.gates, _context(state, episode))
        rate, passed = self.rate_what(episode.number), episode.let_pass(course)
        state, error = learn_what(call, state, episode, rate, passed)
        keep = 1 - 1 / self.surprise_trials
        return {**state, "surprise": keep * state["surprise"] + (1 - keep) * error}


def _context(state: RuleState, episode: Episode) -> GateContext:
    return GateContext(episode.time_ms, episode.outcome_ms, state["surprise"], episode.others_ms)


def learn_when(
    call: Call, state: RuleState, episode: Episode, course: Array, saturation: float, eta: float
) -> tuple[RuleState, Readouts]:
    """Apply the gated delta rule to *when*, bin by bin.

    Parameters
    ----------
    call : Call
    state : RuleState
    episode : Episode
    course : (B, T) array
        The part of the gate that does not depend on the error.
    saturation : float
        Error at which the error gate is fully open, 0 for none.
    eta : float
        Learning rate.
    """
    dtype = episode.phasic.dtype
    weights, outputs, gates = call("normalised_delta")(
        state["when"],
        episode.phasic,
        episode.target[..., None].astype(dtype),
        course.astype(dtype),
        np.full(len(course), eta, dtype),
        saturation,
    )
    return {**state, "when": weights}, Readouts(outputs[..., 0], gates[..., 0])


def learn_what(
    call: Call, state: RuleState, episode: Episode, eta: float, passed: Array | None = None
) -> tuple[RuleState, Array]:
    """Apply the delta rule to *what* at the replayed moments; also return the mean absolute error (B,).

    Parameters
    ----------
    call : Call
    state : RuleState
    episode : Episode
    eta : float
        Learning rate.
    passed : (B, S) array, optional
        How much each replayed moment counts; all of them fully by default.
    """
    samples, targets = episode.replayed()
    dtype = samples.dtype
    counts = np.ones(samples.shape[:2], dtype) if passed is None else passed.astype(dtype)
    rate = np.full(len(samples), eta, dtype)
    weights, outputs, _ = call("normalised_delta")(
        state["what"], samples, targets.astype(dtype), counts, rate, 0.0
    )
    return {**state, "what": weights}, np.abs(targets - outputs).mean(axis=(1, 2))
