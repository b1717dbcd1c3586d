"""From a finished session to its results: readouts in frozen probes, learning curves, metrics.

The arrays of a result, with P judgements, C cues, K outcomes and T bins of the cue:

=========================== ================================================================
``probe_time_ms``           (T,) end of each bin, relative to the cue
``probe_trial``             (P,) training trials done at each judgement
``block_start``             (blocks + 1,) first trial of each block, and their number
``latency_ms``              (blocks, C) true latencies
``true_probability``        (blocks, C, K)
``block_names`` and others  also ``cue_names``, ``outcome_names``, ``rule_names``
``neuron_type``             (N,) 0 excitatory, 1 inhibitory
``mean_rate_hz``            (B,) over all probes
``raster_time_ms``          spikes of one probe of cue ``raster_cue`` in the first replica, with
                            ``raster_neuron`` and ``raster_window_ms``
``RULE.when``               (B, blocks, C, T) *when* in the probes, weights as at the end of each
                            block (NaN where they were not noted)
``RULE.peak_ms``            (B, P, C) predicted time
``RULE.timing_error_ms``    (B, P, C)
``RULE.probability``        (B, P, C, K) learned probability
``RULE.probability_error``  (B, P, C) mean over outcomes
``RULE.when_weights``       (B, N) at the end of the first block judged
``RULE.what_weights``       (B, K, N + 1) likewise, the last weight is that of the constant
``record.NAME``             what was asked for, see `neurogate.tasks.record`
=========================== ================================================================

A reservoir without spikes has no ``mean_rate_hz`` and no ``raster_`` arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from ..analysis.nulls import summary, tail_fraction, trace_sum_angles
from ..analysis.predictions import correlation, trials_to_criterion
from ..analysis.subspaces import angle_between
from ..network.rate_reservoir import AnyReservoir
from .clock import Clock
from .memory import Memory
from .probes import Probes, judge
from .what_when import WhatWhen

__all__ = ["Finished", "Result", "evaluate"]

Array = npt.NDArray[Any]
SETTLED_TRIALS = 100
TIMING_CRITERION_MS = 50.0
PROBABILITY_CRITERION = 0.1
NULL_DRAWS = 200
RASTER_BEFORE_MS = 200.0


@attrs.frozen(eq=False)
class Finished:
    """A session that has done all its trials.

    Parameters
    ----------
    reservoir : Reservoir or RateReservoir
    task : WhatWhen
    probes : Probes
    clock : Clock
    rules : tuple of str
        Names of the rules.
    seeds : tuple of int
        One per replica.
    judged : (P,) int array
        Training trials after which weights were noted.
    memory : Memory
    """

    reservoir: AnyReservoir
    task: WhatWhen
    probes: Probes
    clock: Clock
    rules: tuple[str, ...]
    seeds: tuple[int, ...]
    judged: Array
    memory: Memory


@attrs.frozen(eq=False)
class Result:
    """What a session found.

    Parameters
    ----------
    arrays : mapping of str to array
        Everything that figures need, by the names and shapes of the module's docstring.
    metrics : mapping of str to mapping
        For each rule, measured in frozen omission probes and averaged over replicas:
        ``timing_error_ms`` (last 100 trials of each block, mean over blocks and cues),
        ``probability_mae`` and ``probability_r`` (end of each block, pooled),
        ``when_what_angle_deg`` (end of the first block judged) with its null, ``mean_rate_hz``, and the
        same per block under ``blocks``.
    """

    arrays: Mapping[str, Array]
    metrics: Mapping[str, Mapping[str, Any]]


def evaluate(finished: Finished) -> Result:
    """Judge every rule of a finished finished.

    Parameters
    ----------
    finished : Finished
    """
    arrays = _shared_arrays(finished)
    metrics = {}
    # One thread: products of matrices change their bits with the number of threads.
    with threadpool_limits(1):
        nulls = _nulls(finished)
        for name in finished.rules:
            judged = _judge_rule(finished, name)
            arrays |= {f"{name}.{key}": value for key, value in judged.items()}
            metrics[name] = _metrics(finished, judged, arrays.get("mean_rate_hz"), nulls)
    arrays |= {f"record.{key}": np.stack(values, axis=1) for key, values in finished.memory.kept.items()}
    return Result(arrays, metrics)


def _shared_arrays(finished: Finished) -> dict[str, Array]:
    task, memory, clock = finished.task, finished.memory, finished.clock
    return {
        "probe_time_ms": clock.time_ms[clock.cue_bins],
        "probe_trial": finished.judged,
        "block_start": np.array(task.starts),
        "block_names": np.array([block.name for block in task.blocks]),
        "cue_names": np.array([str(c + 1) for c in range(task.cues)]),
        "outcome_names": np.array(task.outcomes),
        "rule_names": np.array(list(finished.rules)),
        "latency_ms": task.latency_ms(),
        "true_probability": task.probability(),
        "neuron_type": finished.reservoir.neuron_type[0],
        **(_spikes(finished) if memory.probes["steps"] else {}),
    }


def _spikes(finished: Finished) -> dict[str, Array]:
    """Return how often neurons spiked in the probes, and the spikes of one of them."""
    task, memory, clock = finished.task, finished.memory, finished.clock
    n = finished.reservoir.shape[1]
    seconds = memory.probes["steps"] * clock.dt_ms / 1000
    raster = memory.probes["raster"][0]
    time_ms = clock.dt_ms * (np.arange(len(raster)) + 1) - task.timeline.interval_ms
    step, neuron = np.nonzero(raster)
    window = np.array([-RASTER_BEFORE_MS, task.timeline.cue_ms])
    shown = (time_ms[step] >= window[0]) & (time_ms[step] <= window[1])
    return {
        "mean_rate_hz": memory.probes["spikes"] / (n * seconds),
        "raster_cue": np.array(task.cues - 1),
        "raster_time_ms": time_ms[step][shown],
        "raster_neuron": neuron[shown],
        "raster_window_ms": window,
    }


def _judge_rule(finished: Finished, name: str) -> dict[str, Array]:
    """Read all notes of one rule out in the probes and compare them with the truth of their block."""
    task, memory, call = finished.task, finished.memory, finished.reservoir.call
    per_cue = np.asarray(finished.probes.per_cue, finished.reservoir.dtype)
    when = _read(call, memory.notes[f"{name}.when"], memory.probes["phasic"] / per_cue)[:, :, 0]
    what = _read(call, memory.notes[f"{name}.what"], memory.probes["tonic"] / per_cue)
    block = _block_of(finished)
    time_ms = finished.clock.time_ms[finished.clock.cue_bins]
    judged = judge(
        finished.probes,
        when,
        what.transpose(0, 1, 3, 2, 4),
        time_ms,
        task.latency_ms()[block],
        task.probability()[block],
    )
    ends = _last_judgement(finished)
    return {
        "when": np.where(ends[None, :, None, None] >= 0, when[:, ends], np.nan),
        **judged,
        "when_weights": memory.notes[f"{name}.when"][:, _first_end(finished), 0],
        "what_weights": memory.notes[f"{name}.what"][:, _first_end(finished)],
    }


def _read(call: Any, weights: Array, samples: Array) -> Array:
    """Read weights (B, P, K, N) out of samples (B, C, T, N) as (B, P, K, C, T)."""
    batch, notes, width, n = weights.shape
    cues, bins = samples.shape[1:3]
    flat = call("readout")(
        np.ascontiguousarray(weights.reshape(batch, notes * width, n)),
        np.ascontiguousarray(samples.reshape(batch, cues * bins, n)),
    )
    read: Array = flat.transpose(0, 2, 1).reshape(batch, notes, width, cues, bins)
    return read


def _block_of(finished: Finished) -> Array:
    """Return the block of the last trial before each judgement, (P,)."""
    return np.searchsorted(finished.task.starts[1:], finished.judged)


def _last_judgement(finished: Finished) -> Array:
    """Return the index of the last judgement of each block, -1 where there is none."""
    block = _block_of(finished)
    return np.array([np.flatnonzero(block == k).max(initial=-1) for k in range(len(finished.task.blocks))])


def _first_end(finished: Finished) -> int:
    ends = _last_judgement(finished)
    return int(ends[ends >= 0][0])


def _metrics(
    finished: Finished, judged: Mapping[str, Array], rate_hz: Array | None, nulls: Sequence[Array]
) -> dict[str, Any]:
    ends = _last_judgement(finished)
    blocks = {
        finished.task.blocks[k].name: _block_metrics(finished, judged, k)
        for k in range(len(ends))
        if ends[k] >= 0
    }
    known = ends >= 0
    learned, truth = judged["probability"][:, ends[known]], finished.task.probability()[known]
    return {
        "timing_error_ms": float(np.mean([b["timing_error_ms"] for b in blocks.values()])),
        "worst_cue_timing_error_ms": float(np.max([b["worst_cue_timing_error_ms"] for b in blocks.values()])),
        "probability_mae": float(np.abs(learned - truth).mean()),
        "probability_r": correlation(learned, np.broadcast_to(truth, learned.shape)),
        **_angles(judged, nulls),
        **({} if rate_hz is None else {"mean_rate_hz": float(rate_hz.mean())}),
        "blocks": blocks,
    }


def _block_metrics(finished: Finished, judged: Mapping[str, Array], k: int) -> dict[str, float]:
    first, last = finished.task.starts[k : k + 2]
    block = _block_of(finished) == k
    settled = block & (finished.judged > max(first, last - SETTLED_TRIALS))
    timing, error = judged["timing_error_ms"], judged["probability_error"]
    trial = finished.judged[block] - first
    per_cue = timing[:, settled].mean(axis=1)
    timed = trials_to_criterion(trial, timing[:, block].mean(axis=2), TIMING_CRITERION_MS)
    learned = trials_to_criterion(trial, error[:, block].mean(axis=2), PROBABILITY_CRITERION)
    return {
        "timing_error_ms": float(per_cue.mean()),
        "worst_cue_timing_error_ms": float(per_cue.max(axis=1).mean()),
        "probability_mae": float(error[:, np.flatnonzero(block)[-1]].mean()),
        "trials_to_timing": float(np.median(timed)),
        "trials_to_probability": float(np.median(learned)),
    }


def _nulls(finished: Finished) -> list[Array]:
    """Return, for each replica, angles between random sums of the traces that rules learn from."""
    outcomes, nulls = len(finished.task.outcomes), []
    for b, seed in enumerate(finished.seeds):
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(102,)))
        phasic, tonic = (finished.memory.samples[name][b] for name in ("phasic", "tonic"))
        varied = len(tonic) > outcomes and np.ptp(phasic, axis=0).any() and np.ptp(tonic, axis=0).any()
        drawn = trace_sum_angles(rng, phasic, tonic, outcomes, NULL_DRAWS) if varied else np.full(1, np.nan)
        nulls.append(drawn)
    return nulls


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
