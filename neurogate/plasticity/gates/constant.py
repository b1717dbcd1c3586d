"""A gate that does not move."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ...units import Fraction, settings
from .context import GateContext

__all__ = ["ConstantGate"]

Array = npt.NDArray[Any]


@settings
class ConstantGate:
    """Always equally open.

    Parameters
    ----------
    level : float
        From 0 (a lesion) to 1.

    Examples
    --------
    >>> ConstantGate(level=0.5).course(GateContext(np.zeros(2), np.zeros(1), np.zeros(1))).tolist()
    [[0.5, 0.5]]
    """

    kind: ClassVar[str] = "constant"
    level: Fraction = 1.0

    def course(self, context: GateContext) -> Array:
        """Return the gate, (B, T)."""
        return np.full((len(context.outcome_ms), len(context.time_ms)), self.level)
