"""A spiking network in NumPy, one step as the sum of its parts: the definition of a reservoir.

Order of one step t, all right-hand sides from before the step unless said otherwise:

1. input: I = bias + W_in x(t) + s + E z + noise
2. v and u move (`neurons`)
3. spikes are found
4. fired neurons are reset; a v that is then beyond 1000 mV becomes NaN and stays so, lest it come back
   before it is looked for
5. arriving weights: J = what spikes of this and earlier steps send to now (a spike of step t with delay
   1 arrives in step t), plus the weights of external Poisson spikes
6. synapse: exponential s = decay s + J; double exponential s = rise s + dt h, then h = decay h + J
7. trace: exponential r = decay r + kick spike; double exponential r = rise r + dt g, then
   g = decay g + kick spike
8. readout fed back at the next step: z = phi r (the new r)
9. recording, every 50 steps a look for divergence

Learning happens between runs, on what was recorded.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .. import noise
from ..layout import (
    CHECK_EVERY,
    MODELS,
    RECORDABLE,
    SCHEMES,
    VOLTAGE_LIMIT_MV,
    Codes,
    NetworkArrays,
    RecordPlan,
    StateArrays,
    Status,
    replica,
)
from .neurons import izhikevich_2003, izhikevich_2007
from .sums import lane_dot

__all__ = ["run_reservoir"]

Array = npt.NDArray[Any]
_SPIKES = RECORDABLE["spikes"]


def run_reservoir(
    codes: Codes,
    network: NetworkArrays,
    state: StateArrays,
    inputs: Array,
    plan: RecordPlan,
    threads: int = 1,
) -> tuple[StateArrays, Array, Status]:
    """Advance every replica by as many steps as there are inputs.

    Parameters
    ----------
    codes : Codes
        Neuron model, scheme, kinds of filter, step.
    network : NetworkArrays
        B networks.
    state : StateArrays
        Where they stand; left untouched.
    inputs : (B, T, K) array
        Input channels at each step.
    plan : RecordPlan
        What to record.
    threads : int
        Not used here; results never depend on it.

    Returns
    -------
    state : StateArrays
        Where they stand after T steps (a replica that diverged stands where that was noticed).
    records : (B, R) array
        The flat recording buffers.
    status : Status

    Examples
    --------
    See `neurogate.network.reservoir.Reservoir`, which packs these arrays and names the records.
    """
    batch, steps = inputs.shape[:2]
    values, pending, feedback = state.values.copy(), state.pending.copy(), state.feedback.copy()
    records = np.zeros((batch, int(plan.offset[-1])), values.dtype)
    status = Status(np.full(batch, -1), np.zeros(batch, np.int64), np.zeros(batch, np.int64))
    for b in range(batch):
        one = replica(network, b)
        for t in range(steps):
            step = state.step + t
            with np.errstate(over="ignore", invalid="ignore"):  # divergence is looked for below
                spikes = _step(codes, one, values[b], pending[b], feedback[b], inputs[b, t], step)
            _record(plan, values[b], spikes, state.step, step, records[b])
            if (step + 1) % CHECK_EVERY == 0 or t + 1 == steps:
                row, neuron = _find_divergence(values[b])
                if row >= 0:
                    status.code[b], status.step[b], status.neuron[b] = row, step + 1, neuron
                    break
    return StateArrays(values, pending, feedback, state.step + steps), records, status


def _step(
    codes: Codes,
    network: NetworkArrays,
    values: Array,
    pending: Array,
    feedback: Array,
    inputs: Array,
    step: int,
) -> Array:
    """Advance one replica by one step in place; return the spikes as zeros and ones."""
    v, u, s, h, r, g = values
    advance = izhikevich_2003 if codes.model == MODELS["izhikevich_2003"] else izhikevich_2007
    scheme = "euler" if codes.scheme == SCHEMES["euler"] else "half_step"
    v[:], u[:], fired = advance(
        v, u, _current(network, s, feedback, inputs, step), network.parameters, codes.dt_ms, scheme
    )
    v[~(np.abs(v) < VOLTAGE_LIMIT_MV)] = np.nan
    spikes = fired.astype(v.dtype)
    _send(network, pending, np.flatnonzero(fired), step)
    arriving = pending[step % len(pending)]
    if network.poisson_mean.size:
        stream = noise.STREAMS["poisson"]
        counts = noise.poisson_counts(
            int(network.seed), stream, step, network.poisson_mean, network.poisson_none
        )
        arriving += network.poisson_weight * counts.astype(v.dtype)
    _filter(s, h, arriving, network.synapse_decay, network.synapse_rise, codes.double_synapse, codes.dt_ms)
    arriving[:] = 0
    kicks = network.trace_kick * spikes
    _filter(r, g, kicks, network.trace_decay, network.trace_rise, codes.double_trace, codes.dt_ms)
    feedback[:] = lane_dot(network.readout_weights, r)
    return spikes


def _current(network: NetworkArrays, s: Array, feedback: Array, inputs: Array, step: int) -> Array:
    drive = network.bias.copy()
    for weights, x in zip(network.input_weights, inputs, strict=True):
        drive = drive + weights * x
    current = drive + s
    for weights, z in zip(network.feedback_weights, feedback, strict=True):
        current = current + weights * z
    if network.noise_sd.size:
        stream = noise.STREAMS["membrane"]
        xi = noise.normals(int(network.seed), stream, step, s.shape[0], s.dtype.name)
        current = current + network.noise_sd * xi
    return current


def _send(network: NetworkArrays, pending: Array, fired: Array, step: int) -> None:
    """Add the weights of the neurons that fired to the steps in which they arrive."""
    for j in fired:
        out = slice(network.indptr[j], network.indptr[j + 1])
        targets = network.targets[out]
        later = network.delays[out] - 1 if network.delays.size else np.zeros_like(targets)
        np.add.at(pending, ((step + later) % len(pending), targets), network.weights[out])


def _filter(x: Array, y: Array, kick: Array, decay: Array, rise: Array, double: bool, dt_ms: float) -> None:
    if double:
        x[:] = rise * x + x.dtype.type(dt_ms) * y
        y[:] = decay * y + kick
    else:
        x[:] = decay * x + kick


def _record(plan: RecordPlan, values: Array, spikes: Array, first: int, step: int, records: Array) -> None:
    """Store the samples of this step; a sample closes when its stride divides the steps done."""
    for group, stride in enumerate(plan.stride):
        chosen = plan.neurons[plan.neuron_start[group] : plan.neuron_start[group + 1]]
        start = plan.offset[group] + (step // stride - first // stride) * len(chosen)
        if plan.variable[group] == _SPIKES:
            records[start : start + len(chosen)] += spikes[chosen]
        elif (step + 1) % stride == 0:
            records[start : start + len(chosen)] = values[plan.variable[group]][chosen]


def _find_divergence(values: Array) -> tuple[int, int]:
    """Return the row and the first neuron that left its range, or (-1, 0)."""
    for row, limit in ((0, VOLTAGE_LIMIT_MV), (1, np.inf), (2, np.inf)):
        bad = np.flatnonzero(~(np.abs(values[row]) < limit))
        if bad.size:
            return row, int(bad[0])
    return -1, 0
