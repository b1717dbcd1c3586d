"""Gates that an event opens, the cue or the outcome, and that close exponentially."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ...units import Milliseconds, settings
from .context import GateContext

__all__ = ["CueGate", "OutcomeGate"]

Array = npt.NDArray[Any]


@settings
class CueGate:
    """Opens with the cue and closes exponentially.

    Parameters
    ----------
    tau_ms : float
        Time constant.

    Examples
    --------
    >>> gate = CueGate(tau_ms=100.0)
    >>> gate.course(GateContext(np.array([-5.0, 0.0]), np.zeros(1), np.zeros(1))).tolist()
    [[0.0, 1.0]]
    """

    kind: ClassVar[str] = "cue"
    tau_ms: Milliseconds = 300.0

    def course(self, context: GateContext) -> Array:
        """Return the gate, (B, T)."""
        return np.tile(_pulse(context.time_ms, self.tau_ms), (len(context.outcome_ms), 1))


@settings
class OutcomeGate:
    """Opens with an outcome and closes exponentially; stays closed when the outcome is omitted.

    It opens with whatever outcome comes, also with one that is not the trial's own.

    Parameters
    ----------
    tau_ms : float
        Time constant.

    Examples
    --------
    >>> gate = OutcomeGate(tau_ms=100.0)
    >>> gate.course(GateContext(np.array([0.0, 5.0]), np.array([5.0, np.nan]), np.zeros(2))).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """

    kind: ClassVar[str] = "outcome"
    tau_ms: Milliseconds = 300.0

    def course(self, context: GateContext) -> Array:
        """Return the gate, (B, T)."""
        events_ms = context.outcome_ms[:, None]
        if context.others_ms is not None:
            events_ms = np.concatenate([events_ms, context.others_ms], axis=1)
        since = context.time_ms[None, None] - events_ms[..., None]
        opened = np.where(np.isnan(since), 0.0, _pulse(np.nan_to_num(since, nan=-1.0), self.tau_ms))
        course: Array = opened.max(axis=1)
        return course


def _pulse(time_ms: Array, tau_ms: float) -> Array:
    return np.where(time_ms >= 0, np.exp(-np.maximum(time_ms, 0) / tau_ms), 0.0)
