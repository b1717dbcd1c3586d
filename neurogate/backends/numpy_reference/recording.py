"""Recording inside a run, in NumPy: samples go to a flat buffer, group after group."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from ..layout import RECORDABLE, RecordPlan, StateArrays

__all__ = ["record"]

Array = npt.NDArray[Any]
_SPIKES, _READOUT = RECORDABLE["spikes"], RECORDABLE["readout"]


def record(plan: RecordPlan, state: StateArrays, spikes: Array, step: int, records: Array) -> None:
    """Store the samples of this step; a sample closes when its stride divides the steps done.

    Parameters
    ----------
    plan : RecordPlan
    state : StateArrays
        Of one replica, after the step; its `step` is that at which the run began.
    spikes : (N,) array
        Zeros and ones.
    step : int
        Steps done before this one.
    records : (R,) array
        The flat buffer of the replica, changed in place.

    Examples
    --------
    >>> import numpy as np
    >>> plan = RecordPlan(*map(np.array, ([4], [1], [0, 2], [0, 1], [0, 2])))
    >>> nothing = np.zeros(0)
    >>> values, records = np.arange(12.0).reshape(6, 2), np.zeros(2)
    >>> record(plan, StateArrays(values, *[nothing] * 5, 0), np.zeros(2), 0, records)
    >>> records.tolist()
    [8.0, 9.0]
    """
    for group, stride in enumerate(plan.stride):
        chosen = plan.neurons[plan.neuron_start[group] : plan.neuron_start[group + 1]]
        start = plan.offset[group] + (step // stride - state.step // stride) * len(chosen)
        variable = plan.variable[group]
        if variable == _SPIKES:
            records[start : start + len(chosen)] += spikes[chosen]
        elif (step + 1) % stride == 0:
            source = state.feedback if variable == _READOUT else state.values[variable]
            records[start : start + len(chosen)] = source[chosen]
