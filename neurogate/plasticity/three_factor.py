r"""The attention-gated three-factor rule: presynaptic eligibility x error x gate.

*When*, online in every bin: :math:`\Delta w = \eta g \delta h / (1 + |h|^2)` with the phasic trace h as
eligibility, the error :math:`\delta = d - w \cdot h`, and the gate g. The target d is a bump around the
outcome, so its left flank is known only afterwards; because the readout does not act on the reservoir
the same weights result, a fixed delay later, if traces are kept for as long and what is read of them is
compared with the target of their time, as a delayed neuromodulator would.

*What*, offline: a few moments of the trial between cue and outcome are replayed, each with
:math:`\Delta W_k = \eta_n (o_k - W_k \cdot x) x / (1 + |x|^2)`, where o is the outcome that came (zeros
when it was omitted) and :math:`\eta_n` falls from novelty to its floor over the trials. Where other
outcomes compete for the replays, each moment counts as much as the gate was open when its outcome came.

Each factor can be taken away: the gates (``gates = []``), the error (`hebbian_decay`, see
`neurogate.plasticity.hebbian`) and the offline consolidation (`online_ms`).

Our reconstruction of Yamada & Chao 2025 (arXiv:2510.14382) from its abstract.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..units import Domain, Milliseconds, NonNegative, Positive, settings
from .episode import Call, Episode, Readouts, Rule, RuleState
from .gates import ErrorGate, Gate, LearnedGate, PhaseGate, ShuffledErrorGate, combine
from .hebbian import by_target
from .stepping import Learner, by_error, check_gates, gate_context, learn_what, learn_when

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
    gates_what : tuple of Gate, optional
        Gates of *what*: a replayed moment counts as much as they were open at it and when its outcome came
        or was due. Always open by default.
    hebbian_decay : float, optional
        An ablation: pure Hebbian learning with this decay in place of learning by error.
    online_ms : float, optional
        An ablation: *what* learns online, bin by bin for this time after the outcome came or was due,
        instead of by replay.

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
    gates_what: tuple[Gate, ...] | None = None
    hebbian_decay: NonNegative | None = None
    online_ms: Milliseconds | None = None

    def __attrs_post_init__(self) -> None:
        check_gates("gates", self.gates)
        check_gates("gates_what", self.gates_what or ())
        if len({gate.kind for gate in self._remembering}) < len(self._remembering):
            kind = self._remembering[-1].kind
            raise ValueError(
                f"gates_what holds another {kind} gate than gates; they must be alike, since they share what "
                "it remembers."
            )

    def rate_what(self, trial: int) -> float:
        """Return the learning rate of *what* after `trial` trials."""
        return self.eta_what + self.eta_novelty * math.exp(-trial / self.novelty_trials)

    def start(self, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> RuleState:
        """Return the state before learning: the weights, the running surprise, and what gates remember."""
        state = {**super().start(shape, dtype), "surprise": np.zeros(shape[0])}
        for gate in self._remembering:
            state.update(gate.start(shape[0]))
        return state

    def online(self, call: Call, state: RuleState, episode: Episode) -> tuple[RuleState, Readouts]:
        """Learn *when* from a stretch of a trial."""
        course, saturation = combine(self.gates, gate_context(state, episode))
        learner = self._learner(call)
        state, readouts = learn_when(learner, state, episode, course, saturation, self.eta_when)
        if self.online_ms is not None:
            state = self._consolidate(learner, state, episode)
        for gate in self._remembering:
            state = gate.observe(state, episode.time_ms, episode.target, readouts.when)
        return state, readouts

    def offline(self, call: Call, state: RuleState, episode: Episode) -> RuleState:
        """Learn *what* by replay and note how surprising the trial was."""
        counts, saturation = self._counts(state, episode)
        rate = self.rate_what(episode.number) if self.online_ms is None else 0.0
        state, error = learn_what(self._learner(call), state, episode, rate, counts, saturation)
        keep = 1 - 1 / self.surprise_trials
        state = {**state, "surprise": keep * state["surprise"] + (1 - keep) * error}
        for gate in self._remembering:
            state = gate.remember(state, episode.time_ms, episode.number)
        return state

    def _learner(self, call: Call) -> Learner:
        """Return what changes weights: the delta rule, or Hebb's."""
        return by_error(call) if self.hebbian_decay is None else by_target(call, self.hebbian_decay)

    def _counts(self, state: RuleState, episode: Episode) -> tuple[Array | None, float]:
        """Return how much each replayed moment counts, and where an error gate of *what* saturates."""
        context = gate_context(state, episode)
        passed = episode.let_pass(combine(self.gates, context)[0])
        if self.gates_what is None:
            return passed, 0.0
        course, saturation = combine(self.gates_what, context)
        modulated = episode.modulated(course)
        return modulated if passed is None else modulated * passed, saturation

    def _consolidate(self, learner: Learner, state: RuleState, episode: Episode) -> RuleState:
        """Learn *what* in the bins after the outcome came or was due."""
        since = episode.time_ms[None] - episode.due_ms[:, None]
        after = ((since > 0) & (since <= self.online_ms)).astype(float)
        course, saturation = combine(self.gates_what or (), gate_context(state, episode))
        dtype = episode.tonic.dtype
        targets = np.repeat(episode.outcome[:, None], after.shape[1], axis=1).astype(dtype)
        course, rate = (after * course).astype(dtype), self.rate_what(episode.number)
        return {**state, "what": learner(state["what"], episode.tonic, targets, course, rate, saturation)[0]}

    @property
    def _remembering(self) -> list[LearnedGate | ShuffledErrorGate]:
        gates = (*self.gates, *(self.gates_what or ()))
        return list(dict.fromkeys(g for g in gates if isinstance(g, LearnedGate | ShuffledErrorGate)))
