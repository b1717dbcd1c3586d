r"""One matrix for *what* and *when*: a channel for each outcome, taught when x what together.

Channel k is taught the bump d around the outcome if outcome k came, and nothing else:

.. math:: z_k = M_k \cdot h, \quad \Delta M_k = \eta g (o_k d - z_k) \frac{h}{1 + |h|^2}

so that its peak tells the time and its height the probability. *When* is the sum of the channels, and *what*
the channels times a gain, since a bump is learned with less than its height; both read the same phasic
traces h. Time and probability share every weight and one rate :math:`\eta`: what is slow enough for odds is
slow for times, and a new time is learned by unlearning the odds at the old one.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np

from ..errors import RequestError
from ..units import Domain, Positive, settings
from .episode import Call, Episode, Readouts, Rule, RuleState
from .gates import Gate, LearnedGate, PhaseGate, ShuffledErrorGate, SurpriseGate, combine
from .stepping import by_error, check_gates, gate_context

__all__ = ["OutcomeChannels"]


@settings
class OutcomeChannels(Rule):
    """Learn identity, time and probability in one matrix of outcome channels.

    Parameters
    ----------
    eta : float
        Learning rate.
    gain : float
        What the height of a channel is multiplied by to be a probability.
    gates : tuple of Gate
        They multiply. A gate that opens with the error would draw heights away from 0.5.

    Examples
    --------
    >>> OutcomeChannels().eta
    0.01
    """

    kind: ClassVar[str] = "outcome_channels"
    eta: Annotated[float, Domain(0, 2)] = 0.01
    gain: Positive = 2.0
    gates: tuple[Gate, ...] = (PhaseGate(),)

    def __attrs_post_init__(self) -> None:
        check_gates("gates", self.gates, without=(LearnedGate, ShuffledErrorGate, SurpriseGate))

    def start(self, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> RuleState:
        """Return the state before learning: the channels M (B, K, N), and what is read of them."""
        batch, n, outcomes = shape
        channels = np.zeros((batch, outcomes, n), dtype)
        return {"when": channels[:, :1].copy(), "what": channels.copy(), "channels": channels}

    def online(self, call: Call, state: RuleState, episode: Episode) -> tuple[RuleState, Readouts]:
        """Teach every channel from a stretch of a trial.

        Raises
        ------
        RequestError
            If outcomes come that are not the trial's own, since nothing says whose bump is whose.
        """
        if episode.others_ms is not None:
            raise RequestError(
                "The task has outcomes that are not the trial's own, and outcome_channels is taught one a "
                'trial; use kind = "three_factor", or a task without them.'
            )
        samples, dtype = episode.phasic, episode.phasic.dtype
        course, saturation = combine(self.gates, gate_context(state, episode))
        targets = (episode.target[..., None] * episode.outcome[:, None]).astype(dtype)
        channels, outputs, gates = by_error(call)(
            state["channels"], samples, targets, course.astype(dtype), self.eta, saturation
        )
        learned = {**state, "channels": channels, "when": channels.sum(axis=1, keepdims=True)}
        return learned, Readouts(outputs.sum(axis=-1), gates.mean(axis=-1))

    def offline(self, call: Call, state: RuleState, episode: Episode) -> RuleState:
        """Let *what* be read from the channels as they are now."""
        return {**state, "what": state["channels"] * state["channels"].dtype.type(self.gain)}
