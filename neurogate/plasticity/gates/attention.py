"""A gate that is told what belongs to the cue."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ...units import Fraction, Milliseconds, settings
from .context import GateContext

__all__ = ["AttentionGate"]

Array = npt.NDArray[Any]


@settings
class AttentionGate:
    """Closed around outcomes that are not the trial's own: attention knows what belongs to the cue.

    An oracle, and so the best that a gate can do: it is told which outcomes to leave out, but cannot keep
    apart what comes at the same time.

    Parameters
    ----------
    half_width_ms : float
        How long before and after such an outcome the gate is closed.
    leak : float
        How open it is then.

    Examples
    --------
    >>> context = GateContext(np.array([0.0, 50.0, 200.0]), np.zeros(1), np.zeros(1), np.array([[40.0]]))
    >>> AttentionGate(half_width_ms=20.0, leak=0.1).course(context).tolist()
    [[1.0, 0.1, 1.0]]
    """

    kind: ClassVar[str] = "attention"
    half_width_ms: Milliseconds = 120.0
    leak: Fraction = 0.0

    def course(self, context: GateContext) -> Array:
        """Return the gate, (B, T)."""
        open_ = np.ones((len(context.outcome_ms), len(context.time_ms)))
        if context.others_ms is None:
            return open_
        distance = np.abs(context.time_ms[None, :, None] - context.others_ms[:, None])
        return np.where((distance <= self.half_width_ms).any(axis=2), self.leak, open_)
