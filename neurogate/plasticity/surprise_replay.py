r"""The three-factor rule with replay and consolidation that surprise drives.

Everything is local and costs O(N) for each sample. What is learned is learned by the gated delta rule, as in
`three_factor`; what is added says how often, and how fast:

*When* learns online, and after the trial the trial is replayed until it is explained: until the mean of
:math:`\delta^2` over the bins, weighted by the gate, is below a goal, or patience ends. What is known already
is replayed once; after a switch of latencies trials are replayed often, and few are needed. Trials in which
nothing came teach *when* less, or nothing, as dips of dopamine are smaller than its bursts: *when* tells the
time of the outcome if it comes, and *what* how probable that is. That nothing will come is known here from
the beginning of a trial, so the weights after it are those of a learner that waits for its end.

*What* has two sets of weights: consolidated ones, which are read, and labile ones, which learn fast.
`neurogate.plasticity.change` compares their predictions, and the error of *when* with what it usually is,
and begins the novelty of the consolidated ones anew when the world has changed. Between alarms their rate
falls so low that chance is averaged out.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..units import Count, Domain, Fraction, NonNegative, Positive, settings
from .change import ChangeDetector
from .episode import Call, Episode, Readouts, Rule, RuleState
from .gates import ErrorGate, Gate, LearnedGate, PhaseGate, ShuffledErrorGate, SurpriseGate, combine
from .stepping import by_error, check_gates, gate_context, learn_what, learn_when

__all__ = ["SurpriseReplay"]

Array = npt.NDArray[Any]
_Rate = Annotated[float, Domain(0, 2)]


@settings
class SurpriseReplay(Rule):
    """Learn *when* by replaying what is not explained, and *what* anew when the world has changed.

    Parameters
    ----------
    eta_when : float
        Learning rate of *when*.
    replays : int
        How often a trial is replayed for *when* at most.
    explained : float
        Mean squared error at which a trial needs no more replay.
    omission : float
        How much a trial in which nothing came teaches *when*.
    eta_what : float
        Learning rate of *what* that remains after the novelty is gone.
    eta_novelty : float
        What novelty adds to it in the first trial after a change.
    novelty_trials : float
        Trials over which novelty decays by e.
    eta_labile : float
        Learning rate of the labile weights of *what*.
    gates : tuple of Gate
        Gates of *when*; they multiply.
    detector : ChangeDetector

    References
    ----------
    Foster & Wilson 2006, doi:10.1038/nature04587 (replay once the outcome is there). Bayer & Glimcher
    2005, doi:10.1016/j.neuron.2005.05.020 (dips). Iigaya 2016, doi:10.7554/eLife.18073 (surprise and
    metaplasticity).

    Examples
    --------
    >>> rule = SurpriseReplay()
    >>> rule.rate_what(np.array([0.0, 1000.0])).round(3).tolist()
    [0.062, 0.002]
    """

    kind: ClassVar[str] = "surprise_replay"
    eta_when: _Rate = 0.2
    replays: Count = 20
    explained: Positive = 0.012
    omission: Fraction = 0.0
    eta_what: _Rate = 0.002
    eta_novelty: NonNegative = 0.06
    novelty_trials: Positive = 60.0
    eta_labile: _Rate = 0.06
    gates: tuple[Gate, ...] = (PhaseGate(), ErrorGate())
    detector: ChangeDetector = ChangeDetector()

    def __attrs_post_init__(self) -> None:
        check_gates("gates", self.gates, without=(LearnedGate, ShuffledErrorGate, SurpriseGate))

    def rate_what(self, calm: Array) -> Array:
        """Return the learning rate of *what* so many trials after the last alarm, (B,)."""
        rate: Array = self.eta_what + self.eta_novelty * np.exp(-calm / self.novelty_trials)
        return rate

    def start(self, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> RuleState:
        """Return the state before learning: weights, labile ones too, and what the detector keeps."""
        state = super().start(shape, dtype)
        return {**state, "labile": state["what"].copy(), **self.detector.start(shape[0])}

    def online(self, call: Call, state: RuleState, episode: Episode) -> tuple[RuleState, Readouts]:
        """Learn *when* from a stretch of a trial."""
        course, saturation = self._gated(state, episode)
        return learn_when(by_error(call), state, episode, course, saturation, self.eta_when)

    def offline(self, call: Call, state: RuleState, episode: Episode) -> RuleState:
        """Replay the trial for *when*; learn *what*, and note whether the world has changed."""
        when, error = self._replayed(call, state, episode)
        counts = episode.let_pass(combine(self.gates, gate_context(state, episode))[0])
        moments, _ = episode.replayed()
        slow, fast = (call("readout")(state[key], moments).mean(axis=1) for key in ("what", "labile"))
        state = self.detector.heard({**state, "when": when}, slow, fast, episode.outcome, error)
        labile, _ = learn_what(by_error(call), {"what": state["labile"]}, episode, self.eta_labile, counts)
        state, _ = learn_what(by_error(call), state, episode, self.rate_what(state["calm"]), counts)
        return {**state, "labile": labile["what"]}

    def _gated(self, state: RuleState, episode: Episode) -> tuple[Array, float]:
        """Return the course of the gates and where an error gate saturates; omissions open them less."""
        course, saturation = combine(self.gates, gate_context(state, episode))
        return course * np.where(episode.empty, self.omission, 1.0)[:, None], saturation

    def _replayed(self, call: Call, state: RuleState, episode: Episode) -> tuple[Array, Array]:
        """Replay each trial until it is explained; return the weights of *when*, and the first error (B,)."""
        c, saturation = self._gated(state, episode)
        w, x, learn = state["when"], episode.phasic, by_error(call)
        d, c = episode.target[..., None].astype(x.dtype), c.astype(x.dtype)
        weights, left, errors = w.copy(), np.arange(len(w)), list[Array]()
        for _ in range(self.replays):
            w, read, _ = learn(w, x, d, c, self.eta_when, saturation)
            weights[left] = w
            errors.append(_error(c, (d - read)[..., 0]))
            again = errors[-1] >= self.explained
            if not again.any():
                break
            if not again.all():
                left, w, x, d, c = (array[again] for array in (left, w, x, d, c))
        return weights, errors[0]


def _error(course: Array, error: Array) -> Array:
    """Return the mean squared error weighted by the gate, (B,); NaN where the gate is closed."""
    opening = course.sum(axis=-1, dtype=np.float64)
    total = (course * error.astype(np.float64) ** 2).sum(axis=-1)
    mean: Array = np.divide(total, opening, out=np.full_like(total, np.nan), where=opening > 0)
    return mean
