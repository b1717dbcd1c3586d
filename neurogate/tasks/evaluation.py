"""From a finished session to its results: readouts in frozen probes, learning curves, metrics.

The arrays of a result, with P judgements, C cues, K outcomes and T bins of the cue:

=========================== ================================================================
``probe_time_ms``           (T,) of which time, relative to the cue, each bin foretells: its end, and the lead
``probe_window_ms``         (2,) where peaks are looked for; also ``probe_floor``, ``probe_half_width_ms``
``probe_trial``             (P,) training trials done at each judgement
``block_start``             (blocks + 1,) first trial of each block, and their number
``latency_ms``              (blocks, C) when outcomes are due: the latency, or the most likely time
``true_probability``        (blocks, C, K) at the end of each block
``probe_probability``       (P, C, K) in the last trial before each judgement
``expected_when``           (blocks, C, T) what *when* would read if nothing more could be learned
``block_names`` and others  also ``cue_names``, ``outcome_names``, ``rule_names``
``neuron_type``             (N,) 0 excitatory, 1 inhibitory
``mean_rate_hz``            (B,) over all probes
``raster_time_ms``          spikes of one probe of cue ``raster_cue`` in the first replica, with
                            ``raster_neuron`` and ``raster_window_ms``
``RULE.when``               (B, blocks, C, T) *when* in the probes, weights as at the end of each
                            block (NaN where they were not noted)
``RULE.what``               (B, blocks, C, K, T) *what*, likewise
``RULE.single_peak_ms``     (B, blocks, C, per_cue) predicted time in each probe by itself, NaN for none
``RULE.peak_ms``            (B, P, C) predicted time
``RULE.amplitude``          (B, P, C) *when* at that time
``RULE.timing_error_ms``    (B, P, C)
``RULE.timing_bias_ms``     (B, P, C) how much too late; NaN where nothing was predicted
``RULE.probability``        (B, P, C, K) learned probability
``RULE.probability_error``  (B, P, C) mean over outcomes
``RULE.probability_then``   (B, P, C, K) *what* around the time at which outcomes were due in the first block
                            judged, whenever they are due and predicted now
``RULE.when_weights``       (B, N) at the end of the first block judged
``RULE.what_weights``       (B, K, N + 1) likewise, the last weight is that of the constant; (B, K, N) of a
                            rule whose *what* reads phasic traces
``RULE.angle_deg``          (B, P) and ``RULE.when_overlap``, ``RULE.what_overlap``: how the weights lie to
                            each other and to those above, see `neurogate.tasks.subspaces`
``null.own_traces_deg``     (B, draws) angles that chance gives, and with ``probes.subspaces``
``null.NAME_deg``           from other nulls, and
``activity.NAME``           how *what* and *when* lie in the activity: see there
``record.NAME``             what was asked for, see `neurogate.tasks.record`
=========================== ================================================================

A reservoir without spikes has no ``mean_rate_hz`` and no ``raster_`` arrays.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from ..analysis.predictions import read_probability
from ..network.rate_reservoir import AnyReservoir
from ..plasticity.episode import read_by
from .clock import Clock
from .memory import Memory
from .probes import READING, Probes, judge
from .scores import scores
from .subspaces import activity_subspaces, angle_nulls, weight_courses
from .truth import block_of, due_ms, expected_when, last_judgements, true_probability
from .what_when import WhatWhen

__all__ = ["Finished", "Result", "evaluate"]

Array = npt.NDArray[Any]
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
        ``timing_error_ms`` and its signed part ``timing_bias_ms`` (last 100 trials of each block, mean over
        blocks and cues), ``single_peak_sd_ms`` (spread of the predicted time from probe to probe),
        ``when_r`` (correlation of *when* with ``expected_when`` over time and cues, end of each block),
        ``probability_mae``, ``probability_r``, and ``product_r``, the correlation of the height of *when*
        times *what* with the probability (all three at the end of each block, pooled; a
        `neurogate.tasks.prediction.Prediction` divides that height out, so it correlates as
        ``probability_r`` does), ``when_what_angle_deg`` (end of the first block judged) with its null,
        ``mean_rate_hz``, and the same per block under ``blocks``.
    """

    arrays: Mapping[str, Array]
    metrics: Mapping[str, Mapping[str, Any]]

    def of(self, rules: Mapping[str, str]) -> Result:
        """Return what a session with some of the rules would have found.

        Parameters
        ----------
        rules : mapping of str to str
            Names of rules here, by the names that they get.

        Examples
        --------
        >>> found = {"block_start": np.zeros(1), "a.when": np.ones(1), "b.when": np.zeros(1)}
        >>> whole = Result(found, {"a": {}, "b": {}})
        >>> sorted(whole.of({"mine": "b"}).arrays)
        ['block_start', 'mine.when', 'rule_names']
        """
        arrays = {"rule_names": np.array(list(rules))}
        names = {rule: [new for new, old in rules.items() if old == rule] for rule in self.metrics}
        for name, array in self.arrays.items():
            record, rule, key = _parts(name)
            if rule not in names:
                arrays.setdefault(name, array)
            for new in names.get(rule, ()):
                arrays[f"{record}{new}.{key}"] = array
        return Result(arrays, {new: self.metrics[rule] for new, rule in rules.items()})


@functools.lru_cache(1024)
def _parts(name: str) -> tuple[str, str, str]:
    """Return whether an array was recorded, the rule that it may belong to, and what is left of its name."""
    record = "record." if name.startswith("record.") else ""
    rule, _, key = name.removeprefix(record).rpartition(".")
    return record, rule, key


def evaluate(finished: Finished) -> Result:
    """Judge every rule of a finished session.

    Parameters
    ----------
    finished : Finished
    """
    arrays, metrics = _shared_arrays(finished), {}
    rate = {key: float(arrays[key].mean()) for key in ("mean_rate_hz",) if key in arrays}
    # One thread: products of matrices change their bits with the number of threads.
    with threadpool_limits(1):
        expected = arrays["expected_when"]
        arrays |= _subspaces(finished)
        null = arrays["null.own_traces_deg"]
        for name in finished.rules:
            judged = _judge_rule(finished, name, arrays["latency_ms"])
            arrays |= {f"{name}.{key}": value for key, value in judged.items()}
            metrics[name] = scores(finished.task, finished.judged, judged, expected, null) | rate
    arrays |= {f"record.{key}": np.stack(values, axis=1) for key, values in finished.memory.kept.items()}
    return Result(arrays, metrics)


def _shared_arrays(finished: Finished) -> dict[str, Array]:
    task, memory, clock = finished.task, finished.memory, finished.clock
    foretold_ms = task.foretold_ms(clock.time_ms[clock.cue_bins])
    return {
        "probe_time_ms": foretold_ms,
        **{f"probe_{key}": np.array(getattr(finished.probes, key)) for key in READING},
        "probe_trial": finished.judged,
        "block_start": np.array(task.starts),
        "block_names": np.array([block.name for block in task.blocks]),
        "cue_names": np.array([str(c + 1) for c in range(task.cues)]),
        "outcome_names": np.array(task.outcomes),
        "rule_names": np.array(list(finished.rules)),
        "latency_ms": due_ms(task),
        "true_probability": task.probability(),
        "probe_probability": true_probability(task, finished.judged),
        "expected_when": expected_when(task, foretold_ms),
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


def _subspaces(finished: Finished) -> dict[str, Array]:
    """Return which angles chance gives and, if asked for, how *what* and *when* lie in the activity."""
    memory, seeds, everything = finished.memory, finished.seeds, finished.probes.subspaces
    nulls = angle_nulls(memory.samples, seeds, len(finished.task.outcomes), others=everything)
    if not everything:
        return nulls
    return nulls | activity_subspaces(memory.probes["tonic"][..., :-1] / finished.probes.per_cue, seeds)


def _judge_rule(finished: Finished, name: str, due: Array) -> dict[str, Array]:
    """Read all notes of one rule out in the probes and compare them with the truth of their block.

    When outcomes are due, (blocks, C), is asked once for all rules: it takes long where times are spread.
    """
    task, memory, call = finished.task, finished.memory, finished.reservoir.call
    per_cue = np.asarray(finished.probes.per_cue, finished.reservoir.dtype)
    phasic, tonic = (memory.probes[key] / per_cue for key in ("phasic", "tonic"))
    when_weights, what_weights = (memory.notes[f"{name}.{key}"] for key in ("when", "what"))
    when = _read(call, when_weights, phasic)[:, :, 0]
    what = _read(call, what_weights, read_by(what_weights, phasic, tonic)).transpose(0, 1, 3, 2, 4)
    time_ms = task.foretold_ms(finished.clock.time_ms[finished.clock.cue_bins])
    block, probability = block_of(task, finished.judged), true_probability(task, finished.judged)
    judged = judge(finished.probes, when, what, time_ms, due[block], probability)
    then = np.broadcast_to(due[block[0]], what.shape[:3])
    ends = last_judgements(task, finished.judged)
    known, first = ends >= 0, int(ends[ends >= 0][0])
    return {
        "when": np.where(known[None, :, None, None], when[:, ends], np.nan),
        "what": np.where(known[None, :, None, None, None], what[:, ends], np.nan),
        "single_peak_ms": memory.notes[f"{name}.single_peak_ms"],
        **judged,
        "probability_then": read_probability(what, time_ms, then, finished.probes.half_width_ms),
        "when_weights": when_weights[:, first, 0],
        "what_weights": what_weights[:, first],
        **weight_courses(when_weights[:, :, 0], what_weights[..., : phasic.shape[-1]], first),
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
