"""The workloads in Brian2's C++ standalone mode: one program, compiled once, run several times.

What is timed is Brian2's own timer around the main loop, so that neither starting the program nor loading
the synapses counts. A sweep runs the same program again with other weights and another bias for each replica.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from .brian2_model import Model, build, force_synapses
from .workloads import Workload, force

__all__ = ["FLAGS", "prepare"]

FLAGS = ("-O3", "-ffast-math", "-fno-finite-math-only", "-march=native")
"""What the C++ compiler is told."""


def prepare(workload: Workload) -> Callable[[], tuple[float, float]]:
    """Compile a workload and return a function that runs it once; seconds and mean rate in Hz.

    Parameters
    ----------
    workload : Workload
    """
    import brian2

    folder = tempfile.TemporaryDirectory(prefix="neurogate-brian2-")
    brian2.set_device("cpp_standalone", directory=folder.name, build_on_run=False)
    brian2.prefs.codegen.cpp.extra_compile_args_gcc = list(FLAGS)
    model = build(brian2, workload)
    device: Any = brian2.device
    model.network.run(workload.steps * workload.dt_ms * brian2.ms, namespace={})
    device.build(directory=folder.name, compile=True, run=False)

    def once() -> tuple[float, float]:
        seconds, spikes = 0.0, 0
        for changed in _replicas(model, workload):
            device.run(folder.name, with_output=False, run_args=changed)
            seconds += float(device._last_run_time)
            spikes += int(model.spikes.num_spikes)
        return seconds, spikes / (workload.n * workload.replicas * workload.seconds)

    return once


def _replicas(model: Model, workload: Workload) -> Iterator[dict[Any, Any]]:
    """Yield what differs in each replica: weights scaled as their gain is, and the bias."""
    if workload.replicas == 1:
        yield {}
        return
    weights, bias = model.parts["recurrent"].w, model.parts["neurons"].bias
    base = force_synapses(force(workload.n, 1))[2]
    for k in range(workload.replicas):
        yield {weights: base * (3000 + 100 * k) / 5000, bias: 950.0 + 3 * k}
