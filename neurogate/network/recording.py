"""What to record while a reservoir runs, and how much memory that takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..backends.layout import RECORDABLE, RecordPlan
from ..errors import RequestError
from ..units import Count, settings

__all__ = ["Recording", "pack_plan", "recording_mb", "unpack_records"]

Array = npt.NDArray[Any]


@settings
class Recording:
    """One variable, sampled every `stride` steps, in all neurons or in some.

    Parameters
    ----------
    variable : str
        spikes (counts since the last sample), v, u, synaptic_current, trace, or, of double-exponential
        filters, synapse_rise and trace_rise; values are those at the end of a step, after the reset.
        readout: what is fed back at the next step, one number per readout.
    stride : int
        Steps between samples.
    neurons : tuple of int
        Which neurons (or readouts); empty means all.

    Examples
    --------
    >>> Recording(variable="v", stride=10, neurons=(0, 1)).stride
    10
    """

    variable: Literal[
        "spikes", "v", "u", "synaptic_current", "synapse_rise", "trace", "trace_rise", "readout"
    ]
    stride: Count = 1
    neurons: tuple[int, ...] = ()

    def chosen(self, n: int, readouts: int = 0) -> Array:
        """Return the indices to record in a network of `n` neurons with so many readouts."""
        what, there = ("readout", readouts) if self.variable == "readout" else ("neuron", n)
        if not there:
            raise RequestError(
                "A recording asks for the readouts, but this network has none inside its steps."
            )
        outside = [i for i in self.neurons if not 0 <= i < there]
        if outside:
            raise RequestError(
                f"A recording of {self.variable} asks for {what} {outside[0]}; "
                f"{what}s are numbered 0 to {there - 1}."
            )
        return np.array(self.neurons or range(there), np.int64)


def recording_mb(
    record: Sequence[Recording], n: int, steps: int, replicas: int, dtype: str, readouts: int = 0
) -> float:
    """Return the memory that recordings of `steps` steps take, in MB.

    Parameters
    ----------
    record : sequence of Recording
    n, steps, replicas : int
    dtype : "float64" or "float32"
    readouts : int

    Examples
    --------
    >>> recording_mb([Recording(variable="v")], n=1000, steps=1000, replicas=1, dtype="float32")
    4.0
    """
    numbers = sum(len(r.chosen(n, readouts)) * -(-steps // r.stride) for r in record)
    return numbers * replicas * np.dtype(dtype).itemsize / 1e6


def pack_plan(
    record: Sequence[Recording],
    n: int,
    first: int,
    steps: int,
    readouts: int = 0,
    rows: Sequence[str] = tuple(RECORDABLE),
) -> RecordPlan:
    """Lay recordings out in one flat buffer per replica.

    Parameters
    ----------
    record : sequence of Recording
    n : int
        Neurons of the network.
    first, steps : int
        Steps done before the run, and steps of the run.
    readouts : int
        Readouts of the network.
    rows : sequence of str
        What can be recorded of the network; the place in it is what the plan calls a variable.

    Raises
    ------
    RequestError
        If two recordings name the same variable, the network has no such variable or no such neuron, or a
        run that counts spikes would begin or end between two samples.
    """
    names = [r.variable for r in record]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise RequestError(f"{', '.join(sorted(repeated))} is recorded twice; name each variable once.")
    if absent := [name for name in names if name not in rows]:
        raise RequestError(f"This reservoir has no {absent[0]} to record; it has {', '.join(rows)}.")
    for r in record:
        if r.variable == "spikes" and (first % r.stride or steps % r.stride):
            raise RequestError(
                f"Spikes are counted every {r.stride} steps, but the run goes from step {first} to "
                f"{first + steps}; begin and end it at multiples of {r.stride}."
            )
    chosen = [r.chosen(n, readouts) for r in record]
    samples = [(first + steps) // r.stride - first // r.stride for r in record]
    sizes = [len(c) * s for c, s in zip(chosen, samples, strict=True)]
    return RecordPlan(
        np.array([list(rows).index(name) for name in names], np.int64),
        np.array([r.stride for r in record], np.int64),
        np.concatenate([[0], np.cumsum([len(c) for c in chosen])]).astype(np.int64),
        np.concatenate([np.zeros(0, np.int64), *chosen]),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
    )


def unpack_records(plan: RecordPlan, record: Sequence[Recording], flat: Array) -> Mapping[str, Array]:
    """Return each recorded variable as a (B, samples, neurons) array.

    Parameters
    ----------
    plan : RecordPlan
    record : sequence of Recording
        What `plan` was made from.
    flat : (B, R) array
        The buffers of a run.
    """
    widths = np.diff(plan.neuron_start)
    return {
        r.variable: flat[:, plan.offset[i] : plan.offset[i + 1]].reshape(
            len(flat), -1, max(int(widths[i]), 1)
        )
        for i, r in enumerate(record)
    }
