r"""A gate that learns where in the trial attention pays.

Mackintosh's associability: what predicts the outcome better than its rivals gains attention, what does
not loses it. Here the trial is cut into windows relative to the cue, and the rival of the *when* readout
z in a window is the mean :math:`\bar d` of the target there, which knows the time since the cue and
nothing else. With E and V the running means, over trials, of :math:`(d - z)^2` and
:math:`(d - \bar d)^2`,

.. math:: \alpha = \max(0, 1 - E / V'), \quad g = f + (1 - f) \alpha, \quad V' = V + 0.01

So :math:`\alpha` is the part of the target's variance that the readout explains, as the gain of a Kalman
filter is (Dayan et al. 2000). Where events come at random the readout explains nothing, and they teach at
the floor f. What is new is attended: V starts at 0.1, as if much had been explained, and forgets that over
the trials. All that a window needs is local to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from ...units import Domain, Milliseconds, settings
from .context import GateContext

__all__ = ["LearnedGate"]

Array = npt.NDArray[Any]
Memory = Mapping[str, Array]
_Time = Annotated[float, Domain(unit="ms")]
_SLACK = 0.01
_NOVELTY = 0.1


@settings
class LearnedGate:
    r"""Opens where the outcome has been predicted better than by its base rate.

    Parameters
    ----------
    floor : float
        Opening f where nothing is predicted; above 0, or a window that closes never opens again.
    trials : float
        Trials over which errors are averaged.
    width_ms : float
        Length of a window.
    start_ms, stop_ms : float
        First and last time, relative to the cue, that windows cover; times beyond belong to the nearest.

    References
    ----------
    Mackintosh 1975, doi:10.1037/h0076778. Dayan, Kakade & Montague 2000, doi:10.1038/81504.

    Examples
    --------
    >>> gate, times = LearnedGate(floor=0.2, start_ms=0.0, stop_ms=200.0), np.array([50.0, 150.0])
    >>> memory = gate.start(1)
    >>> target, read = np.array([[1.0, 1.0]]), np.array([[1.0, 0.0]])
    >>> for number in range(100):
    ...     here = number % 2
    ...     memory = gate.observe(memory, times, target * here, read * here)
    ...     memory = gate.remember(memory, times, number)
    >>> context = GateContext(times, np.zeros(1), np.zeros(1), attention=memory["attention"])
    >>> gate.course(context).round(2).tolist()
    [[1.0, 0.2]]
    """

    kind: ClassVar[str] = "learned"
    floor: Annotated[float, Domain(0, 1, low_open=True)] = 0.1
    trials: Annotated[float, Domain(1)] = 20.0
    width_ms: Milliseconds = 100.0
    start_ms: _Time = -400.0
    stop_ms: _Time = 1800.0

    def __attrs_post_init__(self) -> None:
        if self.stop_ms < self.start_ms + self.width_ms:
            raise ValueError(
                f"stop_ms is {self.stop_ms:g}; it must be at least start_ms + width_ms, "
                f"{self.start_ms + self.width_ms:g} ms."
            )

    def course(self, context: GateContext) -> Array:
        """Return the gate, (B, T); open where nothing has been learned."""
        if context.attention is None:
            return np.ones((len(context.outcome_ms), len(context.time_ms)))
        _, error, variance = np.moveaxis(context.attention, 1, 0)
        associability = np.maximum(0, 1 - error / (variance + _SLACK))
        gate: Array = self.floor + (1 - self.floor) * associability[:, self._window(context.time_ms)]
        return gate

    def start(self, batch: int) -> Memory:
        r"""Return the memory before learning.

        ``attention`` (B, 3, W) is the mean target, E and V of each window, ``attended`` (B, 3, W) the sums
        of d, :math:`(d - z)^2` and :math:`(d - \bar d)^2` over the trial so far.
        """
        new = np.array([0, 0, _NOVELTY])[None, :, None]
        shape = (batch, 3, self._count)
        return {"attention": np.broadcast_to(new, shape).copy(), "attended": np.zeros(shape)}

    def observe(self, memory: Memory, time_ms: Array, target: Array, read: Array) -> Memory:
        """Return the memory after a stretch of a trial.

        Parameters
        ----------
        memory : mapping
        time_ms : (T,) array
        target, read : (B, T) arrays
            The target d and what was read out, z.
        """
        window, sums = self._window(time_ms), memory["attended"].copy()
        mean = memory["attention"][:, 0, window]
        seen = np.stack((target, (target - read) ** 2, (target - mean) ** 2))
        # Bin after bin, so that a trial in pieces gives the bits of the whole.
        np.add.at(sums.transpose(2, 1, 0), window, seen.transpose(2, 0, 1))
        return {**memory, "attended": sums}

    def remember(self, memory: Memory, trial_ms: Array, number: int) -> Memory:
        """Return the memory after a trial.

        Parameters
        ----------
        memory : mapping
        trial_ms : (T,) array
            Times of all bins of the trial.
        number : int
            Trials before it; until there are `trials` of them the mean target is that of them all.
        """
        before, sums = memory["attention"], memory["attended"]
        count = np.bincount(self._window(trial_ms), minlength=self._count)
        means = np.divide(sums, count, out=before.copy(), where=count > 0)
        averaged = np.array([min(self.trials, number + 1), self.trials, self.trials])[:, None]
        return {
            **memory,
            "attention": before + (means - before) / averaged,
            "attended": np.zeros_like(sums),
        }

    @property
    def _count(self) -> int:
        return int(np.ceil((self.stop_ms - self.start_ms) / self.width_ms - 1e-9))

    def _window(self, time_ms: Array) -> Array:
        place = np.floor((time_ms - self.start_ms) / self.width_ms)
        return np.clip(place, 0, self._count - 1).astype(np.int64)
