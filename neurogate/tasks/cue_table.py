"""What a rule predicted after each cue, beside the truth: a row for each block and cue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from .spread import known_mean, spread

__all__ = ["cue_table"]

Array = npt.NDArray[Any]


def cue_table(arrays: Mapping[str, Array], rule: str) -> list[dict[str, Any]]:
    """Return what a rule predicted after each cue at the end of each judged block, means over replicas.

    Parameters
    ----------
    arrays : mapping of str to array
        Of a `Result` or a stored run.
    rule : str

    Returns
    -------
    list of dict
        ``block``, ``cue``, ``latency_ms``, ``peak_ms`` and ``timing_bias_ms`` (of what was predicted; NaN if
        nothing was), ``timing_error_ms`` (a missed prediction counts), ``single_peak_sd_ms`` and
        ``single_error_ms`` (of single probes: the spread, and the median distance from the truth),
        ``width_ms`` (of the bump, at half its height), ``amplitude`` (of *when* there), and, by outcome,
        ``true_probability``, ``probability`` and ``product`` (amplitude times *what*).

    Examples
    --------
    >>> t, bump = np.array([295.0, 300.0, 305.0, 310.0]), np.array([0.2, 0.6, 0.4, 0.1])
    >>> arrays = {
    ...     "block_names": np.array(["A"]), "block_start": np.array([0, 10]), "probe_trial": np.array([10]),
    ...     "cue_names": np.array(["1"]), "outcome_names": np.array(["X"]), "probe_time_ms": t,
    ...     "latency_ms": np.array([[290.0]]), "true_probability": np.array([[[0.8]]]),
    ...     "r.when": bump.reshape(1, 1, 1, 4), "r.amplitude": np.full((1, 1, 1), 0.6),
    ...     "r.peak_ms": np.full((1, 1, 1), 300.0), "r.timing_error_ms": np.full((1, 1, 1), 10.0),
    ...     "r.timing_bias_ms": np.full((1, 1, 1), 10.0), "r.single_peak_ms": np.full((1, 1, 1, 8), 300.0),
    ...     "r.probability": np.full((1, 1, 1, 1), 0.7),
    ... }
    >>> (row,) = cue_table(arrays, "r")
    >>> row["latency_ms"], row["timing_bias_ms"], row["width_ms"], row["probability"]
    (290.0, 10.0, 10.0, {'X': 0.7})
    """
    block_of = np.searchsorted(arrays["block_start"][1:], arrays["probe_trial"])
    ends = {int(k): int(np.flatnonzero(block_of == k)[-1]) for k in np.unique(block_of)}
    cues = range(len(arrays["cue_names"]))
    return [_row(arrays, rule, k, end, c) for k, end in ends.items() for c in cues]


def _row(arrays: Mapping[str, Array], rule: str, k: int, end: int, c: int) -> dict[str, Any]:
    judged = ("timing_bias_ms", "timing_error_ms", "amplitude")
    amplitude, learned = (arrays[f"{rule}.{key}"][:, end, c] for key in ("amplitude", "probability"))
    bias_ms, latency_ms = arrays[f"{rule}.timing_bias_ms"][:, end, c], float(arrays["latency_ms"][k, c])
    odds = {
        "true_probability": arrays["true_probability"][k, c],
        "probability": learned.mean(axis=0),
        "product": (amplitude[:, None] * learned).mean(axis=0),
    }
    names = [str(name) for name in arrays["outcome_names"]]
    peaks_ms = arrays[f"{rule}.single_peak_ms"][:, k, c]
    single = np.abs(peaks_ms[np.isfinite(peaks_ms)] - latency_ms)
    return {
        "block": str(arrays["block_names"][k]),
        "cue": str(arrays["cue_names"][c]),
        "latency_ms": latency_ms,
        "peak_ms": latency_ms + known_mean(bias_ms),
        **{key: known_mean(arrays[f"{rule}.{key}"][:, end, c]) for key in judged},
        "single_peak_sd_ms": known_mean(spread(peaks_ms)),
        "single_error_ms": float(np.median(single)) if single.size else float("nan"),
        "width_ms": known_mean(_width(arrays, rule, k, end, c)),
        **{key: dict(zip(names, values.tolist(), strict=True)) for key, values in odds.items()},
    }


def _width(arrays: Mapping[str, Array], rule: str, k: int, end: int, c: int) -> Array:
    """Return how long *when* stays above half its height around its peak, NaN where it has none, (B,)."""
    when, time_ms = arrays[f"{rule}.when"][:, k, c], arrays["probe_time_ms"]
    widths = np.full(len(when), np.nan)
    for b, course in enumerate(when):
        peak_ms, height = (arrays[f"{rule}.{key}"][b, end, c] for key in ("peak_ms", "amplitude"))
        if height > 0:
            low = np.flatnonzero(course < height / 2)
            at = np.searchsorted(time_ms, peak_ms)
            before, after = low[low < at], low[low > at]
            first = before[-1] + 1 if before.size else 0
            last = after[0] if after.size else len(course)
            widths[b] = (last - first) * (time_ms[1] - time_ms[0])
    return widths
