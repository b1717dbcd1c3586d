"""What compiled code is given of a network: rows, numbers, or None for what is not there.

Everything that shares a tuple is about one part of a step. Kinds of argument select the code that is
compiled, so a network pays for nothing that it does not have.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..layout import LESSONS, MODELS, SCHEMES, Codes, Lesson, NetworkArrays, RecordPlan, StateArrays
from .learning import fresh_scratch, growth
from .noise import WORDS, coefficients
from .recording import shelves

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
    use: Any
    facilitation_decay: Any
    depression_decay: Any


class Drive(NamedTuple):
    """Where the current comes from."""

    seed: Any
    bias: Any
    input_weights: Any
    inputs: Any
    current: Any  # the sum of all that does not come from neurons and from `back`
    back: Any  # feedback of the only readout, where nothing else needs a pass of its own
    feedback_weights: Any  # otherwise
    noise_sd: Any
    table: Any
    reading: Any  # the weights of the only readout, where spikes change its trace in the next step only


class Poisson(NamedTuple):
    """External spikes."""

    mean: Any
    none: Any
    weight: Any


class Room(NamedTuple):
    """Arrays that one step fills and the next does not need."""

    fired: Any
    steady: Any
    bits: Any
    scratch: Any
    gates: Any
    groups: Any
    neurons: Any


class Teaching(NamedTuple):
    """A lesson as one replica sees it; what its rule does not need is None, or all if there is no lesson."""

    every: Any
    offset: Any
    first: Any
    last: Any
    targets: Any
    course: Any
    rate: Any
    saturation: Any
    inverse: Any
    factor: Any
    grow: Any
    leak: Any
    divided: Any


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
        _drive(one, inputs, rows, _only_readout(codes, one, state)),
        _external_spikes(one),
        _teaching(lesson, b, state.inverse),
        _room(rows[0], state.feedback, plan, state.step),
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
    passing = (one.use, one.facilitation_decay, one.depression_decay) if one.use.size else (None,) * 3
    return Spikes(
        _narrow(c),
        _narrow(d),
        _narrow(one.trace_kick),
        one.indptr,
        one.targets,
        one.weights,
        delays,
        *passing,
    )


def _drive(one: NetworkArrays, inputs: Array, rows: Array, reading: Array | None) -> Drive:
    steady, current, back_row = rows
    noisy, many = one.noise_sd.size > 0, one.feedback_weights
    back, passes = None, many if len(many) else None
    if len(many) == 1 and not noisy:
        back, passes = back_row, None
        back[:] = many[0]
    noise_sd, table = (one.noise_sd, coefficients(rows.dtype.name)) if noisy else (None, None)
    flowing = current if noisy or passes is not None else steady
    return Drive(
        one.seed, one.bias, one.input_weights, inputs, flowing, back, passes, noise_sd, table, reading
    )


def _only_readout(codes: Codes, one: NetworkArrays, state: StateArrays) -> Array | None:
    alone = codes.double_trace and one.trace_decay.size and len(state.readout_weights) == 1
    return np.asarray(state.readout_weights[0]) if alone else None


def _external_spikes(one: NetworkArrays) -> Poisson | None:
    if not one.poisson_mean.size:
        return None
    return Poisson(one.poisson_mean, one.poisson_none, one.poisson_weight)


def _teaching(lesson: Lesson | None, b: int, inverse: Array) -> Teaching:
    if lesson is None:
        return Teaching(*(None,) * len(Teaching._fields))
    number, least_squares = lesson.targets.dtype.type, lesson.rule == LESSONS["least_squares"]
    times = int(lesson.every), int(lesson.offset), int(lesson.first), int(lesson.last), lesson.targets[b]
    if not least_squares:
        theta = number(lesson.saturation)
        return Teaching(*times, lesson.course[b], lesson.rate[b], theta, *(None,) * 5)
    factor, mu = lesson.forgetting, len(inverse) * lesson.leak
    numbers = number(factor), growth(factor, lesson.leak, number), number(mu), bool(lesson.divided)
    return Teaching(*times, None, None, None, inverse, *numbers)


def _room(steady: Array, feedback: Array, plan: RecordPlan, first: int) -> Room:
    n = len(steady)
    bits = np.empty(-(-n // WORDS) * WORDS, np.uint32)
    scratch = fresh_scratch(n, steady.dtype)
    fired = np.empty(n, np.int32)
    return Room(fired, steady, bits, scratch, feedback.copy(), shelves(plan, first), plan.neurons)
