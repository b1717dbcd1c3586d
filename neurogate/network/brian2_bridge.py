"""The same network as Brian2 objects, to extend it there or to check one simulator with the other.

The Brian2 network does the operations of a reservoir in the same order (see
`neurogate.backends.numpy_reference.reservoir`): neurons and then filters move in the slot ``groups``,
spikes arrive in ``synapses``, and ``resets`` kicks the traces. Without noise, spikes are the same over
short windows in float64; with noise the two draw different numbers. Needs the extra
``neurogate[brian]``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..backends.layout import MODELS, SCHEMES, Codes
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
_STATE = ("v", "u", "s", "h", "r", "g", "I")


def to_brian2(reservoir: Reservoir, inputs: Array, replica: int = 0) -> Any:
    """Build one replica of a reservoir as a Brian2 network.

    Parameters
    ----------
    reservoir : Reservoir
        Without fixed readouts that are fed back and without Poisson input.
    inputs : (T, K) array
        Input channels at each step.
    replica : int
        Which replica.

    Returns
    -------
    brian2.Network
        Its objects are called ``neurons`` (variables v, u, s the synaptic current, r the trace, and the
        parameters by name) and ``recurrent`` (weights w). Run it for T steps of ``neurons.clock.dt``.

    Raises
    ------
    RequestError
        If Brian2 is not installed, or the reservoir has what this bridge cannot say.

    Examples
    --------
    >>> from neurogate.network.reservoir import ReservoirSpec
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
    neurons = _neurons(brian2, reservoir, inputs, replica)
    return brian2.Network(neurons, _recurrent(brian2, reservoir, neurons, replica))


def _check(reservoir: Reservoir) -> None:
    arrays = reservoir.arrays
    unsaid = {
        "Poisson input": arrays.poisson_mean.shape[1],
        "readouts that are fed back inside a step": arrays.feedback_weights.shape[1],
    }
    problems = [
        f"The bridge to Brian2 cannot say {name}; leave it out." for name, there in unsaid.items() if there
    ]
    if problems:
        raise RequestError(problems)


def _neurons(brian2: Any, reservoir: Reservoir, inputs: Array, replica: int) -> Any:
    codes, arrays = reservoir.codes, reservoir.arrays
    model = next(name for name, code in MODELS.items() if code == codes.model)
    channels = range(inputs.shape[1])
    parameters = dict(zip(NEURONS[model].names, arrays.parameters[replica], strict=True))
    parameters |= {f"w_in_{j}": arrays.input_weights[replica, j] for j in channels}
    parameters |= {name: getattr(arrays, name)[replica] for name in ("bias", "trace_kick", *_DECAYS)}
    if arrays.noise_sd.shape[1]:
        parameters["noise_sd"] = arrays.noise_sd[replica]
    fixed = "\n".join(f"{name} : 1 (constant)" for name in parameters)
    dt = codes.dt_ms * brian2.ms
    timed = {f"x_{j}": brian2.TimedArray(inputs[:, j].astype(float), dt=dt) for j in channels}
    neurons = brian2.NeuronGroup(
        arrays.bias.shape[1],
        "\n".join([*(f"{name} : 1" for name in _STATE), fixed]),
        threshold="v >= v_peak",
        reset=f"v = c\nu += d\n{'g' if codes.double_trace else 'r'} += trace_kick",
        dt=dt,
        name="neurons*",
        namespace={**timed, "dt_ms": codes.dt_ms, "half_ms": 0.5 * codes.dt_ms},
    )
    for name, values in parameters.items():
        setattr(neurons, name, np.broadcast_to(values, len(neurons)).astype(float))
    rest = reservoir.initial_state().values[replica].astype(float)
    neurons.v, neurons.u = rest[0], rest[1]
    neurons.run_regularly(_move(codes, model, channels, "noise_sd" in parameters), when="groups", order=0)
    neurons.run_regularly(_filters(codes), when="groups", order=1)
    return neurons


def _move(codes: Codes, model: str, channels: range, noisy: bool) -> str:
    """Write the current of a step and how v and u move."""
    noise = ["noise_sd*randn()"] if noisy else []
    current = " + ".join(["bias", *(f"w_in_{j}*x_{j}(t)" for j in channels), *noise, "s"])
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
    """Write how the synaptic current and the trace decay."""
    double = "{x} = {rise}*{x} + dt_ms*{y}\n{y} = {decay}*{y}"
    single = "{x} = {decay}*{x}"
    synapse, trace = (double if two else single for two in (codes.double_synapse, codes.double_trace))
    return "\n".join(
        [
            synapse.format(x="s", y="h", rise="synapse_rise", decay="synapse_decay"),
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
