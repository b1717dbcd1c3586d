"""Gate signals: when, and how much, a learning rule may change weights.

A gate has a course over the trial, from 0 (closed) to 1 (open), which depends on what `GateContext` holds.
Two gates are more than a course: `ErrorGate` opens with the error of each readout in each bin, inside the
rule, and `ShuffledGate` puts the course of the others in random order. Several gates multiply.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .attention import AttentionGate
from .constant import ConstantGate
from .context import GateContext
from .error import ErrorGate
from .learned import LearnedGate
from .lesion import LesionGate
from .phase import PhaseGate
from .pulse import CueGate, OutcomeGate
from .shuffled import ShuffledGate
from .shuffled_error import ShuffledErrorGate
from .surprise import SurpriseGate

__all__ = [
    "GATES",
    "AttentionGate",
    "ConstantGate",
    "CueGate",
    "ErrorGate",
    "Gate",
    "GateContext",
    "LearnedGate",
    "LesionGate",
    "OutcomeGate",
    "PhaseGate",
    "ShuffledErrorGate",
    "ShuffledGate",
    "SurpriseGate",
    "combine",
]

Array = npt.NDArray[Any]

Gate = (
    ConstantGate
    | PhaseGate
    | CueGate
    | OutcomeGate
    | ErrorGate
    | SurpriseGate
    | AttentionGate
    | LearnedGate
    | LesionGate
    | ShuffledGate
    | ShuffledErrorGate
)

GATES = {
    gate.kind: gate
    for gate in (
        ConstantGate,
        PhaseGate,
        CueGate,
        OutcomeGate,
        ErrorGate,
        SurpriseGate,
        AttentionGate,
        LearnedGate,
        LesionGate,
        ShuffledGate,
        ShuffledErrorGate,
    )
}
"""Every gate by its name in configurations."""


def combine(gates: Sequence[Gate], context: GateContext) -> tuple[Array, float]:
    """Multiply gates.

    Parameters
    ----------
    gates : sequence of Gate
        None at all is an open gate.
    context : GateContext

    Returns
    -------
    course : (B, T) array
        The part that does not depend on the error.
    saturation : float
        Error at which the error gate is fully open; 0 without one.

    Examples
    --------
    >>> context = GateContext(np.array([-5.0, 5.0]), np.zeros(1), np.zeros(1))
    >>> course, saturation = combine([PhaseGate(), ErrorGate()], context)
    >>> course.tolist(), saturation
    ([[0.0, 1.0]], 1.0)
    """
    saturation = next((g.saturation for g in gates if isinstance(g, ErrorGate)), 0.0)
    shuffled = next((g for g in gates if isinstance(g, ShuffledGate)), None)
    if shuffled is None:
        return _product(gates, context), saturation
    return shuffled.shuffled(_product(gates, context.whole()), context), saturation


def _product(gates: Sequence[Gate], context: GateContext) -> Array:
    course = np.ones((len(context.outcome_ms), len(context.time_ms)))
    for gate in gates:
        course = course * gate.course(context)
    return course
