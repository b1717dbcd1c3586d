"""A spiking network on a GPU, a whole run inside one kernel; defined in `numpy_reference.reservoir`.

A block of threads works on a replica. A large network that is alone gets all blocks of the GPU, which is the
same arithmetic and gives the same bits.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import RequestError
from .. import noise
from ..layout import LESSONS, SCHEMES, Codes, Lesson, NetworkArrays, RecordPlan, StateArrays, Status
from . import device as devices
from .packing import Arrays, instance, pack, threads_for
from .workspace import Workspace

__all__ = ["run_reservoir"]

Array = npt.NDArray[Any]
Numbers = dict[str, int | float]

_LARGE, _FEW = 16384, 8  # neurons, and replicas: such a batch gets a grid
_REST = 16  # a batch leaves the GPU idle if it has fewer blocks than this part of the multiprocessors
_GRID_THREADS = 256
_MOST = 2**28  # the kernel keeps places of neurons in 29 bits
_log = logging.getLogger("neurogate")

_OF_ONE_WIDTH = (("synapse_decay", "synapse_rise"), ("trace_decay", "trace_rise", "trace_kick"))


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

    Parameters and returns are those of `numpy_reference.run_reservoir`.

    Examples
    --------
    See `neurogate.network.reservoir.Reservoir`.
    """
    device = devices.current()
    (batch, n), dtype = network.bias.shape, state.values.dtype
    if n > _MOST:
        raise RequestError(
            f"A reservoir of {n} neurons is too large for a GPU; at most {_MOST} are possible."
        )
    _warn_if_small(batch, n, device.multiprocessors)
    together = _is_for_a_grid(batch, n)
    space = _workspace(network, state, lesson, 0 if together else device.shared_bytes)
    arrays = _arrays(network, state, inputs, plan, lesson)
    arrays["space"] = np.zeros((1 if together else batch) * (0 if space.in_shared else space.size), np.uint8)
    there = Arrays(device, arrays)
    if inputs.shape[1]:
        numbers = {**_shape(codes, network, state, inputs, plan), **_taught(lesson, n), **space.numbers()}
        _launch(device, there, numbers, together, batch, space, dtype)
    return _results(there, state, inputs.shape[1])


def _is_for_a_grid(batch: int, n: int) -> bool:
    return n >= _LARGE and batch < _FEW


@functools.cache
def _warn_if_small(batch: int, n: int, multiprocessors: int) -> None:
    """Say once of a batch that it hardly pays: 1000 neurons alone take five times a core's time on a GPU."""
    fewest = -(-multiprocessors // _REST)
    if batch * n >= _LARGE and (batch >= fewest or _is_for_a_grid(batch, n)):
        return
    _log.warning(
        "A batch of %d x %d neurons hardly pays on a GPU, which wants %d or more at once, in one network or "
        "in at least %d; give it more, or use numba.",
        batch,
        n,
        _LARGE,
        fewest,
    )


def _workspace(
    network: NetworkArrays, state: StateArrays, lesson: Lesson | None, shared_bytes: int
) -> Workspace:
    return Workspace.plan(
        network.bias.shape[1],
        state.feedback.shape[1],
        state.values.dtype,
        shared_bytes,
        least_squares=lesson is not None and lesson.rule == LESSONS["least_squares"],
        noisy=network.noise_sd.size > 0,
        external=network.poisson_mean.size > 0,
    )


def _arrays(
    network: NetworkArrays, state: StateArrays, inputs: Array, plan: RecordPlan, lesson: Lesson | None
) -> dict[str, Array]:
    """Name every array as the kernel does, in the kernel's types."""
    dtype, batch = state.values.dtype, len(inputs)
    taught = np.zeros((3, 0)) if lesson is None else (lesson.targets, lesson.course, lesson.rate)
    arrays = network._asdict() | dict(zip(state._fields[:-1], state[:-1], strict=True))
    for names in _OF_ONE_WIDTH:
        arrays |= _of_one_width({name: arrays[name] for name in names})
    arrays |= dict(zip(("wanted", "course", "rate"), (a.astype(dtype) for a in taught), strict=True))
    arrays |= {
        "drive": inputs.astype(dtype),
        "efficacy": np.zeros(2 * network.use.size, dtype),
        "normals": noise.normal_table(dtype.name),
        "records": np.zeros((batch, int(plan.offset[-1])), dtype),
        "status": np.tile(np.array([-1, 0, 0], np.int64), (batch, 1)),
        "arrived": np.zeros(batch, np.uint64),
    }
    rows = {"variable": plan.variable, "stride": plan.stride, "start": plan.neuron_start}
    rows |= {"neurons": plan.neurons, "offset": plan.offset}
    return arrays | {f"record_{name}": row.astype(np.int64) for name, row in rows.items()}


def _of_one_width(rows: Mapping[str, Array]) -> dict[str, Array]:
    """Return rows of each replica with as many numbers as the widest has; rows that are absent hold zeros."""
    width = max(1, *(row.shape[-1] for row in rows.values()))
    return {
        name: np.ascontiguousarray(
            np.broadcast_to(row, (len(row), width)) if row.size else np.zeros((len(row), width), row.dtype)
        )
        for name, row in rows.items()
    }


def _shape(
    codes: Codes, network: NetworkArrays, state: StateArrays, inputs: Array, plan: RecordPlan
) -> Numbers:
    n = network.bias.shape[1]
    wide = {"parameter": (network.parameters,)}
    for part, names in zip(("synapse", "trace"), _OF_ONE_WIDTH, strict=True):
        wide[part] = tuple(getattr(network, name) for name in names)
    return {
        "neurons": n,
        "parameter_rows": network.parameters.shape[1],
        "inputs": inputs.shape[2],
        "readouts": state.feedback.shape[1],
        "synapses": network.targets.shape[1],
        "depth": state.pending.shape[1],
        "steps": inputs.shape[1],
        "done": int(state.step),
        **{f"{name}_step": int(max(row.shape[-1] for row in rows) == n) for name, rows in wide.items()},
        "model": int(codes.model),
        "half_step": int(codes.scheme == SCHEMES["half_step"]),
        "double_synapse": int(codes.double_synapse),
        "double_trace": int(codes.double_trace),
        "noisy": int(network.noise_sd.size > 0),
        "external": int(network.poisson_mean.size > 0),
        "delayed": int(network.delays.size > 0),
        "passing": int(network.use.size > 0),
        "groups": len(plan.variable),
        "record_length": int(plan.offset[-1]),
        "dt_ms": float(codes.dt_ms),
    }


def _taught(lesson: Lesson | None, n: int) -> Numbers:
    if lesson is None:
        whole = dict.fromkeys(("offset", "first", "last", "start", "divided"), 0)
        return {
            "lesson": -1,
            "every": 1,
            **whole,
            **dict.fromkeys(("saturation", "forgetting", "grow", "mu"), 0.0),
        }
    first, every, offset = int(lesson.first), int(lesson.every), int(lesson.offset)
    return {
        "lesson": int(lesson.rule),
        "every": every,
        "offset": offset,
        "first": first,
        "last": int(lesson.last),
        "start": first + (offset - first) % every,
        "divided": int(lesson.divided),
        "saturation": float(lesson.saturation),
        "forgetting": float(lesson.forgetting),
        "grow": 1.0 / lesson.forgetting,
        "mu": float(n * lesson.leak),
    }


def _launch(
    device: devices.Device,
    there: Arrays,
    numbers: Mapping[str, int | float],
    together: bool,
    batch: int,
    space: Workspace,
    dtype: np.dtype[Any],
) -> None:
    """Start one block for each replica, or all blocks for one replica after the other."""
    size = _GRID_THREADS if together else threads_for(int(numbers["neurons"]))
    addresses = there.addresses()
    barriers = addresses["arrived"]
    shared = size * space.itemsize + (space.size if space.in_shared else 0)
    for b in range(batch if together else 1):
        given = pack("run.cuh", "Run", {**numbers, **addresses, "replica": b, "arrived": barriers + 8 * b})
        name, blocks = ("reservoir_grid", device.multiprocessors) if together else ("reservoir_block", batch)
        device.launch(instance(name, dtype), given, (blocks, 1), size, shared)


def _results(there: Arrays, state: StateArrays, steps: int) -> tuple[StateArrays, Array, Status]:
    changed = {name: there.fetch(name) for name in state._fields[:-1]}
    code, step, neuron = there.fetch("status").T.copy()
    return (
        state._replace(**changed, step=state.step + steps),
        there.fetch("records"),
        Status(code, step, neuron),
    )
