"""A gate that the error opens."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ...units import Positive, settings
from .context import GateContext

__all__ = ["ErrorGate"]

Array = npt.NDArray[Any]


@settings
class ErrorGate:
    r"""Opens with the error of a readout, bin by bin.

    .. math:: g = \min(1, |\delta| / \theta)

    Parameters
    ----------
    saturation : float
        Error :math:`\theta` at which the gate is fully open.

    Examples
    --------
    >>> ErrorGate().saturation
    1.0
    """

    kind: ClassVar[str] = "error"
    saturation: Positive = 1.0

    def course(self, context: GateContext) -> Array:
        """Return ones: the error enters bin by bin, inside the rule."""
        return np.ones((len(context.outcome_ms), len(context.time_ms)))
