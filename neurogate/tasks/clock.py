"""Steps, bins and times of a trial."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from ..errors import RequestError
from ..network.features import Features
from ..units import whole_steps
from .timeline import Timeline

__all__ = ["Clock"]

Array = npt.NDArray[Any]


@attrs.frozen(eq=False)
class Clock:
    """How a trial is divided.

    Parameters
    ----------
    dt_ms, bin_ms : float
        Step and bin.
    steps_per_bin : int
    bins : (T,) int array
        Bin numbers of a trial.
    time_ms : (T,) array
        End of each bin, relative to the cue.
    cue_bins : int array
        Bins while the cue is on.

    Examples
    --------
    >>> clock = Clock.of(1.0, Features(), Timeline())
    >>> clock.time_ms[0].item(), len(clock.bins), len(clock.cue_bins)
    (-395.0, 440, 330)
    """

    dt_ms: float
    bin_ms: float
    steps_per_bin: int
    bins: Array
    time_ms: Array
    cue_bins: Array

    @classmethod
    def of(cls, dt_ms: float, features: Features, timeline: Timeline) -> Clock:
        """Divide a trial into bins.

        Raises
        ------
        RequestError
            If a bin is not a whole number of steps, or the trial not a whole number of bins.
        """
        per_bin = whole_steps(features.bin_ms, dt_ms)
        if not per_bin:
            raise RequestError(
                f"A bin of {features.bin_ms:g} ms is not a whole number of steps of {dt_ms:g} ms."
            )
        count = whole_steps(timeline.trial_ms, features.bin_ms)
        if not count:
            raise RequestError(
                f"A trial of {timeline.trial_ms:g} ms is not a whole number of "
                f"bins of {features.bin_ms:g} ms."
            )
        bins = np.arange(count)
        # Rounded, since a multiple of 0.1 ms may miss the end of the interval by its last bit.
        time_ms = np.round((bins + 1) * features.bin_ms - timeline.interval_ms, 9)
        on = np.flatnonzero((time_ms > 0) & (time_ms <= round(timeline.cue_ms, 9)))
        return cls(dt_ms, features.bin_ms, per_bin, bins, time_ms, on)

    def steps(self, duration_ms: float) -> int:
        """Return how many steps make a duration.

        Raises
        ------
        RequestError
            If it is not a whole number.
        """
        return _whole(duration_ms, self.dt_ms, "steps")

    def bins_in(self, duration_ms: float) -> int:
        """Return how many bins make a duration.

        Raises
        ------
        RequestError
            If it is not a whole number.
        """
        return _whole(duration_ms, self.bin_ms, "bins")


def _whole(duration_ms: float, unit_ms: float, name: str) -> int:
    count = whole_steps(duration_ms, unit_ms)
    if not count:
        raise RequestError(f"{duration_ms:g} ms is not a whole number of {name} of {unit_ms:g} ms.")
    return count
