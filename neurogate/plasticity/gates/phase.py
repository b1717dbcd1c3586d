"""A gate that is open in one phase of the trial."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from ...units import Domain, settings
from ..window import check_window, inside
from .context import GateContext

__all__ = ["PhaseGate"]

Array = npt.NDArray[Any]
_Time = Annotated[float, Domain(unit="ms")]


@settings
class PhaseGate:
    """Open in one phase of the trial: start < t < stop, both relative to the cue.

    Parameters
    ----------
    start_ms, stop_ms : float
        When the gate opens and closes, relative to the cue; both moments are outside.

    Examples
    --------
    >>> gate = PhaseGate(start_ms=0.0, stop_ms=10.0)
    >>> gate.course(GateContext(np.array([0.0, 5.0, 10.0]), np.zeros(1), np.zeros(1))).tolist()
    [[0.0, 1.0, 0.0]]
    """

    kind: ClassVar[str] = "phase"
    start_ms: _Time = 0.0
    stop_ms: _Time = 1650.0

    def __attrs_post_init__(self) -> None:
        check_window(self.start_ms, self.stop_ms)

    def course(self, context: GateContext) -> Array:
        """Return the gate, (B, T)."""
        open_ = inside(context.time_ms, self.start_ms, self.stop_ms)
        return np.tile(open_.astype(float), (len(context.outcome_ms), 1))
