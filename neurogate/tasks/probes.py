"""Frozen omission probes: how what was learned is judged.

In a probe plasticity is off, the cue is as in training, the outcome is left out and the noise is new.
Nothing is ever judged on a readout that is being taught in the same trial.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from ..analysis.predictions import peak_time, read_probability, timing_error
from ..units import Count, Domain, Milliseconds, NonNegative, settings

__all__ = ["READING", "Probes", "judge"]

Array = npt.NDArray[Any]

READING = ("window_ms", "floor", "half_width_ms")
"""Settings of the probes that say how predictions are read; a result keeps them as ``probe_NAME``."""


@settings
class Probes:
    """How probes are made and read.

    Parameters
    ----------
    per_cue : int
        Probe trials of each cue; readouts are averaged over them.
    every : int
        Training trials between two judgements.
    window_ms : tuple of float
        The peak of *when* is looked for between these times after the cue; every latency must lie there.
    floor : float
        A peak below this counts as no prediction.
    missed_error_ms : float
        Timing error of no prediction.
    half_width_ms : float
        The probability is the mean of *what* within this distance of the peak.
    subspaces : bool
        Measure the subspaces of the activity and every null of the angles too; it takes longer than all the
        rest of the judgement.

    Examples
    --------
    >>> Probes().per_cue
    8
    """

    per_cue: Count = 8
    every: Count = 10
    window_ms: tuple[NonNegative, NonNegative] = (100.0, 1500.0)
    floor: Annotated[float, Domain()] = 0.08
    missed_error_ms: Milliseconds = 600.0
    half_width_ms: Milliseconds = 40.0
    subspaces: bool = False

    def __attrs_post_init__(self) -> None:
        low, high = self.window_ms
        if low >= high:
            raise ValueError(f"window_ms is ({low:g}, {high:g}); the first time must be below the second.")


def judge(
    probes: Probes, when: Array, what: Array, time_ms: Array, latency_ms: Array, probability: Array
) -> Mapping[str, Array]:
    """Judge readouts of frozen omission probes against the truth.

    Parameters
    ----------
    probes : Probes
    when : (..., C, T) array
        *When*, averaged over the probe trials of each cue.
    what : (..., C, K, T) array
        *What*, likewise.
    time_ms : (T,) array
        Time after the cue.
    latency_ms : (..., C) array
        True latencies.
    probability : (..., C, K) array
        True probabilities.

    Returns
    -------
    mapping
        ``peak_ms``, ``amplitude`` (of *when* at its peak), ``timing_error_ms``, ``timing_bias_ms`` (late is
        above 0; NaN where nothing was predicted), ``probability_error`` (..., C), and ``probability``
        (..., C, K).

    Examples
    --------
    >>> t = np.arange(5.0, 1600.0, 5.0)
    >>> when = np.exp(-0.5 * ((t - 600) / 40) ** 2)[None]
    >>> result = judge(Probes(), when, np.full((1, 1, t.size), 0.5), t, np.array([580.0]), np.array([[0.4]]))
    >>> float(result["timing_error_ms"][0]), float(result["probability_error"][0].round(6))
    (20.0, 0.1)
    """
    peak_ms, amplitude, found = peak_time(when, time_ms, probes.window_ms, probes.floor)
    learned = read_probability(what, time_ms, peak_ms, probes.half_width_ms)
    error_ms = timing_error(peak_ms, found, latency_ms, probes.missed_error_ms)
    return {
        "peak_ms": peak_ms,
        "amplitude": amplitude,
        "timing_error_ms": error_ms,
        "timing_bias_ms": np.where(found, peak_ms - latency_ms, np.nan),
        "probability": learned,
        "probability_error": np.abs(learned - probability).mean(axis=-1),
    }
