"""A gate that is lesioned in one phase of the trial and open in all others."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from ...units import Domain, Fraction, settings
from ..window import check_window
from .context import GateContext

__all__ = ["LesionGate"]

Array = npt.NDArray[Any]
Anchor = Literal["cue", "outcome", "due"]
_Time = Annotated[float, Domain(unit="ms")]


@settings
class LesionGate:
    r"""Closed in one phase of the trial, open in all others.

    .. math:: g(t) = \text{level if } a + \text{start} < t < b + \text{stop, else } 1

    where a and b are times of the cue, of the outcome, or of when that is due, whether it comes or not. A
    trial without the outcome has no phase that belongs to it, so nothing is lesioned there.

    Parameters
    ----------
    anchor : str
        "cue", "outcome" or "due", from which the phase is counted.
    start_ms, stop_ms : float
        When the lesion begins, relative to the anchor, and ends; both moments are outside.
    until : str, optional
        "cue", "outcome" or "due", from which its end is counted; as its beginning, by default.
    level : float
        What is left of the gate in the phase.

    Examples
    --------
    >>> gate = LesionGate(anchor="outcome", start_ms=-10.0, stop_ms=10.0)
    >>> times, outcomes = np.array([90.0, 100.0, 110.0]), np.array([100.0, np.nan])
    >>> gate.course(GateContext(times, outcomes, np.zeros(2))).tolist()
    [[1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]
    >>> delay = LesionGate(start_ms=80.0, until="due", stop_ms=-5.0)
    >>> delay.course(GateContext(times, outcomes, np.zeros(2), due_ms=np.array([100.0, 120.0]))).tolist()
    [[0.0, 1.0, 1.0], [0.0, 0.0, 0.0]]
    """

    kind: ClassVar[str] = "lesion"
    anchor: Anchor = "cue"
    start_ms: _Time = 0.0
    stop_ms: _Time = 300.0
    level: Fraction = 0.0
    until: Anchor | None = None

    def __attrs_post_init__(self) -> None:
        if self.until in (None, self.anchor):
            check_window(self.start_ms, self.stop_ms)

    def course(self, context: GateContext) -> Array:
        """Return the gate, (B, T)."""
        anchors = {"cue": np.zeros_like(context.due_ms), "outcome": context.outcome_ms, "due": context.due_ms}
        # NaN is neither after nor before anything.
        since, until = (
            context.time_ms[None] - anchors[anchor][:, None]
            for anchor in (self.anchor, self.until or self.anchor)
        )
        return np.where((since > self.start_ms) & (until < self.stop_ms), self.level, 1.0)
