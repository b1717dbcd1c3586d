"""The same network as Brian2 objects, to extend it there or to check one simulator with the other.

The Brian2 network does the operations of a reservoir in the same order (see
`neurogate.backends.numpy_reference.reservoir`): neurons and then filters move in the slot ``groups``,
spikes arrive in ``synapses``, ``resets`` kicks the traces, and at the ``end`` readouts are summed.
Without noise, spikes are the same over short windows in float64; with noise the two draw different
numbers. Needs the extra ``neurogate[brian]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..backends.layout import MODELS, SCHEMES, STATE_ROWS, Codes, StateArrays
from ..errors import RequestError
from ..neurons.models import MODELS as NEURONS
from .reservoir import Reservoir

__all__ = ["to_brian2"]

Array = npt.NDArray[Any]

_SLOPES = {
    "izhikevich_2003": ("(0.04*v + 5)*v + 140 - u + I", "a*(b*v - u)"),
    "izhikevich_2007": ("(k*(v - v_r)*(v - v_t) - u + I)/C", "a*(b*(v - v_r) - u)"),
}
_DECAYS = ("synapse_decay", "synapse_rise", "trace_decay", "trace_rise")
_LETTERS = dict(zip(STATE_ROWS, ("v", "u", "s", "h", "r", "g"), strict=True))
_STATE = (*_LETTERS.values(), "I")


def to_brian2(reservoir: Reservoir, inputs: Array, replica: int = 0, state: StateArrays | None = None) -> Any:
    """Build one replica of a reservoir as a Brian2 network.

    Parameters
    ----------
    reservoir : Reservoir
        Without Poisson input.
    inputs : (T, K) array
        Input channels at each step.
    replica : int
        Which replica.
    state : StateArrays, optional
        Where it starts, with the spikes that are on their way and the readouts that are about to be fed
        back; by default `Reservoir.initial_state`. Weights of readouts are those of this state: they are
        not taught.

    Returns
    -------
    brian2.Network
        Its objects are called ``neurons`` (variables v, u, s the synaptic current, r the trace, and the
        parameters by name) and, if there are any, ``recurrent`` (weights w), ``readouts`` (z) and
        ``reading`` (weights phi). Run it for T steps of ``neurons.clock.dt``.

    Raises
    ------
    RequestError
        If Brian2 is not installed, or the reservoir has what this bridge cannot say.

    Examples
    --------
    >>> from neurogate.network.specification import ReservoirSpec
    >>> from neurogate.network.inputs import Inputs
    >>> poisson = ReservoirSpec(n=10, inputs=Inputs(poisson_rate_hz=5.0))
    >>> to_brian2(Reservoir.build(poisson, [1], channels=1), np.zeros((5, 1)))
    Traceback (most recent call last):
        ...
    neurogate.errors.RequestError: The bridge to Brian2 cannot say Poisson input; leave it out.
    """
    _check(reservoir)
    try:
        import brian2
    except ImportError as error:
        raise RequestError("Brian2 is not installed; pip install 'neurogate[brian]'.") from error
    state = state or reservoir.initial_state()
    neurons = _neurons(brian2, reservoir, inputs, replica, state)
    network = brian2.Network(neurons)
    if reservoir.arrays.indptr[replica, -1]:
        network.add(_recurrent(brian2, reservoir, neurons, replica))
    if len(state.readout_weights[replica]):
        network.add(*_readouts(brian2, neurons, state.readout_weights[replica], state.feedback[replica]))
    return network


def _check(reservoir: Reservoir) -> None:
    if reservoir.arrays.poisson_mean.shape[1]:
        raise RequestError("The bridge to Brian2 cannot say Poisson input; leave it out.")
    if reservoir.arrays.use.size:
        raise RequestError("The bridge to Brian2 cannot say short-term plasticity; leave it out.")


def _neurons(brian2: Any, reservoir: Reservoir, inputs: Array, replica: int, state: StateArrays) -> Any:
    codes, arrays = reservoir.codes, reservoir.arrays
    model = next(name for name, code in MODELS.items() if code == codes.model)
    channels = range(inputs.shape[1])
    parameters = dict(zip(NEURONS[model].names, arrays.parameters[replica], strict=True))
    parameters |= {f"w_in_{j}": arrays.input_weights[replica, j] for j in channels}
    back = arrays.feedback_weights[replica]
    parameters |= {f"w_back_{k}": weights for k, weights in enumerate(back)}
    parameters |= {name: getattr(arrays, name)[replica] for name in ("bias", "trace_kick", *_DECAYS)}
    if arrays.noise_sd.shape[1]:
        parameters["noise_sd"] = arrays.noise_sd[replica]
    fixed = "\n".join(f"{name} : 1 (constant)" for name in parameters)
    dt = codes.dt_ms * brian2.ms
    timed = {f"x_{j}": brian2.TimedArray(inputs[:, j].astype(float), dt=dt) for j in channels}
    timed["on_the_way"] = brian2.TimedArray(_arrivals(state, replica), dt=dt)
    neurons = brian2.NeuronGroup(
        arrays.bias.shape[1],
        "\n".join([*(f"{name} : 1" for name in _STATE), fixed, *_links(len(back))]),
        threshold="v >= v_peak",
        reset=f"v = c\nu += d\n{'g' if codes.double_trace else 'r'} += trace_kick",
        dt=dt,
        name="neurons*",
        namespace={**timed, "dt_ms": codes.dt_ms, "half_ms": 0.5 * codes.dt_ms},
    )
    for name, values in parameters.items():
        setattr(neurons, name, np.broadcast_to(values if values.size else 0.0, len(neurons)).astype(float))
    for name, row in zip(STATE_ROWS, state.values[replica].astype(float), strict=True):
        setattr(neurons, _LETTERS[name], row)
    neurons.run_regularly(_move(codes, model, parameters), when="groups", order=0)
    neurons.run_regularly(_filters(codes), when="groups", order=1)
    return neurons


def _arrivals(state: StateArrays, replica: int) -> Array:
    """Return what is on its way by the steps in which it arrives, and then nothing for ever."""
    ring = state.pending[replica].astype(float)
    ordered = np.roll(ring, -(state.step % max(len(ring), 1)), axis=0)
    return np.concatenate([ordered, np.zeros((1, ring.shape[1]))])


def _links(readouts: int) -> list[str]:
    return [f"z_{k} : 1 (linked)" for k in range(readouts)]


def _move(codes: Codes, model: str, parameters: Mapping[str, Array]) -> str:
    """Write the current of a step and how v and u move."""
    inputs = [f"{name}*x_{name[5:]}(t)" for name in parameters if name.startswith("w_in_")]
    back = [f"{name}*z_{name[7:]}" for name in parameters if name.startswith("w_back_")]
    noise = ["noise_sd*randn()"] if "noise_sd" in parameters else []
    current = " + ".join(["bias", *inputs, *back, *noise, "s"])
    v, u = _SLOPES[model]
    lines = [f"I = {current}"]
    if codes.scheme == SCHEMES["euler"]:
        lines += [f"v_slope = {v}", f"u_slope = {u}", "v += dt_ms*v_slope", "u += dt_ms*u_slope"]
    else:
        # Each slope stands alone: Brian2 rearranges the factors of a longer expression.
        lines += [f"first = {v}", "v += half_ms*first", f"second = {v}", "v += half_ms*second"]
        lines += [f"u_slope = {u}", "u += dt_ms*u_slope"]
    return "\n".join(lines)


def _filters(codes: Codes) -> str:
    """Write how the synaptic current and the trace decay, and what was sent before the start arrives."""
    double = "{x} = {rise}*{x} + dt_ms*{y}\n{y} = {decay}*{y}"
    single = "{x} = {decay}*{x}"
    synapse, trace = (double if two else single for two in (codes.double_synapse, codes.double_trace))
    return "\n".join(
        [
            synapse.format(x="s", y="h", rise="synapse_rise", decay="synapse_decay"),
            f"{'h' if codes.double_synapse else 's'} += on_the_way(t, i)",
            trace.format(x="r", y="g", rise="trace_rise", decay="trace_decay"),
        ]
    )


def _recurrent(brian2: Any, reservoir: Reservoir, neurons: Any, replica: int) -> Any:
    arrays = reservoir.arrays
    indptr = arrays.indptr[replica]
    count = int(indptr[-1])
    arrive = f"{'h' if reservoir.codes.double_synapse else 's'}_post += w"
    synapses = brian2.Synapses(
        neurons, neurons, "w : 1", on_pre=arrive, dt=neurons.clock.dt, name="recurrent*"
    )
    senders = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    synapses.connect(i=senders, j=arrays.targets[replica, :count])
    synapses.w = arrays.weights[replica, :count].astype(float)
    steps = arrays.delays[replica, :count] - 1 if arrays.delays.shape[1] else np.zeros(count)
    synapses.delay = steps * reservoir.codes.dt_ms * brian2.ms
    return synapses


def _readouts(brian2: Any, neurons: Any, weights: Array, start: Array) -> tuple[Any, Any]:
    """Build the readouts; they are summed when the traces of a step are done, and fed back at the next."""
    readouts = brian2.NeuronGroup(len(weights), "z : 1", dt=neurons.clock.dt, name="readouts*")
    readouts.z = start.astype(float)
    reading = brian2.Synapses(
        neurons,
        readouts,
        "phi : 1\nz_post = phi*r_pre : 1 (summed)",
        dt=neurons.clock.dt,
        name="reading*",
    )
    reading.summed_updaters["z_post"].when = "end"
    reading.connect()
    reading.phi = weights.T.astype(float).ravel()
    for k in range(len(weights)):
        setattr(neurons, f"z_{k}", brian2.linked_var(readouts, "z", index=np.full(len(neurons), k)))
    return readouts, reading
