"""Metrics: what a rule's readouts in frozen probes come to, in numbers that can be compared.

Each is a mean over replicas. What it is computed from, and the arrays themselves, are described in
`neurogate.tasks.evaluation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..analysis.nulls import summary, tail_fraction
from ..analysis.predictions import correlation, trials_to_criterion
from .spread import known_mean, spread
from .truth import block_of, last_judgements
from .what_when import WhatWhen

__all__ = ["SETTLED_TRIALS", "scores"]

Array = npt.NDArray[Any]
SETTLED_TRIALS = 100
"""How many trials at the end of a block timing errors are taken over."""
TIMING_CRITERION_MS = 50.0
PROBABILITY_CRITERION = 0.1


def scores(
    task: WhatWhen, trials: Array, judged: Mapping[str, Array], expected: Array, null: Array
) -> dict[str, Any]:
    """Return the metrics of one rule.

    Parameters
    ----------
    task : WhatWhen
    trials : (P,) int array
        Training trials done at each judgement.
    judged : mapping of str to array
        Arrays of the rule, without its name.
    expected : (blocks, C, T) array
        What *when* would read if it were learned perfectly.
    null : (B, draws) array
        Angles that chance gives: ``null.own_traces_deg`` of `neurogate.tasks.subspaces.angle_nulls`.
    """
    ends = last_judgements(task, trials)
    known = np.flatnonzero(ends >= 0)
    blocks = {task.blocks[k].name: _block_scores(task, trials, judged, k) for k in known}
    learned, truth = judged["probability"][:, ends[known]], task.probability()[known]
    truth = np.broadcast_to(truth, learned.shape)
    amplitude, when = judged["amplitude"][:, ends[known], :, None], judged["when"][:, known]
    return {
        "timing_error_ms": float(np.mean([b["timing_error_ms"] for b in blocks.values()])),
        "timing_bias_ms": known_mean(np.array([b["timing_bias_ms"] for b in blocks.values()])),
        "worst_cue_timing_error_ms": float(np.max([b["worst_cue_timing_error_ms"] for b in blocks.values()])),
        "single_peak_sd_ms": known_mean(spread(judged["single_peak_ms"][:, known])),
        "when_r": correlation(when, np.broadcast_to(expected[known], when.shape)),
        "probability_mae": float(np.abs(learned - truth).mean()),
        "probability_r": correlation(learned, truth),
        "product_r": correlation(amplitude * learned, truth),
        **_angles(judged["angle_deg"][:, ends[known[0]]], null),
        "blocks": blocks,
    }


def _block_scores(task: WhatWhen, trials: Array, judged: Mapping[str, Array], k: int) -> dict[str, float]:
    first, last = task.starts[k : k + 2]
    block = block_of(task, trials) == k
    settled = block & (trials > max(first, last - SETTLED_TRIALS))
    timing, error = judged["timing_error_ms"], judged["probability_error"]
    trial = trials[block] - first
    per_cue = timing[:, settled].mean(axis=1)
    timed = trials_to_criterion(trial, timing[:, block].mean(axis=2), TIMING_CRITERION_MS)
    learned = trials_to_criterion(trial, error[:, block].mean(axis=2), PROBABILITY_CRITERION)
    return {
        "timing_error_ms": float(per_cue.mean()),
        "timing_bias_ms": known_mean(judged["timing_bias_ms"][:, settled]),
        "worst_cue_timing_error_ms": float(per_cue.max(axis=1).mean()),
        "probability_mae": float(error[:, np.flatnonzero(block)[-1]].mean()),
        "trials_to_timing": float(np.median(timed)),
        "trials_to_probability": float(np.median(learned)),
    }


def _angles(angles: Array, null: Array) -> dict[str, float]:
    """Return the angle between the readouts beside its null."""
    nulls = [summary(drawn) for drawn in null]
    tails = [tail_fraction(drawn, angle) for drawn, angle in zip(null, angles, strict=True)]
    return {
        "when_what_angle_deg": float(np.mean(angles)),
        "when_what_angle_null_deg": float(np.mean([n["mean"] for n in nulls])),
        "when_what_angle_null_p5_deg": float(np.mean([n["p5"] for n in nulls])),
        "when_what_angle_null_p": float(np.mean(tails)),
    }
