"""What compiled code is given of a network: rows, numbers, or None for what is not there.

Everything that shares a tuple is about one part of a step. Kinds of argument select the code that is
compiled, so a network pays for nothing that it does not have.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..layout import LESSONS, MODELS, SCHEMES, Codes, Lesson, NetworkArrays, RecordPlan, StateArrays
from ..noise import normal_table
from .learning import fresh_scratch

__all__ = ["pack"]

Array = npt.NDArray[Any]


class Cells(NamedTuple):
    """What `advance` needs of the neurons, apart from their state: rows, numbers, or None."""

    gain: Any
    k: Any
    v_r: Any
    v_t: Any
    v_peak: Any
    a: Any
    b: Any
    dt: Any
    half_step: Any
    synapse_decay: Any
    synapse_rise: Any
    trace_decay: Any
    trace_rise: Any


class Spikes(NamedTuple):
    """What a spike does: the reset, the kick of the trace, and the synapses."""

    c: Any
    d: Any
    kick: Any
    indptr: Any
    targets: Any
    weights: Any
    delays: Any


class Drive(NamedTuple):
    """Where the current comes from."""

    seed: Any
    bias: Any
    input_weights: Any
    inputs: Any
    back: Any  # the weights of the only readout, where nothing else needs a pass of its own
    feedback_weights: Any  # otherwise
    noise_sd: Any
    table: Any


class Poisson(NamedTuple):
    """External spikes."""

    mean: Any
    none: Any
    weight: Any


class Room(NamedTuple):
    """Arrays that one step fills and the next does not need."""

    fired: Any
    steady: Any
    external: Any
    bits: Any
    scratch: Any
    gates: Any
    left: Any
    place: Any
    whole: Any


class Teaching(NamedTuple):
    """A lesson as one replica sees it."""

    every: Any
    offset: Any
    first: Any
    last: Any
    targets: Any
    course: Any
    rate: Any
    saturation: Any
    factor: Any
    grow: Any
    leak: Any
    divided: Any
    inverse: Any


def pack(
    codes: Codes,
    one: NetworkArrays,
    state: StateArrays,
    inputs: Array,
    plan: RecordPlan,
    lesson: Lesson | None,
    b: int,
    rows: Array,
) -> tuple[Any, ...]:
    """Return all parts of one replica: cells, spikes, drive, external spikes, lesson, and room.

    Parameters
    ----------
    codes : Codes
    one : NetworkArrays
        Of this replica, without the replica axis.
    state : StateArrays
        Likewise.
    inputs : (T, K) array
    plan : RecordPlan
    lesson : Lesson, optional
        Of all replicas.
    b : int
        Which replica this is.
    rows : (3, N) array
        Room for the steady current, the external current, and the weights of a readout.

    Examples
    --------
    See `neurogate.backends.numba_cpu.reservoir`, which gives them to compiled code.
    """
    return (
        _cells(codes, one, rows.dtype),
        _spikes(one, len(state.pending) > 0),
        _drive(one, inputs, rows[2]),
        _external_spikes(one),
        _teaching(lesson, b, state.inverse),
        _room(rows[0], rows[1], state.feedback, plan, state.step),
    )


def _narrow(row: Array) -> Any:
    """Return a row, or its only number, or None if there is none."""
    if not row.size:
        return None
    return row[0] if row.shape == (1,) else row


def _cells(codes: Codes, one: NetworkArrays, dtype: np.dtype[Any]) -> Cells:
    half = dtype.type(0.5) if codes.scheme == SCHEMES["half_step"] else None
    dt = dtype.type(codes.dt_ms)
    gain: Any = dt if half is None else dtype.type(0.5 * codes.dt_ms)
    rows = [_narrow(row) for row in one.parameters]
    if codes.model == MODELS["izhikevich_2003"]:
        (a, b, _, _, v_peak), k, v_r, v_t = rows, None, None, None
    else:
        capacitance, k, v_r, v_t, v_peak, a, b, _, _ = rows
        gain = gain / capacitance
    synapse_rise = _narrow(one.synapse_rise) if codes.double_synapse else None
    trace_rise = _narrow(one.trace_rise) if codes.double_trace else None
    return Cells(
        gain, k, v_r, v_t, v_peak, a, b, dt, half,
        _narrow(one.synapse_decay), synapse_rise, _narrow(one.trace_decay), trace_rise,
    )  # fmt: skip


def _spikes(one: NetworkArrays, late: bool) -> Spikes:
    c, d = one.parameters[2:4] if len(one.parameters) == 5 else one.parameters[-2:]
    delays = one.delays if late and one.delays.size else None
    return Spikes(
        _narrow(c), _narrow(d), _narrow(one.trace_kick), one.indptr, one.targets, one.weights, delays
    )


def _drive(one: NetworkArrays, inputs: Array, back_row: Array) -> Drive:
    noisy, many = one.noise_sd.size > 0, one.feedback_weights
    back = None
    if len(many) == 1 and not noisy:
        back = back_row
        back[:] = many[0]
    noise_sd, table = (one.noise_sd, normal_table(back_row.dtype.name)) if noisy else (None, None)
    passes = many if len(many) and back is None else None
    return Drive(one.seed, one.bias, one.input_weights, inputs, back, passes, noise_sd, table)


def _external_spikes(one: NetworkArrays) -> Poisson | None:
    if not one.poisson_mean.size:
        return None
    return Poisson(one.poisson_mean, one.poisson_none, one.poisson_weight)


def _teaching(lesson: Lesson | None, b: int, inverse: Array) -> Teaching | None:
    if lesson is None:
        return None
    number = lesson.targets.dtype.type
    n = len(inverse)
    return Teaching(
        lesson.every, lesson.offset, lesson.first, lesson.last,
        lesson.targets[b], lesson.course[b], lesson.rate[b], number(lesson.saturation),
        number(lesson.forgetting), number(1 / lesson.forgetting), number(n * lesson.leak), lesson.divided,
        inverse if lesson.rule == LESSONS["least_squares"] else None,
    )  # fmt: skip


def _room(steady: Array, external: Array, feedback: Array, plan: RecordPlan, first: int) -> Room:
    n = len(steady)
    bits = np.empty((n + 3) // 4 * 4, np.uint32)
    scratch = fresh_scratch(n, steady.dtype)
    left, place = plan.stride - first % plan.stride, plan.offset[:-1] - plan.neuron_start[:-1]
    edges = zip(plan.neuron_start[:-1], plan.neuron_start[1:], strict=True)
    whole = np.array([np.array_equal(plan.neurons[a:b], np.arange(b - a)) for a, b in edges], np.bool_)
    return Room(np.empty(n, np.int32), steady, external, bits, scratch, feedback.copy(), left, place, whole)
