"""A spiking network, compiled: all steps of one replica in one call.

The order of a step is that of `numpy_reference.reservoir`. Spikes are scattered in ascending order of
the neuron that fired.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

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
from ..noise import STREAMS, normal_table
from .compiling import kernel, over_replicas
from .neurons import izhikevich_2003, izhikevich_2007
from .noise import add_normals, fill_bits, poisson_count
from .sums import lane_dot

__all__ = ["run_reservoir"]

Array = npt.NDArray[Any]
_SPIKES = RECORDABLE["spikes"]
_IZHIKEVICH_2003 = MODELS["izhikevich_2003"]
_HALF_STEP = SCHEMES["half_step"]
_MEMBRANE, _POISSON = STREAMS["membrane"], STREAMS["poisson"]


def run_reservoir(
    codes: Codes,
    network: NetworkArrays,
    state: StateArrays,
    inputs: Array,
    plan: RecordPlan,
    threads: int = 1,
) -> tuple[StateArrays, Array, Status]:
    """Advance every replica by as many steps as there are inputs.

    Parameters and returns are those of `numpy_reference.run_reservoir`; replicas are shared out to
    `threads` threads.

    Examples
    --------
    See `neurogate.network.reservoir.Reservoir`, which packs these arrays and names the records.
    """
    batch, steps = inputs.shape[:2]
    values, pending, feedback = state.values.copy(), state.pending.copy(), state.feedback.copy()
    records = np.zeros((batch, int(plan.offset[-1])), values.dtype)
    found = np.full((batch, 3), -1, np.int64)
    table = normal_table(values.dtype.name)
    dt = values.dtype.type(codes.dt_ms)

    def work(b: int) -> None:
        one = replica(network, b)
        _run(
            codes, dt, one, values[b], pending[b], feedback[b], state.step, inputs[b], plan, table,
            records[b], found[b],
        )  # fmt: skip

    over_replicas(work, batch, threads)
    status = Status(found[:, 0], np.maximum(found[:, 1], 0), np.maximum(found[:, 2], 0))
    return StateArrays(values, pending, feedback, state.step + steps), records, status


@kernel
def _run(
    codes: Any, dt: Any, network: Any, values: Any, pending: Any, feedback: Any, first: int, inputs: Any,
    plan: Any, table: Any, records: Any, found: Any,
) -> None:  # fmt: skip
    current, spikes, drive, bits = _scratch(values)
    for t in range(inputs.shape[0]):
        _gather(network, values[2], feedback, inputs, t, drive, current)
        if network.noise_sd.shape[0] > 0:
            fill_bits(bits, network.seed, _MEMBRANE, first + t)
            add_normals(current, network.noise_sd, bits, table)
        _advance(codes, dt, network, values, pending, feedback, first + t, current, spikes, bits)
        _record(plan, values, spikes, first, first + t, records)
        if _diverged(values, first + t + 1, t + 1 == inputs.shape[0], found):
            return


@kernel
def _scratch(values: Any) -> Any:
    n = values.shape[1]
    current, spikes, drive = np.empty_like(values[0]), np.empty_like(values[0]), np.empty_like(values[0])
    return current, spikes, drive, np.empty((n + 3) // 4 * 4, np.uint32)


@kernel
def _gather(network: Any, s: Any, feedback: Any, inputs: Any, t: int, drive: Any, current: Any) -> None:
    """Sum the current of this step; the input part is kept while the inputs stay as they are."""
    changed = t == 0
    for k in range(inputs.shape[1]):
        changed = changed or inputs[t, k] != inputs[t - 1, k]
    if changed:
        bias = network.bias
        for i in range(drive.shape[0]):
            drive[i] = bias[i]
        for k in range(inputs.shape[1]):
            weights, x = network.input_weights[k], inputs[t, k]
            for i in range(drive.shape[0]):
                drive[i] += weights[i] * x
    for i in range(current.shape[0]):
        current[i] = drive[i] + s[i]
    for k in range(feedback.shape[0]):
        weights, z = network.feedback_weights[k], feedback[k]
        for i in range(current.shape[0]):
            current[i] += weights[i] * z


@kernel
def _advance(
    codes: Any, dt: Any, network: Any, values: Any, pending: Any, feedback: Any, step: int,
    current: Any, spikes: Any, bits: Any,
) -> None:  # fmt: skip
    """Move the neurons, deliver spikes, and move the filters and the readouts that are fed back."""
    v, u, s, h, r, g = values[0], values[1], values[2], values[3], values[4], values[5]
    half_step = codes.scheme == _HALF_STEP
    if codes.model == _IZHIKEVICH_2003:
        fired = izhikevich_2003(v, u, current, network.parameters, dt, half_step, spikes)
    else:
        fired = izhikevich_2007(v, u, current, network.parameters, dt, half_step, spikes)
    limit, lost = v.dtype.type(VOLTAGE_LIMIT_MV), v.dtype.type(np.nan)
    for i in range(v.shape[0]):
        v[i] = v[i] if abs(v[i]) < limit else lost
    if fired > 0:
        _send(network, pending, spikes, step)
    arriving = pending[step % pending.shape[0]]
    if network.poisson_mean.shape[0] > 0:
        fill_bits(bits, network.seed, _POISSON, step)
        for i in range(arriving.shape[0]):
            count = poisson_count(bits[i], network.poisson_mean[i], network.poisson_none[i])
            arriving[i] += network.poisson_weight[i] * v.dtype.type(count)
    _filter(s, h, arriving, network.synapse_decay, network.synapse_rise, codes.double_synapse, dt)
    kick = network.trace_kick
    for i in range(arriving.shape[0]):
        arriving[i] = kick[i] * spikes[i]
    _filter(r, g, arriving, network.trace_decay, network.trace_rise, codes.double_trace, dt)
    for i in range(arriving.shape[0]):
        arriving[i] = 0
    for k in range(feedback.shape[0]):
        feedback[k] = lane_dot(network.readout_weights[k], r)


@kernel
def _send(network: Any, pending: Any, spikes: Any, step: int) -> None:
    """Add the weights of the neurons that fired to the steps in which they arrive."""
    indptr, targets, weights, delays = network.indptr, network.targets, network.weights, network.delays
    depth = pending.shape[0]
    arriving = pending[step % depth]
    for j in range(spikes.shape[0]):
        if spikes[j] == 0:
            continue
        if delays.shape[0] == 0:
            for synapse in range(indptr[j], indptr[j + 1]):
                arriving[targets[synapse]] += weights[synapse]
        else:
            for synapse in range(indptr[j], indptr[j + 1]):
                slot = (step + delays[synapse] - 1) % depth
                pending[slot, targets[synapse]] += weights[synapse]


@kernel
def _filter(x: Any, y: Any, kick: Any, decay: Any, rise: Any, double: bool, dt: Any) -> None:
    if double:
        for i in range(x.shape[0]):
            x[i] = rise[i] * x[i] + dt * y[i]
            y[i] = decay[i] * y[i] + kick[i]
    else:
        for i in range(x.shape[0]):
            x[i] = decay[i] * x[i] + kick[i]


@kernel
def _record(plan: Any, values: Any, spikes: Any, first: int, step: int, records: Any) -> None:
    """Store the samples of this step; a sample closes when its stride divides the steps done."""
    for group in range(plan.stride.shape[0]):
        stride, variable = plan.stride[group], plan.variable[group]
        closes = (step + 1) % stride == 0
        if variable != _SPIKES and not closes:
            continue
        chosen = plan.neurons[plan.neuron_start[group] : plan.neuron_start[group + 1]]
        start = plan.offset[group] + (step // stride - first // stride) * chosen.shape[0]
        target = records[start : start + chosen.shape[0]]
        if variable == _SPIKES:
            for i in range(chosen.shape[0]):
                target[i] += spikes[chosen[i]]
        else:
            source = values[variable]
            for i in range(chosen.shape[0]):
                target[i] = source[chosen[i]]


@kernel
def _diverged(values: Any, done: int, last: bool, found: Any) -> bool:
    """Every 50 steps and at the end, look for a number out of range; note row, step and neuron."""
    if done % CHECK_EVERY != 0 and not last:
        return False
    for row in range(3):
        limit = VOLTAGE_LIMIT_MV if row == 0 else np.inf
        x, worst = values[row], 0
        for i in range(x.shape[0]):
            worst += int(not abs(x[i]) < limit)
        if worst > 0:
            for i in range(x.shape[0]):
                if not abs(x[i]) < limit:
                    found[0], found[1], found[2] = row, done, i
                    return True
    return False
