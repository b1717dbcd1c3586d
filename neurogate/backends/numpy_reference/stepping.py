"""The loop over replicas and steps that every kind of network shares.

What happens in a step is said by the kind of network; what is recorded, in `recording`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ..layout import CHECK_EVERY, RecordPlan, StateArrays, Status, replica
from .recording import record

__all__ = ["over_steps"]

Array = npt.NDArray[Any]


def over_steps(
    network: Any,
    state: StateArrays,
    steps: int,
    plan: RecordPlan,
    advance: Callable[[Any, StateArrays, int, int], Array],
    lost: Callable[[StateArrays], tuple[int, int]],
) -> tuple[StateArrays, Array, Status]:
    """Advance each replica step by step, record it, and stop it where it diverged.

    Parameters
    ----------
    network : NetworkArrays or RateArrays
        B networks.
    state : StateArrays
        Where they stand; left untouched.
    steps : int
        How many.
    plan : RecordPlan
        What to record.
    advance : callable
        Takes one network, its state, its place b and the step t of this run; changes the state and returns
        the spikes.
    lost : callable
        Takes a state; returns the code and the neuron of what is not finite, or a code of -1.

    Returns
    -------
    state : StateArrays
    records : (B, R) array
    status : Status

    Examples
    --------
    See `numpy_reference.reservoir` and `numpy_reference.rates`.
    """
    *arrays, first = state
    new = StateArrays._make((*(array.copy() for array in arrays), first + steps))
    batch = len(state.values)
    records = np.zeros((batch, int(plan.offset[-1])), state.values.dtype)
    status = Status(np.full(batch, -1), np.zeros(batch, np.int64), np.zeros(batch, np.int64))
    for b in range(batch):
        one = replica(network, b)
        mine = StateArrays._make((*(array[b] for array in new[:-1]), first))
        for t in range(steps):
            with np.errstate(over="ignore", invalid="ignore"):  # divergence is looked for below
                spikes = advance(one, mine, b, t)
            record(plan, mine, spikes, first + t, records[b])
            if (first + t + 1) % CHECK_EVERY == 0 or t + 1 == steps:
                code, neuron = lost(mine)
                if code >= 0:
                    status.code[b], status.step[b], status.neuron[b] = code, first + t + 1, neuron
                    break
    return new, records, status
