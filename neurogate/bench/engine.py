"""The workloads in neurogate itself.

`prepare` builds a network through `neurogate.network.assemble` and returns a function that runs it once.
What is timed is the whole call of `Reservoir.run`: copies of the state, recording and checks included.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ..backends.layout import LESSONS, Lesson
from ..network.assemble import Assembled, Filter, assemble
from ..network.recording import Recording
from .workloads import (
    FORCE,
    PER_NEURON,
    TARGET_HZ,
    TAU_DECAY_MS,
    TAU_RISE_MS,
    TAU_SYNAPSE_MS,
    UPDATE_EVERY,
    Force,
    Workload,
    force,
    pulse,
    scattered,
    sweep,
)

__all__ = ["build", "lesson", "prepare", "scattered_parts"]

Array = npt.NDArray[Any]


def build(workload: Workload, dtype: str = "float64", backend: str = "numba") -> Assembled:
    """Build the network of a workload.

    Parameters
    ----------
    workload : Workload
    dtype : "float64" or "float32"
    backend : str

    Examples
    --------
    >>> import attrs
    >>> from neurogate.bench.workloads import WORKLOADS
    >>> build(attrs.evolve(WORKLOADS["a1000"], n=50), backend="numpy").reservoir.shape
    (1, 50, 0)
    """
    options: dict[str, Any] = {
        "dt_ms": workload.dt_ms,
        "dtype": dtype,
        "backend": backend,
        "threads": workload.threads,
    }
    if workload.kind == "force":
        n, many = workload.n, workload.replicas
        return _force([force(n, 1)] if many == 1 else sweep(n, many), workload.learning, options)
    if workload.kind == "pulse":
        return _pulse(workload.n, options)
    return assemble(**scattered_parts(workload.n), **options)


def _force(networks: list[Force], learning: bool, options: dict[str, Any]) -> Assembled:
    filter_ = Filter(TAU_DECAY_MS, TAU_RISE_MS, 1 / (TAU_RISE_MS * TAU_DECAY_MS))
    readouts = np.stack([network.readout for network in networks])[:, None]
    return assemble(
        "izhikevich_2007",
        FORCE,
        [network.weights for network in networks],
        synapse=filter_,
        trace=filter_,
        bias=[[network.bias] for network in networks],
        feedback_weights=np.stack([network.feedback for network in networks])[:, None],
        readout_weights=np.zeros_like(readouts) if learning else readouts,
        inverse=2.0 if learning else None,
        v=np.stack([network.v for network in networks]),
        **options,
    )


def _pulse(n: int, options: dict[str, Any]) -> Assembled:
    """Spikes of a step are the current of the next one, and of no other: a synapse that forgets at once."""
    network = pulse(n)
    return assemble(
        "izhikevich_2003",
        network.parameters,
        network.weights,
        scheme="half_step",
        synapse=Filter(0.0),
        noise_sd=network.noise_sd,
        v=-65.0,
        **options,
    )


def scattered_parts(n: int, per_neuron: int = PER_NEURON) -> dict[str, Any]:
    """Return what `assemble` needs for a 4-parameter network (workload d), apart from how to run it.

    Parameters
    ----------
    n, per_neuron : int

    Examples
    --------
    >>> assemble(**scattered_parts(20), dt_ms=0.1, backend="numpy").reservoir.shape
    (1, 20, 0)
    """
    network = scattered(n, per_neuron=per_neuron)
    senders = np.repeat(np.arange(n), per_neuron)
    return {
        "model": "izhikevich_2003",
        "parameters": network.parameters,
        "weights": (senders, network.targets.ravel(), network.weights.ravel()),
        "synapse": Filter(TAU_SYNAPSE_MS),
        "bias": network.bias,
        "v": network.v,
    }


def lesson(workload: Workload, dtype: str) -> Lesson | None:
    """Return what workload b teaches: a sine, at steps 1, 21, 41, ..., with the undivided gain.

    Parameters
    ----------
    workload : Workload
    dtype : str

    Examples
    --------
    >>> from neurogate.bench.workloads import WORKLOADS
    >>> lesson(WORKLOADS["b1000"], "float32").targets.shape, lesson(WORKLOADS["a1000"], "float32")
    ((1, 25000, 1), None)
    """
    if not workload.learning:
        return None
    times = np.arange(workload.steps) * workload.dt_ms / 1000
    targets = np.sin(2 * np.pi * TARGET_HZ * times).astype(dtype)[None, :, None]
    return Lesson(
        rule=LESSONS["least_squares"], every=UPDATE_EVERY, offset=1, first=0, last=workload.steps,
        targets=targets, course=np.ones(targets.shape[:2], dtype), rate=np.zeros(1, dtype),
        saturation=0.0, forgetting=1.0, leak=0.0, divided=False,
    )  # fmt: skip


def prepare(workload: Workload, dtype: str, backend: str) -> Callable[[], tuple[float, float]]:
    """Return a function that runs a workload once and returns the seconds it took and the mean rate in Hz.

    Parameters
    ----------
    workload : Workload
    dtype : str
    backend : str
    """
    reservoir, start = build(workload, dtype, backend)
    taught = lesson(workload, dtype)
    inputs = np.zeros((workload.replicas, workload.steps, 0), dtype)
    record = [Recording(variable="spikes", stride=workload.steps)]
    record += [Recording(variable="readout")] if workload.kind == "force" else []

    def once() -> tuple[float, float]:
        began = time.perf_counter()
        _, records = reservoir.run(start, inputs, record, taught)
        return time.perf_counter() - began, float(records["spikes"].mean()) / workload.seconds

    return once
