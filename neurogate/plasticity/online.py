r"""Rules that teach readouts inside a run, step by step, while the network hears them.

Here live the settings of two rules and what they hand to a backend: a `Lesson` for a stretch of a run, and
the state with which teaching begins. The arithmetic is that of
`neurogate.backends.numpy_reference.learning`. Rules that learn from recorded trials, after which nothing
in the network has changed, live in the other modules.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..backends.layout import LESSONS, Lesson, StateArrays
from ..errors import RequestError
from ..units import Domain, Milliseconds, NonNegative, Positive, settings, whole_steps
from .window import check_window

__all__ = ["ONLINE_RULES", "OnlineDelta", "OnlineLeastSquares", "OnlineRule"]

Array = npt.NDArray[Any]
_Time = Annotated[float, Domain(0, unit="ms")]


@settings
class OnlineLeastSquares:
    r"""Recursive least squares on readouts that the network hears (the rule of FORCE).

    .. math:: c = P r, \quad \gamma = \lambda + r \cdot c, \quad
              \phi \leftarrow \phi + (x - z) c / \gamma, \quad
              P \leftarrow (P - c c^T / \gamma) / \lambda, \quad P(0) = I / \alpha

    Parameters
    ----------
    start_ms, stop_ms : float
        When teaching begins and ends, since the beginning of the run.
    every_ms : float
        Time between two updates.
    ridge : float
        Ridge :math:`\alpha`, in Hz squared, since traces are in Hz.
    forgetting : float
        Factor :math:`\lambda` per update by which the past is forgotten, above 0 and at most 1 (never).
    divided : bool
        Whether the weights move by :math:`c / \gamma`, as in textbooks, or by c alone, as in the code of
        Nicola and Clopath.

    References
    ----------
    Sussillo & Abbott 2009, doi:10.1016/j.neuron.2009.07.018.
    Nicola & Clopath 2017, doi:10.1038/s41467-017-01827-3.

    Examples
    --------
    >>> rule = OnlineLeastSquares(start_ms=10.0, stop_ms=20.0, every_ms=2.0)
    >>> lesson = rule.lesson(1.0, np.zeros((1, 5, 1)))
    >>> lesson.first, lesson.last, lesson.every
    (10, 20, 2)
    """

    kind: ClassVar[str] = "least_squares"
    start_ms: _Time = 5000.0
    stop_ms: Milliseconds = 10000.0
    every_ms: Milliseconds = 1.0
    ridge: Positive = 1.0
    forgetting: Annotated[float, Domain(0, 1, low_open=True)] = 1.0
    divided: bool = True

    def __attrs_post_init__(self) -> None:
        check_window(self.start_ms, self.stop_ms)

    def lesson(self, dt_ms: float, targets: Array) -> Lesson:
        """Return the lesson for a stretch of a run.

        Parameters
        ----------
        dt_ms : float
            Step.
        targets : (B, T, R) array
            Wanted readouts at each step of the stretch.

        Raises
        ------
        RequestError
            If a time is not a whole number of steps.
        """
        leak = self.ridge * (1 - self.forgetting)
        plain = _lesson("least_squares", self, dt_ms, targets)
        return plain._replace(forgetting=self.forgetting, leak=leak, divided=self.divided)

    def begun(self, state: StateArrays) -> StateArrays:
        """Return the state of a network with which teaching begins: P(0) is there, weights stay."""
        batch, _, n = state.values.shape
        dtype = state.values.dtype
        inverse = np.tile(np.eye(n, dtype=dtype) / dtype.type(self.ridge), (batch, 1, 1))
        return state._replace(inverse=inverse)

    def ended(self, state: StateArrays) -> StateArrays:
        """Return the state of a network that is taught no longer: P is gone, weights stay."""
        return state._replace(inverse=np.zeros((len(state.values), 0, 0), state.values.dtype))


@settings
class OnlineDelta:
    r"""The gated delta rule on readouts that the network hears.

    .. math:: \Delta \phi = \eta g (x - z) r / (1 + |r|^2), \quad g = c \min(1, |x - z| / \theta)

    Parameters
    ----------
    start_ms, stop_ms : float
        When teaching begins and ends, since the beginning of the run.
    every_ms : float
        Time between two updates.
    eta : float
        Learning rate.
    saturation : float
        Error :math:`\theta` at which the gate is fully open; 0 means that it does not depend on the error.
    course : float
        The part c of the gate that does not depend on the error.

    Examples
    --------
    >>> rule = OnlineDelta(start_ms=0.0, stop_ms=20.0, every_ms=1.0, eta=0.5)
    >>> rule.lesson(1.0, np.zeros((2, 5, 1))).rate.tolist()
    [0.5, 0.5]
    """

    kind: ClassVar[str] = "delta"
    start_ms: _Time = 5000.0
    stop_ms: Milliseconds = 10000.0
    every_ms: Milliseconds = 1.0
    eta: Annotated[float, Domain(0, 2)] = 0.1
    saturation: NonNegative = 0.0
    course: Annotated[float, Domain(0, 1)] = 1.0

    def __attrs_post_init__(self) -> None:
        check_window(self.start_ms, self.stop_ms)

    def lesson(self, dt_ms: float, targets: Array) -> Lesson:
        """Return the lesson for a stretch of a run; see `OnlineLeastSquares.lesson`."""
        plain = _lesson("delta", self, dt_ms, targets)
        rate = np.full_like(plain.rate, self.eta)
        return plain._replace(rate=rate, course=self.course * plain.course, saturation=self.saturation)

    def begun(self, state: StateArrays) -> StateArrays:
        """Return the state with which teaching begins; the rule keeps nothing but weights."""
        return state

    def ended(self, state: StateArrays) -> StateArrays:
        """Return the state of a network that is taught no longer."""
        return state


OnlineRule = OnlineLeastSquares | OnlineDelta

ONLINE_RULES = {rule.kind: rule for rule in (OnlineLeastSquares, OnlineDelta)}
"""Every rule that teaches inside a run, by its name in configurations."""


def _lesson(name: str, rule: OnlineRule, dt_ms: float, targets: Array) -> Lesson:
    batch, steps = targets.shape[:2]
    return Lesson(
        rule=LESSONS[name],
        every=_steps("every_ms", rule.every_ms, dt_ms),
        offset=0,
        first=_steps("start_ms", rule.start_ms, dt_ms),
        last=_steps("stop_ms", rule.stop_ms, dt_ms),
        targets=targets,
        course=np.ones((batch, steps), targets.dtype),
        rate=np.ones(batch, targets.dtype),
        saturation=0.0,
        forgetting=1.0,
        leak=0.0,
        divided=True,
    )


def _steps(name: str, time_ms: float, dt_ms: float) -> int:
    steps = whole_steps(time_ms, dt_ms)
    if steps is None:
        raise RequestError(f"{name} is {time_ms:g} ms; it must be a whole number of steps of {dt_ms:g} ms.")
    return steps
