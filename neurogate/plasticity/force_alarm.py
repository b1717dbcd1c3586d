"""FORCE that hears, by the alarm of `surprise_replay`, that the world has changed, and then begins anew."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..units import Domain, Fraction, settings
from .change import ChangeDetector
from .episode import Call, Episode, Readouts, RuleState
from .force import Force
from .stepping import by_error, learn_what

__all__ = ["ForceAlarm"]

Array = npt.NDArray[Any]


@settings
class ForceAlarm(Force):
    r"""Least squares on all trials since the last alarm.

    At an alarm P starts again from :math:`I / \alpha` and the weights stay, as where `Force` has a reset,
    but nobody tells of the switch: the alarm compares what *what* predicted with what labile weights did,
    which learn by the delta rule, and the mean squared error of *when* over a trial's samples, with the
    weights from before it, with what that usually is. Trials in which nothing came say nothing of times, and
    teach *when* less, or nothing: the squares of their samples count so much, as in `surprise_replay`.

    Parameters
    ----------
    eta_labile : float
        Learning rate of the labile weights.
    omission : float
        How much a trial in which nothing came teaches *when*.
    detector : ChangeDetector

    References
    ----------
    Sussillo & Abbott 2009, doi:10.1016/j.neuron.2009.07.018. Page 1954, doi:10.1093/biomet/41.1-2.100.

    Examples
    --------
    >>> sorted(ForceAlarm().start((1, 4, 2), np.dtype("float64")))[:4]
    ['before', 'calm', 'evidence', 'labile']
    """

    kind: ClassVar[str] = "force_alarm"
    eta_labile: Annotated[float, Domain(0, 2)] = 0.06
    omission: Fraction = 0.0
    detector: ChangeDetector = ChangeDetector()

    def start(self, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> RuleState:
        """Return the state before learning: that of `Force`, and what the alarm needs."""
        state = super().start(shape, dtype)
        copies = {"before": state["when"].copy(), "labile": state["what"].copy()}
        return {**state, **copies, **self.detector.start(shape[0])}

    def online(self, call: Call, state: RuleState, episode: Episode) -> tuple[RuleState, Readouts]:
        """Learn *when* from the samples of a stretch of a trial."""
        begins = episode.bins[0] == 0
        return super().online(call, {**state, "before": state["when"]} if begins else state, episode)

    def offline(self, call: Call, state: RuleState, episode: Episode) -> RuleState:
        """Learn *what* from the replayed moments, and begin anew where the world has changed."""
        moments, _ = episode.replayed()
        slow, fast = (call("readout")(state[key], moments).mean(axis=1) for key in ("what", "labile"))
        error = self._missed(call, state, episode)
        labile, _ = learn_what(by_error(call), {"what": state["labile"]}, episode, self.eta_labile)
        state = {**super().offline(call, state, episode), "labile": labile["what"]}
        state = self.detector.heard(state, slow, fast, episode.outcome, error)
        alarmed = state["calm"] == 0
        if not alarmed.any():
            return state
        fresh = self._forget_all(state)
        return {**state, **{key: np.where(alarmed[:, None, None], fresh[key], state[key]) for key in fresh}}

    def _worth(self, episode: Episode) -> Array:
        return np.where(episode.empty, self.omission, 1.0)

    def _missed(self, call: Call, state: RuleState, episode: Episode) -> Array:
        """Return the mean squared error of *when* before the trial, (B,); NaN where nothing came."""
        take = self._sampled(episode)
        if not take.any():
            return np.full(len(state["calm"]), np.nan)
        read = call("readout")(state["before"], np.ascontiguousarray(episode.phasic[:, take]))[..., 0]
        error: Array = ((episode.target[:, take] - read).astype(np.float64) ** 2).mean(axis=1)
        return np.where(episode.empty, np.nan, error)
