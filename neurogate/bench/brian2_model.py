"""The workloads as Brian2 objects, for its standalone, Cython and NumPy modes alike.

As a Brian2 user would write them: filters by forward Euler, the readout as a summed variable over all
neurons, spikes counted and not stored. Time constants are numbers in ms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from .workloads import (
    FORCE,
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
)

__all__ = ["Model", "build", "force_synapses", "runtime"]

_RESERVOIR = """
dv/dt = (k*(v - v_r)*(v - v_t) - u + ip + E*z + bias)/C/ms : 1
du/dt = a*(b*(v - v_r) - u)/ms : 1
dip/dt = -ip/tau_r/ms + h/ms : 1
dh/dt = -h/tau_d/ms : 1
dr/dt = -r/tau_r/ms + g/ms : 1
dg/dt = -g/tau_d/ms : 1
z : 1 (linked)
E : 1
phi : 1
bias : 1 (shared)
"""
_LEARNED = """
c : 1
gamma : 1
gain : 1 (linked)
error : 1 (linked)
"""
_FOUR = "\n".join(f"{name} : 1" for name in ("a", "b", "c", "d", "v_peak")) + "\n"
_STEP = """
I = J + sd*randn()
J = 0
v += 0.5*(0.04*v**2 + 5*v + 140 - u + I)
v += 0.5*(0.04*v**2 + 5*v + 140 - u + I)
u += a*(b*v - u)
"""
_SCATTERED = """
dv/dt = (0.04*v**2 + 5*v + 140 - u + s + bias)/ms : 1
du/dt = a*(b*v - u)/ms : 1
ds/dt = -s/tau/ms : 1
bias : 1
"""
_RESET = "v = c\nu += d"


@attrs.frozen(eq=False)
class Model:
    """A Brian2 network and what is asked of it.

    Parameters
    ----------
    network : brian2.Network
    spikes : brian2.SpikeMonitor
        Counts only.
    parts : mapping of str to object
        ``neurons`` and ``recurrent``, whose variables a sweep replaces.
    """

    network: Any
    spikes: Any
    parts: Mapping[str, Any]


def build(brian2: Any, workload: Workload, learning: str = "synapses") -> Model:
    """Build one replica of a workload.

    Parameters
    ----------
    brian2 : module
    workload : Workload
    learning : "synapses" or "operation"
        Whether P of least squares is held by N x N synapses, or by an array that Python changes.
    """
    brian2.defaultclock.dt = workload.dt_ms * brian2.ms
    if workload.kind == "force":
        return _force(brian2, workload, learning)
    return _pulse(brian2, workload) if workload.kind == "pulse" else _scattered(brian2, workload)


def runtime(workload: Workload, target: str) -> Any:
    """Return a function that runs a workload once in Brian2's runtime mode.

    Parameters
    ----------
    workload : Workload
    target : "cython" or "numpy"
        What Brian2 generates code for.
    """
    import time

    import brian2

    brian2.prefs.codegen.target = target
    model = build(brian2, workload, learning="operation")
    model.network.store()

    def once() -> tuple[float, float]:
        model.network.restore()
        if "inverse" in model.parts:
            model.parts["inverse"][:] = 2 * np.eye(workload.n)
        began = time.perf_counter()
        model.network.run(workload.steps * workload.dt_ms * brian2.ms, namespace={})
        seconds = time.perf_counter() - began
        return seconds, int(model.spikes.num_spikes) / workload.n / workload.seconds

    return once


def _force(brian2: Any, workload: Workload, learning: str) -> Model:
    n, drawn = workload.n, force(workload.n, 1)
    constants = {"v_reset" if name == "c" else name: value for name, value in FORCE.items()}
    constants |= {"tau_r": TAU_RISE_MS, "tau_d": TAU_DECAY_MS, "kick": 1 / (TAU_RISE_MS * TAU_DECAY_MS)}
    taught = workload.learning and learning == "synapses"
    neurons = brian2.NeuronGroup(
        n, _RESERVOIR + (_LEARNED if taught else ""), method="euler", threshold="v >= v_peak",
        reset="v = v_reset\nu += d\ng += kick", namespace=constants,
    )  # fmt: skip
    output = brian2.NeuronGroup(
        1, f"z : 1\ngain : 1\nerror = z - sin(2*pi*{TARGET_HZ}*hertz*t) : 1", namespace={}
    )
    neurons.z = brian2.linked_var(output, "z")
    recurrent = _sparse(brian2, neurons, drawn)
    readout = brian2.Synapses(neurons, output, "z_post = phi_pre*r_pre : 1 (summed)", namespace={})
    readout.connect()
    neurons.v, neurons.E, neurons.bias = drawn.v, drawn.feedback, drawn.bias
    neurons.phi = 0 if workload.learning else drawn.readout
    spikes = brian2.SpikeMonitor(neurons, record=False)
    parts = {"neurons": neurons, "output": output, "recurrent": recurrent, "readout": readout}
    if taught:
        parts |= _inverse_of_synapses(brian2, workload, neurons, output)
    network = brian2.Network(spikes, *parts.values())
    if workload.learning and not taught:
        parts["inverse"], operation = _operation(brian2, workload, neurons, output)
        network.add(operation)
    return Model(network, spikes, parts)


def _sparse(brian2: Any, neurons: Any, drawn: Force) -> Any:
    synapses = brian2.Synapses(
        neurons, neurons, "w : 1", on_pre="h_post += w", namespace={}, name="recurrent"
    )
    senders, targets, weights = force_synapses(drawn)
    synapses.connect(i=senders, j=targets)
    synapses.w = weights
    return synapses


def force_synapses(drawn: Force) -> tuple[Any, Any, Any]:
    """Return senders, targets, and what a spike adds to h, of a reservoir.

    Examples
    --------
    >>> [len(part) for part in force_synapses(force(10, 1))]
    [8, 8, 8]
    """
    targets, senders = np.nonzero(drawn.weights)
    return senders, targets, drawn.weights[targets, senders] / (TAU_RISE_MS * TAU_DECAY_MS)


def _inverse_of_synapses(brian2: Any, workload: Workload, neurons: Any, output: Any) -> dict[str, Any]:
    """Hold P in N x N synapses: c, then r c, then the readout and P, one after another in a slower clock."""
    slow = workload.dt_ms * UPDATE_EVERY * brian2.ms
    neurons.gain, neurons.error = brian2.linked_var(output, "gain"), brian2.linked_var(output, "error")
    inverse = brian2.Synapses(
        neurons, neurons, "P : 1\nc_post = P*r_pre : 1 (summed)", dt=slow, order=1, namespace={}
    )
    inverse.connect()
    inverse.P = "2*int(i == j)"
    product = brian2.Synapses(
        neurons, output, "gain_post = r_pre*c_pre : 1 (summed)", dt=slow, order=3, namespace={}
    )
    product.connect()
    neurons.run_regularly("phi -= c*error\ngamma = 1 + gain", dt=slow, when="end", order=1)
    inverse.run_regularly("P -= c_pre*c_post/gamma_post", dt=slow, when="end", order=2)
    return {"P": inverse, "product": product}


def _operation(brian2: Any, workload: Workload, neurons: Any, output: Any) -> tuple[Any, Any]:
    """Hold P in an array that a Python function changes."""
    inverse = 2 * np.eye(workload.n)
    r, phi, z = (variable.get_value for variable in (
        neurons.variables["r"], neurons.variables["phi"], output.variables["z"],
    ))  # fmt: skip
    slow = workload.dt_ms * UPDATE_EVERY

    def update(t: Any) -> None:
        target = np.sin(2 * np.pi * TARGET_HZ * np.asarray(t).item())
        c = inverse @ r()
        phi()[:] -= c * (z()[0] - target)
        inverse[:] -= np.outer(c, c / (1 + r() @ c))

    return inverse, brian2.NetworkOperation(update, dt=slow * brian2.ms, when="end")


def _pulse(brian2: Any, workload: Workload) -> Model:
    drawn = pulse(workload.n)
    equations = _FOUR + "v : 1\nu : 1\nsd : 1\nJ : 1\n"
    neurons = brian2.NeuronGroup(workload.n, equations, threshold="v >= v_peak", reset=_RESET, namespace={})
    neurons.run_regularly(_STEP, when="groups")
    recurrent = brian2.Synapses(neurons, neurons, "w : 1", on_pre="J_post += w", namespace={})
    recurrent.connect()
    recurrent.w = drawn.weights.T.ravel()  # all pairs are ordered by sender, then by receiver
    _four(neurons, drawn.parameters)
    neurons.sd, neurons.v = drawn.noise_sd, -65
    neurons.u = drawn.parameters["b"] * -65
    return _model(brian2, neurons, recurrent)


def _scattered(brian2: Any, workload: Workload) -> Model:
    n, drawn = workload.n, scattered(workload.n)
    neurons = brian2.NeuronGroup(
        n, _FOUR + _SCATTERED, method="euler", threshold="v >= v_peak", reset=_RESET,
        namespace={"tau": TAU_SYNAPSE_MS},
    )  # fmt: skip
    recurrent = brian2.Synapses(neurons, neurons, "w : 1", on_pre="s_post += w", namespace={})
    recurrent.connect(i=np.repeat(np.arange(n), drawn.targets.shape[1]), j=drawn.targets.ravel())
    recurrent.w = drawn.weights.ravel()
    _four(neurons, drawn.parameters)
    neurons.bias, neurons.v = drawn.bias, drawn.v
    neurons.u = drawn.parameters["b"] * drawn.v
    return _model(brian2, neurons, recurrent)


def _four(neurons: Any, parameters: Mapping[str, Any]) -> None:
    for name, values in parameters.items():
        setattr(neurons, name, values)


def _model(brian2: Any, neurons: Any, recurrent: Any) -> Model:
    spikes = brian2.SpikeMonitor(neurons, record=False)
    return Model(
        brian2.Network(neurons, recurrent, spikes), spikes, {"neurons": neurons, "recurrent": recurrent}
    )
