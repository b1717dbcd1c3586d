"""The course of one trial: when the cue and the outcome act on the reservoir."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..units import Milliseconds, NonNegative, settings, whole_steps

__all__ = ["Timeline"]

Array = npt.NDArray[Any]


@settings
class Timeline:
    """Times and amplitudes of one trial.

    A trial is: interval, cue onset, sustained cue, gap. The outcome pulse comes at its latency after the
    cue and does not end the cue.

    Parameters
    ----------
    interval_ms : float
        Time before the cue.
    onset_ms, onset_amplitude : float
        Strong first part of the cue.
    cue_ms, cue_amplitude : float
        Length of the whole cue, the same in every trial, and its amplitude after the onset.
    outcome_ms, outcome_amplitude : float
        The outcome pulse.
    gap_ms : float
        Time after the cue.

    Examples
    --------
    >>> Timeline().trial_ms
    2200.0
    """

    interval_ms: NonNegative = 400.0
    onset_ms: NonNegative = 100.0
    onset_amplitude: float = 1.0
    cue_ms: Milliseconds = 1650.0
    cue_amplitude: float = 0.5
    outcome_ms: NonNegative = 50.0
    outcome_amplitude: float = 0.5
    gap_ms: NonNegative = 150.0

    def __attrs_post_init__(self) -> None:
        if self.onset_ms > self.cue_ms:
            raise ValueError(f"onset_ms is {self.onset_ms:g}; it must be at most cue_ms, {self.cue_ms:g} ms.")

    @property
    def trial_ms(self) -> float:
        """Length of a trial."""
        return self.interval_ms + self.cue_ms + self.gap_ms

    def times(self) -> dict[str, float]:
        """Return every time that has to be a whole number of steps."""
        names = ("interval_ms", "onset_ms", "cue_ms", "outcome_ms", "gap_ms")
        return {name: getattr(self, name) for name in names}

    def inputs(
        self, dt_ms: float, cue: Array, cues: int, outcome: Array, outcomes: int, latency_ms: Array
    ) -> Array:
        """Return the input channels of one trial of every replica.

        Parameters
        ----------
        dt_ms : float
        cue : (B,) int array
        cues : int
            Number of cues C; channel c carries cue c.
        outcome : (B,) int array
            Which outcome comes, -1 for none.
        outcomes : int
            Number of outcomes K; channel C + k carries outcome k.
        latency_ms : (B,) array
            Time of the outcome after the cue.

        Returns
        -------
        (B, T, C + K) array

        Examples
        --------
        >>> x = Timeline().inputs(1.0, np.array([1]), 2, np.array([-1]), 1, np.array([300.0]))
        >>> x.shape, x[0, 399:401, 1].tolist(), x[0, 500, 1].item()
        ((1, 2200, 3), [0.0, 1.0], 0.5)
        """
        steps = {name: _steps(value, dt_ms) for name, value in self.times().items()}
        start, stop = steps["interval_ms"], steps["interval_ms"] + steps["cue_ms"]
        x = np.zeros((len(cue), stop + steps["gap_ms"], cues + outcomes))
        for b in range(len(cue)):
            x[b, start:stop, cue[b]] = self.cue_amplitude
            x[b, start : start + steps["onset_ms"], cue[b]] = self.onset_amplitude
            if outcome[b] >= 0:
                at = start + _steps(float(latency_ms[b]), dt_ms)
                x[b, at : at + steps["outcome_ms"], cues + outcome[b]] = self.outcome_amplitude
        return x

    def add(
        self,
        inputs: Array,
        dt_ms: float,
        channel: Array,
        start_ms: Array,
        duration_ms: float,
        amplitude: float,
    ) -> None:
        """Write more pulses into the inputs of a trial; what would come after its end is left out.

        Parameters
        ----------
        inputs : (B, T, K) array
            As made by `inputs`; changed in place.
        dt_ms : float
        channel : (B, E) int array
        start_ms : (B, E) array
            Relative to the cue; NaN for no pulse.
        duration_ms, amplitude : float

        Examples
        --------
        >>> x = np.zeros((1, 2200, 1))
        >>> Timeline().add(x, 1.0, np.array([[0]]), np.array([[-400.0]]), 50.0, 2.0)
        >>> x[0, [0, 49, 50], 0].tolist()
        [2.0, 2.0, 0.0]
        """
        length = _steps(duration_ms, dt_ms)
        for b, e in np.argwhere(np.isfinite(start_ms)):
            first = _steps(self.interval_ms + float(start_ms[b, e]), dt_ms)
            inputs[b, first : first + length, channel[b, e]] = amplitude


def _steps(duration_ms: float, dt_ms: float) -> int:
    steps = whole_steps(duration_ms, dt_ms)
    if steps is None:
        raise ValueError(f"{duration_ms:g} ms is not a whole number of steps of {dt_ms:g} ms.")
    return steps
