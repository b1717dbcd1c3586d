"""A gate that surprise opens."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ...units import Fraction, Positive, settings
from .context import GateContext

__all__ = ["SurpriseGate"]

Array = npt.NDArray[Any]


@settings
class SurpriseGate:
    """Opens in trials that follow surprising ones: floor + (1 - floor) min(1, surprise / saturation).

    Parameters
    ----------
    floor : float
        Opening without surprise.
    saturation : float
        Surprise (running mean of the absolute error of *what*) at which the gate is fully open.

    References
    ----------
    Pearce & Hall 1980, doi:10.1037/0033-295X.87.6.532.

    Examples
    --------
    >>> context = GateContext(np.zeros(1), np.zeros(2), np.array([0.0, 1.0]))
    >>> SurpriseGate(floor=0.2).course(context).tolist()
    [[0.2], [1.0]]
    """

    kind: ClassVar[str] = "surprise"
    floor: Fraction = 0.2
    saturation: Positive = 0.5

    def course(self, context: GateContext) -> Array:
        """Return the gate, (B, T)."""
        level = self.floor + (1 - self.floor) * np.minimum(1, context.surprise / self.saturation)
        return np.repeat(level[:, None], len(context.time_ms), axis=1)
