"""A gate that is lesioned in one phase of the trial and open in all others."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from ...units import Domain, Fraction, settings
from .context import GateContext

__all__ = ["LesionGate"]

Array = npt.NDArray[Any]
_Time = Annotated[float, Domain(unit="ms")]


@settings
class LesionGate:
    r"""Closed in one phase of the trial, open in all others.

    .. math:: g(t) = \text{level if start} < t - a < \text{stop, else } 1

    where a is the time of the cue or of the outcome. A trial without the outcome has no phase that belongs
    to it, so nothing is lesioned there.

    Parameters
    ----------
    anchor : str
        "cue" or "outcome", from which the phase is counted.
    start_ms, stop_ms : float
        When the lesion begins and ends, relative to the anchor; both moments are outside.
    level : float
        What is left of the gate in the phase.

    Examples
    --------
    >>> gate = LesionGate(anchor="outcome", start_ms=-10.0, stop_ms=10.0)
    >>> times, outcomes = np.array([90.0, 100.0, 110.0]), np.array([100.0, np.nan])
    >>> gate.course(GateContext(times, outcomes, np.zeros(2))).tolist()
    [[1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]
    """

    kind: ClassVar[str] = "lesion"
    anchor: Literal["cue", "outcome"] = "cue"
    start_ms: _Time = 0.0
    stop_ms: _Time = 300.0
    level: Fraction = 0.0

    def __attrs_post_init__(self) -> None:
        if self.stop_ms <= self.start_ms:
            raise ValueError(f"stop_ms is {self.stop_ms:g}; it must be above start_ms, {self.start_ms:g} ms.")

    def course(self, context: GateContext) -> Array:
        """Return the gate, (B, T)."""
        anchor_ms = context.outcome_ms if self.anchor == "outcome" else np.zeros_like(context.outcome_ms)
        since = context.time_ms[None] - anchor_ms[:, None]  # NaN is neither after nor before anything
        return np.where((since > self.start_ms) & (since < self.stop_ms), self.level, 1.0)
