"""Metrics: what a rule's readouts in frozen probes come to, in numbers that can be compared.

Each is a mean over replicas. What it is computed from, and the arrays themselves, are described in
`neurogate.tasks.evaluation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..analysis.nulls import summary, tail_fraction, trace_sum_angles
from ..analysis.predictions import correlation, trials_to_criterion
from ..analysis.subspaces import angle_between
from .schedule import generator
from .spread import known_mean, spread
from .truth import block_of, last_judgements
from .what_when import WhatWhen

__all__ = ["angle_nulls", "scores"]

Array = npt.NDArray[Any]
SETTLED_TRIALS = 100
TIMING_CRITERION_MS = 50.0
PROBABILITY_CRITERION = 0.1
NULL_DRAWS = 200
_NULLS = 102


def scores(
    task: WhatWhen, trials: Array, judged: Mapping[str, Array], expected: Array, nulls: Sequence[Array]
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
    nulls : sequence of array
        For each replica, angles that chance gives, from `angle_nulls`.
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
        "object_r": correlation(amplitude * learned, truth),
        **_angles(judged, nulls),
        "blocks": blocks,
    }


def angle_nulls(samples: Mapping[str, Array], seeds: Sequence[int], outcomes: int) -> list[Array]:
    """Return, for each replica, angles between random sums of the traces that rules learn from.

    Parameters
    ----------
    samples : mapping of str to array
        ``phasic`` and ``tonic`` traces, (B, S, N) each.
    seeds : sequence of int
        One per replica.
    outcomes : int

    Returns
    -------
    list of array
        A single NaN where traces do not vary.
    """
    nulls = []
    for b, seed in enumerate(seeds):
        phasic, tonic = (samples[name][b] for name in ("phasic", "tonic"))
        varied = len(tonic) > outcomes and np.ptp(phasic, axis=0).any() and np.ptp(tonic, axis=0).any()
        rng = generator(seed, _NULLS)
        drawn = trace_sum_angles(rng, phasic, tonic, outcomes, NULL_DRAWS) if varied else np.full(1, np.nan)
        nulls.append(drawn)
    return nulls


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


def _angles(judged: Mapping[str, Array], drawn: Sequence[Array]) -> dict[str, float]:
    """Return the angle between the readouts beside its null."""
    angles, nulls, tails = [], [], []
    for b, null in enumerate(drawn):
        when, what = judged["when_weights"][b], judged["what_weights"][b, :, :-1]
        angle = angle_between(when, what) if when.any() and what.any() else float("nan")
        angles.append(angle)
        nulls.append(summary(null))
        tails.append(tail_fraction(null, angle))
    return {
        "when_what_angle_deg": float(np.mean(angles)),
        "when_what_angle_null_deg": float(np.mean([n["mean"] for n in nulls])),
        "when_what_angle_null_p5_deg": float(np.mean([n["p5"] for n in nulls])),
        "when_what_angle_null_p": float(np.mean(tails)),
    }
