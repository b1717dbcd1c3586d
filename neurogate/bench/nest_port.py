"""Workloads c and d in NEST: its built-in ``izhikevich``, which knows no synapse but a jump of v.

Weights of workload d are multiplied by the synaptic time constant, so that a spike carries the same charge
at once; activity is similar and the synapse is cheaper than in the other simulators.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .workloads import TAU_SYNAPSE_MS, Workload, pulse, scattered

__all__ = ["prepare"]


def prepare(workload: Workload) -> Callable[[], tuple[float, float]]:
    """Return a function that runs a workload once and returns seconds and mean rate in Hz.

    Parameters
    ----------
    workload : Workload
        Of kind pulse or scattered.
    """
    nest = importlib.import_module("nest")

    build = _pulse if workload.kind == "pulse" else _scattered

    def once() -> tuple[float, float]:
        nest.ResetKernel()
        nest.set(resolution=workload.dt_ms, local_num_threads=1)
        neurons = build(nest, workload)
        recorder = nest.Create("spike_recorder", params={"record_to": "memory"})
        nest.Connect(neurons, recorder)
        nest.Prepare()
        began = time.perf_counter()
        nest.Run(workload.steps * workload.dt_ms)
        seconds = time.perf_counter() - began
        nest.Cleanup()
        return seconds, recorder.n_events / workload.n / workload.seconds

    return once


def _cells(nest: Any, parameters: Mapping[str, Any], rest: Mapping[str, Any], *, standard: bool) -> Any:
    names = {"a": "a", "b": "b", "c": "c", "d": "d", "v_peak": "V_th"}
    values = {names[key]: row for key, row in parameters.items()} | dict(rest)
    rows = {name: np.asarray(row, float).tolist() for name, row in values.items()}
    neurons = nest.Create("izhikevich", len(parameters["a"]), params={"consistent_integration": standard})
    neurons.set(rows)
    return neurons


def _pulse(nest: Any, workload: Workload) -> Any:
    drawn = pulse(workload.n)
    v = np.full(workload.n, -65.0)
    neurons = _cells(nest, drawn.parameters, {"V_m": v, "U_m": drawn.parameters["b"] * v}, standard=False)
    synapse = {"synapse_model": "static_synapse", "weight": drawn.weights, "delay": 1.0}
    nest.Connect(neurons, neurons, "all_to_all", synapse)
    for sd in np.unique(drawn.noise_sd):
        generator = nest.Create("noise_generator", params={"std": float(sd), "dt": workload.dt_ms})
        nest.Connect(generator, neurons[np.flatnonzero(drawn.noise_sd == sd).tolist()])
    return neurons


def _scattered(nest: Any, workload: Workload) -> Any:
    drawn = scattered(workload.n)
    rest = {"V_m": drawn.v, "U_m": drawn.parameters["b"] * drawn.v, "I_e": drawn.bias}
    neurons = _cells(nest, drawn.parameters, rest, standard=True)
    first = neurons[0].global_id
    senders = np.repeat(np.arange(workload.n), drawn.targets.shape[1]) + first
    weights = TAU_SYNAPSE_MS * drawn.weights.ravel()
    synapse = {
        "synapse_model": "static_synapse",
        "weight": weights,
        "delay": np.full(weights.size, workload.dt_ms),
    }
    nest.Connect(senders, drawn.targets.ravel().astype(np.int64) + first, "one_to_one", synapse)
    return neurons
