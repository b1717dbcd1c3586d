"""Recording inside a run, compiled: samples go to a flat buffer, group after group."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..layout import RECORDABLE, RecordPlan
from .compiling import part

__all__ = ["record", "shelves"]

Array = npt.NDArray[Any]
_SPIKES, _READOUT = RECORDABLE["spikes"], RECORDABLE["readout"]
_FIELDS = ("variable", "stride", "begin", "end", "in_order", "left", "place")


def shelves(plan: RecordPlan, first: int) -> Array:
    """Return one record for each group: what it holds and where its next sample goes.

    Parameters
    ----------
    plan : RecordPlan
    first : int
        Steps done before the run.

    Returns
    -------
    structured array
        `variable`, `stride`; the group's part of `plan.neurons` from `begin` to `end`, and whether these
        are 0, 1, 2, ... (`in_order`); `left`, steps until the sample closes, and `place`, which with an
        index into `plan.neurons` is where it lies in the buffer.

    Examples
    --------
    >>> plan = RecordPlan(*map(np.array, ([0], [4], [0, 2], [0, 1], [0, 4])))
    >>> shelves(plan, 5)[0].item()
    (0, 4, 0, 2, 1, 3, 0)
    """
    groups = np.zeros(len(plan.variable), [(name, np.int64) for name in _FIELDS])
    groups["variable"], groups["stride"] = plan.variable, plan.stride
    groups["begin"], groups["end"] = plan.neuron_start[:-1], plan.neuron_start[1:]
    groups["left"] = plan.stride - first % plan.stride
    groups["place"] = plan.offset[:-1] - plan.neuron_start[:-1]
    for group in groups:
        chosen = plan.neurons[group["begin"] : group["end"]]
        group["in_order"] = np.array_equal(chosen, np.arange(len(chosen)))
    return groups


@part
def record(
    groups: Any, neurons: Any, values: Any, feedback: Any, fired: Any, count: int, records: Any
) -> None:
    """Store what this step adds to each sample."""
    for index in range(groups.shape[0]):
        group = groups[index]
        place, begin, end = group.place, group.begin, group.end
        group.left -= 1
        if group.variable == _SPIKES:
            for q in range(count):
                j = fired[q]
                if group.in_order == 0:
                    for i in range(begin, end):
                        if neurons[i] == j:
                            records[place + i] += 1
                elif begin + j < end:
                    records[place + begin + j] += 1
        elif group.left == 0:
            source = feedback if group.variable == _READOUT else values[group.variable]
            if group.in_order == 1:
                for j in range(end - begin):
                    records[place + begin + j] = source[j]
            else:
                for i in range(begin, end):
                    records[place + i] = source[neurons[i]]
        if group.left == 0:
            group.left = group.stride
            group.place = place + end - begin
