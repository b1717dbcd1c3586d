"""Gate signals: when, and how much, a learning rule may change weights.

A gate has a course over the trial, from 0 (closed) to 1 (open), which may depend on the time since the
cue, on when the outcome came, and on the rule's running surprise. One gate, `ErrorGate`, instead opens
with the error of each readout in each bin. Several gates multiply.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import attrs
import numpy as np
import numpy.typing as npt

from ..units import Domain, Fraction, Milliseconds, Positive, settings

__all__ = [
    "GATES",
    "ConstantGate",
    "CueGate",
    "ErrorGate",
    "Gate",
    "GateContext",
    "OutcomeGate",
    "PhaseGate",
    "SurpriseGate",
    "combine",
]

Array = npt.NDArray[Any]
_Time = Annotated[float, Domain(unit="ms")]


@attrs.frozen(eq=False)
class GateContext:
    """What gates may know.

    Parameters
    ----------
    time_ms : (T,) array
        Time relative to the cue.
    outcome_ms : (B,) array
        Time of the outcome relative to the cue, NaN for an omission.
    surprise : (B,) array
        Running mean of the absolute error of *what*, one value per replica.
    """

    time_ms: Array
    outcome_ms: Array
    surprise: Array


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
        if self.stop_ms <= self.start_ms:
            raise ValueError(f"stop_ms is {self.stop_ms:g}; it must be above start_ms, {self.start_ms:g} ms.")

    def course(self, context: GateContext) -> Array:
        """Return the gate, (B, T)."""
        open_ = (context.time_ms > self.start_ms) & (context.time_ms < self.stop_ms)
        return np.tile(open_.astype(float), (len(context.outcome_ms), 1))


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
    """Opens with the outcome and closes exponentially; stays closed when the outcome is omitted.

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
        since = context.time_ms[None] - context.outcome_ms[:, None]
        return np.where(np.isnan(since), 0.0, _pulse(np.nan_to_num(since, nan=-1.0), self.tau_ms))


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


@settings
class SurpriseGate:
    """Opens in trials that follow surprising ones: floor + (1 - floor) min(1, surprise / saturation).

    Parameters
    ----------
    floor : float
        Opening without surprise.
    saturation : float
        Surprise (running mean of the absolute error of *what*) at which the gate is fully open.

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


Gate = ConstantGate | PhaseGate | CueGate | OutcomeGate | ErrorGate | SurpriseGate

GATES = {g.kind: g for g in (ConstantGate, PhaseGate, CueGate, OutcomeGate, ErrorGate, SurpriseGate)}
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
    course = ConstantGate().course(context)
    for gate in gates:
        course = course * gate.course(context)
    return course, next((g.saturation for g in gates if isinstance(g, ErrorGate)), 0.0)


def _pulse(time_ms: Array, tau_ms: float) -> Array:
    return np.where(time_ms >= 0, np.exp(-np.maximum(time_ms, 0) / tau_ms), 0.0)
