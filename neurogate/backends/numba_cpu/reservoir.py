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
    WATCHED,
    Codes,
    Lesson,
    NetworkArrays,
    RecordPlan,
    StateArrays,
    Status,
    replica,
)
from ..noise import STREAMS
from .compiling import kernel, over_replicas, part
from .drive import sum_steady
from .lanes import aligned_copy, aligned_rows
from .learning import delta_sample, least_squares_sample, settle
from .neurons import advance, lost
from .noise import add_normals, fill_bits
from .packing import pack
from .recording import record
from .sums import lane_dot
from .synapses import arrive, external_arrivals, fire, recover

__all__ = ["run_reservoir"]

Array = npt.NDArray[Any]
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
    new = StateArrays._make((*(aligned_copy(array) for array in arrays), first + steps))
    records = np.zeros((batch, int(plan.offset[-1])), state.values.dtype)
    found = np.tile(np.array([-1, 0, 0], np.int64), (batch, 1))

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
        lost_at = _run(
            first, rows, v, u, s, h, r, g,
            h if double[0] else s, (g if double[1] else r) if one.trace_decay.size else None,
            mine.pending if len(mine.pending) else None, mine.feedback, mine.readout_weights, mine.short_term,
            *pack(codes, one, mine, inputs[b], plan, lesson, b, rows[-3:]), records[b],
        )  # fmt: skip
        values[:] = rows[: len(values)]
        if lost_at >= 0:
            code, neuron = _first_lost(mine)
            found[b] = code, lost_at, neuron

    over_replicas(work, batch, threads)
    return new, records, Status(*found.T)


def _first_lost(one: StateArrays) -> tuple[int, int]:
    """Return the code (see `WATCHED`) and the neuron of the first number that is not finite."""
    watched = (*one.values[: len(WATCHED) - 1], one.feedback)
    code = next(code for code, row in enumerate(watched) if not np.isfinite(row).all())
    return code, int(np.argmin(np.isfinite(watched[code])))


def _rows(double: tuple[bool, bool]) -> tuple[bool, ...]:
    return (True, True, True, double[0], True, double[1])


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
    pending: Any, feedback: Any, readouts: Any, short_term: Any, cells: Any, spikes: Any, drive: Any,
    poisson: Any, lesson: Any, room: Any, records: Any,
) -> Any:  # fmt: skip
    # What is taken out of a tuple is counted by Numba each time: once for a run is enough.
    gain, k, v_r, v_t, v_peak, a, b, dt, half, s_decay, s_rise, r_decay, r_rise = cells
    c, d, kick, indptr, targets, weights, delays, use, facilitation_decay, depression_decay = spikes
    seed, bias, input_weights, inputs, current, back, feedback_weights, noise_sd, table, reading = drive
    every, offset, begins, ends, wanted, course, rate, theta, inverse, factor, grow, mu, divided = lesson
    fired, steady, bits, scratch, gates, groups, neurons = room
    n, steps, lost_at = v.shape[0], inputs.shape[0], -1
    for t in range(steps):
        step = first + t
        if t == 0 or inputs.shape[1] > 0:
            sum_steady(bias, input_weights, inputs, t, steady)
        _external(feedback_weights, noise_sd, table, seed, feedback, step, steady, current, bits)
        count = advance(
            n, fired, feedback, v, u, s, h, r, g, current, back, _first(back, feedback), gain, k, v_r, v_t,
            v_peak, a, b, dt, half, s_decay, s_rise, r_decay, r_rise, reading,
        )  # fmt: skip
        if pending is not None:
            arrive(pending, receiving, step)
        if poisson is not None:
            fill_bits(bits, seed, _POISSON, step)
            external_arrivals(poisson.mean, poisson.none, poisson.weight, receiving, bits)
        recover(use, facilitation_decay, depression_decay, short_term)
        if count > 0:
            fire(
                fired, count, step, v, u, c, d, kicked, kick, indptr, targets, weights, delays, pending,
                receiving, use, short_term,
            )  # fmt: skip
        if reading is None:
            for row in range(feedback.shape[0]):
                feedback[row] = lane_dot(readouts[row], r)
        _learn(
            step, t, readouts, r, feedback, every, offset, begins, ends, wanted, course, rate, theta,
            inverse, factor, grow, mu, divided, scratch, gates,
        )  # fmt: skip
        record(groups, neurons, values, feedback, fired, count, records)
        looks = (step + 1) % CHECK_EVERY == 0 or t + 1 == steps
        if looks and _lost(v, u, s, feedback, fired):
            lost_at = step + 1
            break
    settle(inverse, scratch)
    return lost_at


@part
def _external(
    feedback_weights: Any, noise_sd: Any, table: Any, seed: Any, feedback: Any, step: int, steady: Any,
    current: Any, bits: Any,
) -> None:  # fmt: skip
    """Sum the external current of this step, where more than the steady one flows."""
    if feedback_weights is not None or noise_sd is not None:
        for i in range(current.shape[0]):
            current[i] = steady[i]
        if feedback_weights is not None:
            for k in range(feedback.shape[0]):
                weights, z = feedback_weights[k], feedback[k]
                for i in range(current.shape[0]):
                    current[i] += weights[i] * z
        if noise_sd is not None:
            fill_bits(bits, seed, _MEMBRANE, step)
            add_normals(current, noise_sd, bits, table)


@part
def _learn(
    step: int, t: int, readouts: Any, r: Any, z: Any, every: Any, offset: Any, first: Any, last: Any,
    targets: Any, course: Any, rate: Any, theta: Any, inverse: Any, factor: Any, grow: Any, mu: Any,
    divided: Any, scratch: Any, gates: Any,
) -> None:  # fmt: skip
    """Teach the readouts if there is a lesson and this is a step of it."""
    if targets is not None and first <= step < last and step % every == offset:
        if inverse is not None:
            start = first + (offset - first) % every
            least_squares_sample(
                readouts, inverse, r, z, targets[t], factor, grow, mu, (step - start) // every, divided,
                scratch,
            )  # fmt: skip
        if rate is not None:
            delta_sample(readouts, r, z, targets[t], course[t], rate, theta, gates)


@part
def _lost(v: Any, u: Any, s: Any, feedback: Any, chosen: Any) -> Any:
    """Say whether a number is not finite."""
    found = lost(v.shape[0], chosen, None, v, u, s) > 0
    for k in range(feedback.shape[0]):
        found = found or not abs(feedback[k]) < np.inf
    return found
