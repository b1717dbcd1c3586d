"""One neuron, one input current, one response.

Here live what a single neuron is given and what it answers, for looking at one cell at a time: firing
patterns, current-frequency curves. Populations with synapses are simulated by `neurogate.network`.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
from numpy.typing import NDArray

from neurogate.backends import numpy_reference
from neurogate.errors import RequestError
from neurogate.neurons.models import MODELS, SCHEMES
from neurogate.units import Milliseconds, settings, whole_steps

__all__ = ["Neuron", "Response", "Stimulus", "respond"]

Array = NDArray[np.float64]
Segment = tuple[float, float, float, float]


@attrs.frozen
class Neuron:
    """A neuron and the state in which it starts.

    Parameters
    ----------
    model : str
        Name of the neuron model.
    parameters : mapping of str to float
        The model's parameters.
    v, u : float
        Membrane potential in mV and recovery variable at time 0.

    Examples
    --------
    >>> regular = Neuron("izhikevich_2003", dict(a=0.02, b=0.2, c=-65, d=8, v_peak=30), v=-70, u=-14)
    >>> regular.rows.shape
    (5, 1)
    """

    model: str
    parameters: Mapping[str, float]
    v: float
    u: float

    @property
    def rows(self) -> Array:
        """Parameters as the simulator takes them, shape (P, 1)."""
        return MODELS[self.model].pack(self.parameters)


@settings
class Stimulus:
    """Input current as a function of time: a holding current plus pulses and ramps.

    Parameters
    ----------
    duration_ms, dt_ms : float
        Length and step; the step divides the length.
    segments : tuple of (start_ms, stop_ms, first, last)
        Currents added where start < t < stop, running linearly from first to last.
    holding : float
        Current at all times, in the current unit of the neuron's model.

    Raises
    ------
    ValueError
        If the step does not divide the length.

    Examples
    --------
    >>> Stimulus(duration_ms=5.0, dt_ms=1.0, segments=((1.0, 4.0, 2.0, 2.0),)).current
    array([0., 0., 2., 2., 0.])
    """

    duration_ms: Milliseconds
    dt_ms: Milliseconds
    segments: tuple[Segment, ...] = ()
    holding: float = 0.0

    def __attrs_post_init__(self) -> None:
        if whole_steps(self.duration_ms, self.dt_ms) is None:
            raise ValueError(
                f"Stimulus lasts {self.duration_ms:g} ms, which is not a whole number of steps of "
                f"{self.dt_ms:g} ms; choose a step that divides it."
            )

    @property
    def time_ms(self) -> Array:
        """Time at the beginning of each step, shape (T,)."""
        return self.dt_ms * np.arange(round(self.duration_ms / self.dt_ms), dtype=np.float64)

    @property
    def current(self) -> Array:
        """Current during each step, shape (T,)."""
        time_ms = self.time_ms
        total = np.full(time_ms.shape, float(self.holding))
        for start, stop, first, last in self.segments:
            inside = (start < time_ms) & (time_ms < stop)
            total[inside] += first + (last - first) * (time_ms[inside] - start) / (stop - start)
        return total


@attrs.frozen
class Response:
    """What a neuron did.

    Parameters
    ----------
    time_ms, current, v : ndarray, shape (T,)
        Beginning of each step, its current, and v in mV after it; v_peak where the neuron fired.
    spikes_ms : ndarray, shape (S,)
        Beginnings of the steps in which it fired.

    Examples
    --------
    >>> nothing = np.zeros(40)
    >>> response = Response(np.arange(40.0), nothing, nothing, np.array([5.0, 7.0, 30.0]))
    >>> [len(burst) for burst in response.bursts()]
    [2, 1]
    >>> response.between(6.0, 30.0)
    array([ 7., 30.])
    """

    time_ms: Array
    current: Array
    v: Array
    spikes_ms: Array

    @property
    def intervals_ms(self) -> Array:
        """Times between successive spikes, shape (S - 1,)."""
        return np.diff(self.spikes_ms)

    def between(self, start_ms: float, stop_ms: float = np.inf) -> Array:
        """Return the spike times from `start_ms` to `stop_ms`."""
        return self.spikes_ms[(self.spikes_ms >= start_ms) & (self.spikes_ms <= stop_ms)]

    def bursts(self, gap_ms: float = 15.0) -> list[Array]:
        """Return the spike times in groups that pauses longer than `gap_ms` separate."""
        groups = np.split(self.spikes_ms, np.flatnonzero(self.intervals_ms > gap_ms) + 1)
        return [group for group in groups if group.size]


def respond(neuron: Neuron, stimulus: Stimulus, scheme: str = "half_step") -> Response:
    """Simulate one neuron under one stimulus with the NumPy reference.

    Parameters
    ----------
    neuron : Neuron
        The neuron.
    stimulus : Stimulus
        Its input.
    scheme : str
        Integration scheme, a name in `neurogate.neurons.models.SCHEMES`.

    Returns
    -------
    Response

    Raises
    ------
    RequestError
        If the scheme is unknown or the neuron's parameters are wrong.

    Examples
    --------
    >>> regular = Neuron("izhikevich_2003", dict(a=0.02, b=0.2, c=-65, d=8, v_peak=30), v=-70, u=-14)
    >>> step = Stimulus(duration_ms=100.0, dt_ms=0.5, segments=((20.0, 100.0, 10.0, 10.0),))
    >>> bool(respond(regular, step).spikes_ms[0] > 20)
    True
    """
    if scheme not in SCHEMES:
        raise RequestError(f"There is no scheme {scheme!r}; there are {', '.join(SCHEMES)}.")
    advance = getattr(numpy_reference, neuron.model)
    rows, v_peak = neuron.rows, neuron.parameters["v_peak"]
    current = stimulus.current
    v, u = np.array([float(neuron.v)]), np.array([float(neuron.u)])
    trace, fired = np.empty(current.size), np.empty(current.size, dtype=bool)
    for i in range(current.size):
        v, u, fired[i : i + 1] = advance(v, u, current[i : i + 1], rows, stimulus.dt_ms, scheme)
        trace[i] = v_peak if fired[i] else v[0]
    time_ms = stimulus.time_ms
    return Response(time_ms, current, trace, time_ms[fired])
