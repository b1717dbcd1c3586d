"""A spiking network in NumPy, one step as the sum of its parts: the definition of a reservoir.

Order of one step t, all right-hand sides from before the step unless said otherwise:

1. current: I = (bias + W_in x(t) + E z + noise) + s, added in this order
2. v and u move (`neurons`); a v below -1000 mV becomes NaN and stays so, lest it come back before it is
   looked for
3. neurons whose new v has reached v_peak have fired: v = c, u = u + d
4. synapse: exponential s = decay s + J; double exponential s = rise s + dt h, then h = decay h + J, where J
   is what arrives in this step: weights that were sent with a delay of several steps, then the weights
   of external Poisson spikes
5. short term: utilisation m = U + (m - U) decay, resources x = 1 + (x - 1) decay, each with its own decay
6. trace: exponential r = decay r; double exponential r = rise r + dt g, then g = decay g
7. each neuron that fired, in ascending order: the kick is added to its trace (to g if double
   exponential, else to r), and its weights, times m x / U if there is a short term, with a delay of one
   step are added to the synapses of their targets (to h if double exponential, else to s); longer delays
   wait; then x = x - m x and m = m + U (1 - m), both from the old m
8. readout, fed back at the next step: z = phi r (the new r)
9. learning, if this is a step of the lesson: the readouts are those of 8, phi and P change
10. recording, and every 50 steps a look for divergence
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .. import noise
from ..layout import (
    LESSONS,
    MODELS,
    SCHEMES,
    VOLTAGE_LIMIT_MV,
    WATCHED,
    Codes,
    Lesson,
    NetworkArrays,
    RecordPlan,
    StateArrays,
    Status,
)
from .learning import delta_sample, least_squares_sample
from .neurons import izhikevich_2003, izhikevich_2007
from .stepping import over_steps
from .sums import lane_dot

__all__ = ["run_reservoir"]

Array = npt.NDArray[Any]


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
    lesson : Lesson, optional
        What the readouts are taught on the way.
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

    def advance(one: NetworkArrays, mine: StateArrays, b: int, t: int) -> Array:
        spikes = _step(codes, one, mine, inputs[b, t], state.step + t)
        if lesson is not None and _is_due(lesson, state.step + t):
            _learn(lesson, mine, b, t)
        return spikes

    return over_steps(network, state, inputs.shape[1], plan, advance, _find_divergence)


def _step(codes: Codes, network: NetworkArrays, state: StateArrays, inputs: Array, step: int) -> Array:
    """Advance one replica by one step in place; return the spikes as zeros and ones."""
    v, u, s, h, r, g = state.values
    advance = izhikevich_2003 if codes.model == MODELS["izhikevich_2003"] else izhikevich_2007
    scheme = "euler" if codes.scheme == SCHEMES["euler"] else "half_step"
    current = _external(network, state.feedback, inputs, step, v.dtype) + s
    v[:], u[:], fired = advance(v, u, current, network.parameters, codes.dt_ms, scheme)
    v[~fired & (v < -VOLTAGE_LIMIT_MV)] = np.nan
    _filter(s, h, network.synapse_decay, network.synapse_rise, codes.double_synapse, codes.dt_ms)
    receiving, kicked = h if codes.double_synapse else s, g if codes.double_trace else r
    _arrive(network, state.pending, receiving, step)
    if network.use.size:
        _recover(network, state.short_term)
    if network.trace_decay.size:
        _filter(r, g, network.trace_decay, network.trace_rise, codes.double_trace, codes.dt_ms)
        kicked[fired] += np.broadcast_to(network.trace_kick, v.shape)[fired]
    _send(network, state, receiving, np.flatnonzero(fired), step)
    state.feedback[:] = lane_dot(state.readout_weights, r)
    return fired.astype(v.dtype)


def _external(network: NetworkArrays, feedback: Array, inputs: Array, step: int, dtype: Any) -> Array:
    external = network.bias.copy()
    for weights, x in zip(network.input_weights, inputs, strict=True):
        external = external + weights * x
    for weights, z in zip(network.feedback_weights, feedback, strict=True):
        external = external + weights * z
    if network.noise_sd.size:
        seed, stream = int(network.seed), noise.STREAMS["membrane"]
        external = external + network.noise_sd * noise.normals(seed, stream, step, len(external), dtype.name)
    return external


def _filter(x: Array, y: Array, decay: Array, rise: Array, double: bool, dt_ms: float) -> None:
    if double:
        x[:] = rise * x + x.dtype.type(dt_ms) * y
        y[:] = decay * y
    else:
        x[:] = decay * x


def _arrive(network: NetworkArrays, pending: Array, receiving: Array, step: int) -> None:
    """Deliver what was sent earlier and external spikes."""
    if len(pending):
        slot = step % len(pending)
        receiving += pending[slot]
        pending[slot] = 0
    if network.poisson_mean.size:
        seed, stream = int(network.seed), noise.STREAMS["poisson"]
        counts = noise.poisson_counts(seed, stream, step, network.poisson_mean, network.poisson_none)
        receiving += network.poisson_weight * counts.astype(receiving.dtype)


def _recover(network: NetworkArrays, short_term: Array) -> None:
    """Let utilisation and resources go back to where they rest, in place."""
    utilisation, resources = short_term
    utilisation[:] = network.use + (utilisation - network.use) * network.facilitation_decay
    resources[:] = 1 + (resources - 1) * network.depression_decay


def _efficacy(use: Array, short_term: Array, j: int) -> Any:
    """Return what a spike of neuron j does to its weights, and note in place that it has used resources."""
    utilisation, resources = short_term[:, j]
    used = utilisation * resources
    short_term[:, j] = utilisation + use[j] * (1 - utilisation), resources - used
    return used / use[j]


def _send(network: NetworkArrays, state: StateArrays, receiving: Array, fired: Array, step: int) -> None:
    """Add the weights of the neurons that fired to their targets, or to the steps in which they arrive."""
    pending = state.pending
    for j in fired:
        out = slice(network.indptr[j], network.indptr[j + 1])
        targets, weights = network.targets[out], network.weights[out]
        if network.use.size:
            weights = weights * _efficacy(network.use, state.short_term, j)
        delays = network.delays[out] if network.delays.size else np.ones_like(targets)
        soon = delays == 1
        np.add.at(receiving, targets[soon], weights[soon])
        if len(pending):
            slots = (step + delays[~soon] - 1) % len(pending)
            np.add.at(pending, (slots, targets[~soon]), weights[~soon])


def _is_due(lesson: Lesson, step: int) -> bool:
    return lesson.first <= step < lesson.last and step % lesson.every == lesson.offset


def _learn(lesson: Lesson, state: StateArrays, b: int, t: int) -> None:
    """Teach the readouts of one replica at the t-th step of the run, in place."""
    w, z, x, target = state.readout_weights, state.feedback, state.values[4], lesson.targets[b, t]
    if lesson.rule == LESSONS["delta"]:
        delta_sample(w, x, z, target, lesson.course[b, t], lesson.rate[b], lesson.saturation)
    else:
        step = state.step + t
        start = lesson.first + (lesson.offset - lesson.first) % lesson.every
        turn = (step - start) // lesson.every
        least_squares_sample(
            w, state.inverse, x, z, target, lesson.forgetting, lesson.leak, turn, lesson.divided
        )


def _find_divergence(state: StateArrays) -> tuple[int, int]:
    """Return the code and the first neuron or readout that is not a finite number, or (-1, 0)."""
    for code, values in enumerate((*state.values[: len(WATCHED) - 1], state.feedback)):
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            return code, int(bad[0])
    return -1, 0
