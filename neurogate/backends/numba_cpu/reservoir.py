"""A spiking network, compiled: all steps of one replica in one call.

The order of a step is that of `numpy_reference.reservoir`. What a network does not have is passed as
None, and what serves all neurons as one number, so that code is compiled for just what is there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import types
from numba.extending import overload

from ..layout import (
    CHECK_EVERY,
    RECORDABLE,
    Codes,
    Lesson,
    NetworkArrays,
    RecordPlan,
    StateArrays,
    Status,
    replica,
)
from ..noise import STREAMS
from .compiling import kernel, over_replicas
from .lanes import aligned_rows
from .learning import delta_sample, least_squares_sample, settle
from .neurons import advance, lost
from .noise import add_normals, fill_bits, poisson_count
from .packing import pack
from .sums import lane_dot

__all__ = ["run_reservoir"]

Array = npt.NDArray[Any]
_SPIKES, _READOUT = RECORDABLE["spikes"], RECORDABLE["readout"]
_MEMBRANE, _POISSON = STREAMS["membrane"], STREAMS["poisson"]


def run_reservoir(
    codes: Codes,
    network: NetworkArrays,
    state: StateArrays,
    inputs: Array,
    plan: RecordPlan,
    lesson: Lesson | None = None,
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
    *arrays, first = state
    new = StateArrays._make((*(array.copy() for array in arrays), first + steps))
    records = np.zeros((batch, int(plan.offset[-1])), state.values.dtype)
    found = np.full((batch, 3), -1, np.int64)

    def work(b: int) -> None:
        one = replica(network, b)
        mine = StateArrays._make((*(array[b] for array in new[:-1]), first))
        values, double = mine.values, (codes.double_synapse, codes.double_trace)
        # Unaligned rows, and rows that lie a page apart, cost a third of the time.
        rows = aligned_rows(len(values) + 3, values.shape[1], values.dtype)
        rows[: len(values)] = values
        v, u, s, h, r, g = (
            row if there else None for row, there in zip(rows[:6], _rows(double), strict=True)
        )
        _run(
            first, rows, v, u, s, h, r, g,
            h if double[0] else s, (g if double[1] else r) if one.trace_decay.size else None,
            mine.pending if len(mine.pending) else None, mine.feedback, mine.readout_weights,
            *pack(codes, one, mine, inputs[b], plan, lesson, b, rows[-3:]), plan, records[b], found[b],
        )  # fmt: skip
        values[:] = rows[: len(values)]

    over_replicas(work, batch, threads)
    found[found[:, 0] < 0, 1:] = 0
    status = Status(*found.T)
    return new, records, status


def _rows(double: tuple[bool, bool]) -> tuple[bool, ...]:
    return (True, True, True, double[0], True, double[1])


def _at(row: Any, i: int) -> Any:
    raise NotImplementedError("for compiled code only")


@overload(_at)
def _at_compiled(row: Any, i: Any) -> Any:
    def element(row: Any, i: Any) -> Any:
        return row[i]

    def number(row: Any, i: Any) -> Any:
        return row

    return element if isinstance(row, types.Array) else number


def _first(back: Any, feedback: Any) -> Any:
    raise NotImplementedError("for compiled code only")


@overload(_first)
def _first_compiled(back: Any, feedback: Any) -> Any:
    def number(back: Any, feedback: Any) -> Any:
        return feedback[0]

    def nothing(back: Any, feedback: Any) -> Any:
        return None

    return number if isinstance(back, types.Array) else nothing


@kernel
def _run(
    first: Any, values: Any, v: Any, u: Any, s: Any, h: Any, r: Any, g: Any, receiving: Any, kicked: Any,
    pending: Any, feedback: Any, readouts: Any, cells: Any, spikes: Any, drive: Any, poisson: Any,
    teaching: Any, room: Any, plan: Any, records: Any, found: Any,
) -> None:  # fmt: skip
    # What is taken out of a tuple is counted by Numba each time: once for a run is enough.
    gain, k, v_r, v_t, v_peak, a, b, dt, half, s_decay, s_rise, r_decay, r_rise = cells
    c, d, kick, indptr, targets, weights, delays = spikes
    seed, bias, input_weights, inputs, back, feedback_weights, noise_sd, table = drive
    fired, steady, external, bits, scratch, gates, left, place, whole = room
    variable, stride, neuron_start, neurons, _ = plan
    n, steps = v.shape[0], inputs.shape[0]
    for t in range(steps):
        step = first + t
        _steady(bias, input_weights, inputs, t, steady)
        current = _external(feedback_weights, noise_sd, table, seed, feedback, step, steady, external, bits)
        count = advance(
            n, fired, v, u, s, h, r, g, current, back, _first(back, feedback), gain, k, v_r, v_t, v_peak,
            a, b, dt, half, s_decay, s_rise, r_decay, r_rise,
        )  # fmt: skip
        _arrive(pending, receiving, step)
        _external_arrivals(poisson, seed, step, receiving, bits)
        for q in range(count):
            j = fired[q]
            v[j] = _at(c, j)
            u[j] += _at(d, j)
            _kick(kicked, kick, j)
            _send(indptr, targets, weights, delays, pending, receiving, j, step)
        for row in range(feedback.shape[0]):
            feedback[row] = lane_dot(readouts[row], r)
        _learn(teaching, readouts, r, feedback, step, t, scratch, gates)
        _record(
            variable,
            stride,
            neuron_start,
            neurons,
            whole,
            values,
            feedback,
            fired,
            count,
            left,
            place,
            records,
        )
        looks = (step + 1) % CHECK_EVERY == 0 or t + 1 == steps
        if looks and _diverged(v, u, s, feedback, fired, found):
            found[1] = step + 1
            break
    _finish(teaching, scratch)


@kernel
def _steady(bias: Any, input_weights: Any, inputs: Any, t: int, steady: Any) -> None:
    """Sum what does not change while the inputs stay as they are."""
    changed = t == 0
    for k in range(inputs.shape[1]):
        changed = changed or inputs[t, k] != inputs[t - 1, k]
    if changed:
        for i in range(steady.shape[0]):
            steady[i] = bias[i]
        for k in range(inputs.shape[1]):
            weights, x = input_weights[k], inputs[t, k]
            for i in range(steady.shape[0]):
                steady[i] += weights[i] * x


@kernel
def _external(
    feedback_weights: Any, noise_sd: Any, table: Any, seed: Any, feedback: Any, step: int, steady: Any,
    external: Any, bits: Any,
) -> Any:  # fmt: skip
    """Return the external current of this step, without a readout that `advance` adds itself."""
    if feedback_weights is None and noise_sd is None:
        return steady
    for i in range(external.shape[0]):
        external[i] = steady[i]
    if feedback_weights is not None:
        for k in range(feedback.shape[0]):
            weights, z = feedback_weights[k], feedback[k]
            for i in range(external.shape[0]):
                external[i] += weights[i] * z
    if noise_sd is not None:
        fill_bits(bits, seed, _MEMBRANE, step)
        add_normals(external, noise_sd, bits, table)
    return external


@kernel
def _kick(kicked: Any, kick: Any, j: int) -> None:
    if kicked is not None:
        kicked[j] += _at(kick, j)


@kernel
def _arrive(pending: Any, receiving: Any, step: int) -> None:
    """Deliver what was sent earlier."""
    if pending is not None:
        arriving = pending[step % pending.shape[0]]
        for i in range(receiving.shape[0]):
            receiving[i] += arriving[i]
            arriving[i] = 0


@kernel
def _external_arrivals(poisson: Any, seed: Any, step: int, receiving: Any, bits: Any) -> None:
    if poisson is not None:
        fill_bits(bits, seed, _POISSON, step)
        for i in range(receiving.shape[0]):
            count = poisson_count(bits[i], poisson.mean[i], poisson.none[i])
            receiving[i] += poisson.weight[i] * receiving.dtype.type(count)


@kernel
def _send(
    indptr: Any, targets: Any, weights: Any, delays: Any, pending: Any, receiving: Any, j: int, step: int
) -> None:
    """Add the weights of a neuron that fired to its targets, or to the steps in which they arrive."""
    start, stop, n = indptr[j], indptr[j + 1], receiving.shape[0]
    if delays is not None:
        depth = pending.shape[0]
        for synapse in range(start, stop):
            if delays[synapse] == 1:
                receiving[targets[synapse]] += weights[synapse]
            else:
                pending[(step + delays[synapse] - 1) % depth, targets[synapse]] += weights[synapse]
    elif stop - start == n:  # everyone, in order
        row = weights[start:stop]
        for i in range(n):
            receiving[i] += row[i]
    else:
        for synapse in range(start, stop):
            receiving[targets[synapse]] += weights[synapse]


@kernel
def _learn(
    teaching: Any, readouts: Any, r: Any, feedback: Any, step: int, t: int, scratch: Any, gates: Any
) -> None:
    """Teach the readouts if this is a step of the lesson."""
    if teaching is not None:
        due = teaching.first <= step < teaching.last and step % teaching.every == teaching.offset
        if due:
            _teach(teaching, teaching.inverse, readouts, r, feedback, step, t, scratch, gates)


@kernel
def _teach(
    teaching: Any,
    inverse: Any,
    readouts: Any,
    r: Any,
    feedback: Any,
    step: int,
    t: int,
    scratch: Any,
    gates: Any,
) -> None:
    if inverse is None:
        delta_sample(
            readouts, r, feedback, teaching.targets[t], teaching.course[t], teaching.rate,
            teaching.saturation, gates,
        )  # fmt: skip
    else:
        start = teaching.first + (teaching.offset - teaching.first) % teaching.every
        least_squares_sample(
            readouts, inverse, r, feedback, teaching.targets[t], teaching.factor, teaching.grow,
            teaching.leak, (step - start) // teaching.every, teaching.divided, scratch,
        )  # fmt: skip


@kernel
def _finish(teaching: Any, scratch: Any) -> None:
    if teaching is not None:
        _settle(teaching.inverse, scratch)


@kernel
def _settle(inverse: Any, scratch: Any) -> None:
    if inverse is not None:
        settle(inverse, scratch)


@kernel
def _record(
    variables: Any, stride: Any, neuron_start: Any, neurons: Any, whole: Any, values: Any, feedback: Any,
    fired: Any, count: int, left: Any, place: Any, records: Any,
) -> None:  # fmt: skip
    """Store the samples of this step; `left` counts the steps until a sample closes, `place` where it is."""
    for group in range(stride.shape[0]):
        variable, at = variables[group], place[group]
        begin, end = neuron_start[group], neuron_start[group + 1]
        left[group] -= 1
        closes = left[group] == 0
        if variable == _SPIKES:
            for q in range(count):
                _count(neurons, whole[group], begin, end, fired[q], at, records)
        elif closes:
            for i in range(begin, end):
                j = neurons[i]
                records[at + i] = feedback[j] if variable == _READOUT else values[variable, j]
        if closes:
            left[group] = stride[group]
            place[group] = at + end - begin


@kernel
def _count(neurons: Any, whole: bool, begin: int, end: int, j: int, at: int, records: Any) -> None:
    """Add a spike of neuron j to its counts; the neurons are in any order, or all in order."""
    if whole:
        if begin + j < end:
            records[at + begin + j] += 1
    else:
        for i in range(begin, end):
            if neurons[i] == j:
                records[at + i] += 1


@kernel
def _diverged(v: Any, u: Any, s: Any, feedback: Any, chosen: Any, found: Any) -> bool:
    """Look for a number that is not finite; note its code (see `WATCHED`) and the first neuron."""
    code, n = -1, v.shape[0]
    if lost(n, chosen, v) > 0:
        code = 0
    elif lost(n, chosen, u) > 0:
        code = 1
    elif lost(n, chosen, s) > 0:
        code = 2
    else:
        for k in range(feedback.shape[0]):
            if code < 0 and not abs(feedback[k]) < np.inf:
                code, chosen[0] = 3, k
    found[0], found[2] = code, chosen[0]
    return code >= 0
