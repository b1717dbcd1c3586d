"""How much memory a simulation will take, from its settings alone, before anything is built."""

from __future__ import annotations

import functools

import numpy as np

from neurogate.config.parts import Parts, WaveformParts
from neurogate.network.rates import EchoState, Leaky
from neurogate.network.recording import Recording, recording_mb
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Distribution, FromFile
from neurogate.plasticity.force import Force
from neurogate.plasticity.online import OnlineLeastSquares
from neurogate.plasticity.ridge import Ridge
from neurogate.tasks.record import SIMULATED

__all__ = ["memory_mb"]

_PER_NEURON = 60
"""Arrays of one number per neuron and replica: parameters, filters, state, scratch."""


def memory_mb(simulation: Parts | WaveformParts) -> dict[str, float]:
    """Return the memory that each part of a simulation takes at its peak, in MB.

    Parameters
    ----------
    simulation : Parts or WaveformParts

    Returns
    -------
    dict
        Parts: connections, neurons and, depending on the task, one trial, rules, probes, recordings, or one
        piece, the rule, the course.

    Examples
    --------
    >>> parts = memory_mb(Parts(name="mine"))
    >>> 50 < sum(parts.values()) < 200
    True
    """
    if isinstance(simulation, WaveformParts):
        return _waveform_mb(simulation)
    batch, n, size = _sizes(simulation)
    task, features = simulation.task, simulation.features
    outcomes, cues = len(task.outcomes), task.cues
    bins = round(task.timeline.trial_ms / features.bin_ms)
    cue_bins = round(task.timeline.cue_ms / features.bin_ms)
    steps = round(task.timeline.trial_ms / simulation.reservoir.dt_ms)
    notes = task.trials // simulation.probes.every + len(task.blocks)
    peaks = len(simulation.rules) * len(task.blocks) * cues * simulation.probes.per_cue
    parts = {
        "connections": _connections(simulation, size),
        "neurons": batch * n * (_PER_NEURON + task.channels + 3 * _longest_delay(simulation)) * size,
        "one trial": batch * (n * (6 * bins + 2 * steps) * size + 3 * task.channels * steps * 8),
        "rules": batch * sum(_rule(rule, n, outcomes, notes, size) for rule in simulation.rules.values()),
        "probes": batch
        * (n * (size * (3 * cues * cue_bins + 4 * task.blocks[0].trials) + steps) + 8 * peaks),
        "recordings": _recordings(simulation) * 1e6,
    }
    return {name: number / 1e6 for name, number in parts.items()}


def _waveform_mb(simulation: WaveformParts) -> dict[str, float]:
    """Return the parts, in MB, of a simulation in which readouts are taught inside the run."""
    batch, n, size = _sizes(simulation)
    task, dt_ms = simulation.task, simulation.reservoir.dt_ms
    readouts, steps = len(task.signal.names), task.duration_ms / dt_ms
    inverses = 3 * n**2 if isinstance(simulation.rule, OnlineLeastSquares) else 0
    course = readouts * (4 * size + 24) + task.raster_neurons * dt_ms / task.sample_ms
    parts = {
        "connections": _connections(simulation, size),
        "neurons": batch * n * (_PER_NEURON + 3 * _longest_delay(simulation)) * size,
        "one piece": 2
        * batch
        * (n * task.piece_ms / task.sample_ms + readouts * task.piece_ms / dt_ms)
        * size,
        "the rule": batch * (inverses + 3 * readouts * n) * size,
        "the course": batch * steps * course,
    }
    return {name: number / 1e6 for name, number in parts.items()}


def _sizes(simulation: Parts | WaveformParts) -> tuple[int, int, int]:
    """Return the replicas, the neurons of each and the bytes of a number."""
    return simulation.run.replicas, simulation.reservoir.n, 4 if simulation.run.dtype == "float32" else 8


def _connections(simulation: Parts | WaveformParts, size: int) -> float:
    """Return bytes: the synapses of all replicas, and what drawing those of one takes."""
    n = simulation.reservoir.n
    if isinstance(simulation.reservoir, EchoState | Leaky):
        heard = simulation.reservoir.in_degree if isinstance(simulation.reservoir, EchoState) else 0
        return n * heard * (simulation.run.replicas * (size + 4) + 40)
    recurrent = simulation.reservoir.recurrent
    inputs = recurrent.in_degree if recurrent.kind == "fixed_in_degree" else recurrent.probability * n
    return n * inputs * (simulation.run.replicas * (size + 8) + 40)


def _longest_delay(simulation: Parts | WaveformParts) -> float:
    """Return how many steps weights can be on their way, as far as the settings tell."""
    if not isinstance(simulation.reservoir, ReservoirSpec):
        return 0.0
    delay_ms = simulation.reservoir.recurrent.delay_ms
    longest_ms = 0.0 if isinstance(delay_ms, FromFile) else _largest(delay_ms)
    return max(longest_ms / simulation.reservoir.dt_ms, 1.0)


@functools.lru_cache(maxsize=64)
def _largest(drawn: Distribution) -> float:
    return float(drawn.sample(np.random.default_rng(0), 1000).max())


def _rule(rule: object, n: int, outcomes: int, notes: int, size: int) -> float:
    """Return bytes of one rule in one replica: weights, their notes, and second moments with a copy."""
    weights = (1 + outcomes) * (n + 1) * size * (notes + 2)
    if isinstance(rule, Ridge):
        return weights + 2 * 3 * n**2 * 8
    return weights + (2 * 2 * n**2 * size if isinstance(rule, Force) else 0)


def _recordings(simulation: Parts) -> float:
    """Return MB of what the user asked to keep, twice: while it grows and when it is stored."""
    record, task = simulation.record, simulation.task
    batch, n = simulation.run.replicas, record.neurons or simulation.reservoir.n
    trials = simulation.probes.per_cue * task.cues + (task.trials if record.trials == "all" else 0)
    samples = round(task.timeline.trial_ms / record.every_ms)
    simulated = [Recording(variable=v) for v in record.variables if v in SIMULATED]  # type: ignore[arg-type]
    widths = {"when": 1, "gate": 1, "what": len(task.outcomes)}
    learned = sum(widths.get(v, 0) for v in record.variables) * samples
    learned += (1 + len(task.outcomes)) * n if "weights" in record.variables else 0
    dtype = simulation.run.dtype
    once = recording_mb(simulated, n, samples, batch * trials, dtype)
    once += learned * len(simulation.rules) * batch * trials * (4 if dtype == "float32" else 8) / 1e6
    return 2 * once
