"""The arrays that every backend shares: names, shapes, and codes for what they hold.

Here live plain tuples of arrays and integer codes; nothing is computed. Every array starts with the
replica axis B. A backend works on one replica at a time through `replica`.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy.typing as npt

__all__ = [
    "ACTIVATIONS",
    "CHECK_EVERY",
    "LANES",
    "LESSONS",
    "MODELS",
    "RATE_ROWS",
    "RECORDABLE",
    "SCHEMES",
    "STATE_ROWS",
    "VOLTAGE_LIMIT_MV",
    "WATCHED",
    "Codes",
    "Lesson",
    "NetworkArrays",
    "RateArrays",
    "RateCodes",
    "RecordPlan",
    "StateArrays",
    "Status",
    "replica",
]

Array = npt.NDArray[Any]

LANES = 16
"""Every sum over neurons adds 16 interleaved partial sums and then folds them in a tree."""

CHECK_EVERY = 50
"""Steps between two looks for divergence."""

VOLTAGE_LIMIT_MV = 1000.0
"""A membrane potential below minus this, or any that is not a number, means that the run has diverged."""

MODELS = {"izhikevich_2003": 0, "izhikevich_2007": 1}
SCHEMES = {"euler": 0, "half_step": 1}
STATE_ROWS = ("v", "u", "synaptic_current", "synapse_rise", "trace", "trace_rise")
RECORDABLE = {name: row for row, name in enumerate((*STATE_ROWS, "spikes", "readout"))}
"""What can be recorded inside a run: ``spikes`` counts the spikes between two samples, ``readout`` is z."""

WATCHED = ("v", "u", "synaptic_current", "readout")
"""What is looked at for divergence; the codes of `Status` are places in it."""

ACTIVATIONS = {"linear": 0, "rectified": 1, "tanh": 2}
"""What becomes of the drive of a unit without spikes."""

RATE_ROWS = ("trace", "adaptation")
"""The state of a network without spikes; its trace can be recorded."""

LESSONS = {"delta": 0, "least_squares": 1}
"""How readouts can be taught inside a run."""


class Codes(NamedTuple):
    """Choices that select a branch of the kernel, the same for every replica."""

    model: int  # one of MODELS
    scheme: int  # one of SCHEMES
    double_synapse: bool  # double instead of single exponential
    double_trace: bool  # likewise
    dt_ms: float  # step


class NetworkArrays(NamedTuple):
    """A batch of networks: everything that stays fixed during a run.

    P parameters, K inputs, R readouts, S synapses (the largest count in the batch; a replica uses the
    first ``indptr[-1]``). Synapses are sorted by presynaptic neuron, and no pair of neurons has two with
    the same delay. W is N, or 1 if one number serves all neurons of a replica; rows of the trace may
    also have width 0: then there is no trace, and its state stays at zero.
    """

    seed: Array  # (B,) uint64
    parameters: Array  # (B, P, W)
    bias: Array  # (B, N)
    input_weights: Array  # (B, K, N)
    noise_sd: Array  # (B, N), already divided by sqrt(dt); (B, 0) for none
    poisson_mean: Array  # (B, N) float64, expected external spikes per step; (B, 0) for none
    poisson_none: Array  # (B, N) float64, exp(-poisson_mean)
    poisson_weight: Array  # (B, N)
    feedback_weights: Array  # (B, R, N)
    synapse_decay: Array  # (B, W)
    synapse_rise: Array  # (B, W)
    trace_decay: Array  # (B, W)
    trace_rise: Array  # (B, W)
    trace_kick: Array  # (B, W)
    indptr: Array  # (B, N + 1) int64
    targets: Array  # (B, S) int32
    weights: Array  # (B, S)
    delays: Array  # (B, S) int32 steps, or (B, 0) when every delay is one step
    use: Array  # (B, N) share of resources that a rested sender uses; (B, 0) without short-term plasticity
    facilitation_decay: Array  # (B, N) likewise
    depression_decay: Array  # (B, N) likewise


class RateCodes(NamedTuple):
    """Choices that hold for every replica of a batch of networks without spikes."""

    activation: int  # one of ACTIVATIONS
    dt_ms: float  # step


class RateArrays(NamedTuple):
    """A batch of networks without spikes: everything that stays fixed during a run.

    K inputs, D senders to each unit (0 if units do not hear each other).
    """

    seed: Array  # (B,) uint64
    bias: Array  # (B, N)
    input_weights: Array  # (B, K, N)
    noise_sd: Array  # (B, N), already divided by sqrt(dt); (B, 0) for none
    sources: Array  # (B, D, N) int32, whom each unit hears, in ascending order along D
    weights: Array  # (B, D, N), per Hz
    step: Array  # (B, N) share of the way that a unit goes to its drive in a step
    scale_hz: Array  # (B, N) rate of a unit that is driven by 1
    adaptation: Array  # (B, N) of the drive, per Hz; (B, 0) for none
    adaptation_step: Array  # (B, N) share of the way that adaptation goes to the rate in a step


class StateArrays(NamedTuple):
    """Everything that a run changes; copy it and the run can be repeated from there."""

    values: Array  # (B, 6, N), rows as in STATE_ROWS; (B, 2, N) and RATE_ROWS without spikes
    pending: Array  # (B, D, N) weights on their way, a ring over the next D steps; D is 0 without delays
    feedback: Array  # (B, R) readouts fed back at the next step
    readout_weights: Array  # (B, R, N)
    inverse: Array  # (B, N, N) P of least squares, its lower triangle; (B, 0, 0) for none
    short_term: Array  # (B, 2, N) utilisation and resources of each sender's synapses; (B, 0, N) for none
    step: int  # steps done since the beginning


class Lesson(NamedTuple):
    """What the readouts are taught inside a run of T steps; an update needs the readouts of its own step.

    Step t, counted from the beginning of the state, is an update if ``first <= t < last`` and
    ``t % every == offset``.
    """

    rule: int  # one of LESSONS
    every: int  # steps from one update to the next
    offset: int  # which of these
    first: int  # first step of the lesson
    last: int  # first step after it
    targets: Array  # (B, T, R) wanted readouts
    course: Array  # (B, T) gate of the delta rule apart from the error's part, from 0 to 1
    rate: Array  # (B,) of the delta rule
    saturation: float  # of the delta rule's error gate, 0 for none
    forgetting: float  # of least squares
    leak: float  # likewise
    divided: bool  # whether the gain of least squares is c / gamma (as in textbooks) or c alone


class RecordPlan(NamedTuple):
    """What to record in one run; sample k of group g is taken when ``stride[g]`` divides the step."""

    variable: Array  # (G,) codes of RECORDABLE
    stride: Array  # (G,) steps
    neuron_start: Array  # (G + 1,) into neurons
    neurons: Array  # (sum of the groups' subsets,)
    offset: Array  # (G + 1,) into the flat buffer of one replica


class Status(NamedTuple):
    """How each replica ended: code (-1 is well), completed steps, first neuron (or readout)."""

    code: Array  # (B,) place in WATCHED
    step: Array  # (B,)
    neuron: Array  # (B,)


_Arrays = TypeVar("_Arrays", NetworkArrays, RateArrays)


def replica(arrays: _Arrays, b: int) -> _Arrays:
    """Return the arrays of one replica, without the replica axis."""
    return type(arrays)(*(array[b] for array in arrays))
