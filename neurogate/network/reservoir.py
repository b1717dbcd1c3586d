"""The reservoir: a batch of networks that can be advanced, recorded, saved and resumed.

`neurogate.network.specification` says what to build, `Reservoir.build` draws it from one seed per replica,
and ``state, records = reservoir.run(state, inputs)`` advances it. The order of a step is written down in
`neurogate.backends.numpy_reference.reservoir`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from ..backends import registry
from ..backends.layout import (
    LESSONS,
    MODELS,
    RECORDABLE,
    SCHEMES,
    STATE_ROWS,
    WATCHED,
    Codes,
    Lesson,
    NetworkArrays,
    StateArrays,
)
from ..errors import RequestError
from .drawing import draw, start_of
from .lost import raise_lost
from .recording import Recording, pack_plan, unpack_records
from .specification import ReservoirSpec
from .stacking import joined, stack

__all__ = ["Reservoir", "backend_of"]

Array = npt.NDArray[Any]
_UNITS = {"v": "v_mV", "u": "u", "synaptic_current": "synaptic current", "readout": "readout"}


@attrs.frozen(eq=False)
class Reservoir:
    """A batch of B networks of N neurons with K input channels.

    Parameters
    ----------
    arrays : NetworkArrays
        Everything that stays fixed during a run.
    codes : Codes
        Neuron model, scheme, kinds of filter, step.
    neuron_type : (B, N) int array
        0 excitatory, 1 inhibitory.
    backend : str
        "auto", "numba" or "numpy".
    threads : int
        Threads that share out the replicas; results do not depend on it.
    start_mV : (B, N) array, optional
        Membrane potential at step 0; without it neurons begin at rest.

    Examples
    --------
    >>> reservoir = Reservoir.build(ReservoirSpec(n=50), seeds=[1, 2], channels=1, backend="numpy")
    >>> state, records = reservoir.run(
    ...     reservoir.initial_state(), np.zeros((2, 20, 1)), [Recording(variable="spikes")])
    >>> state.step, records["spikes"].shape
    (20, (2, 20, 50))
    """

    arrays: NetworkArrays
    codes: Codes
    neuron_type: Array
    backend: str = "auto"
    threads: int = 1
    start_mV: Array | None = None

    recordable = tuple(RECORDABLE)
    """What can be recorded of such a network."""

    @classmethod
    def build(
        cls,
        spec: ReservoirSpec,
        seeds: Sequence[int],
        channels: int,
        *,
        feedback: int = 0,
        readouts: int = 0,
        dtype: str = "float64",
        backend: str = "auto",
        threads: int = 1,
    ) -> Reservoir:
        """Draw one network per seed.

        Parameters
        ----------
        spec : ReservoirSpec
        seeds : sequence of int
            One per replica; a replica depends on its own seed only.
        channels : int
            Input channels K.
        feedback : int
            Further channels, weighted by ``inputs.feedback``, that carry readouts back.
        readouts : int
            Readouts of the traces inside a step, fed back at the next one with the same weights.
        dtype : "float64" or "float32"
        backend : str
        threads : int

        Raises
        ------
        RequestError
            If the settings cannot be drawn or the backend cannot run here.
        """
        name = registry.choose(backend)[1]
        replicas = [draw(spec, seed, channels, feedback, readouts) for seed in seeds]
        arrays = stack(replicas, dtype)
        codes = Codes(
            MODELS[spec.cells.model],
            SCHEMES[spec.cells.scheme],
            spec.synapse.kind == "double_exponential",
            spec.trace.kind == "double_exponential",
            spec.dt_ms,
        )
        kinds = np.repeat([0, 1], spec.cells.split(spec.n))
        start_mV = start_of(spec, seeds, dtype)
        return cls(arrays, codes, np.tile(kinds, (len(seeds), 1)), name, threads, start_mV)

    @classmethod
    def joined(cls, reservoirs: Sequence[Reservoir]) -> Reservoir:
        """Put reservoirs of one `kind` side by side; each replica goes on giving the same bits.

        Parameters
        ----------
        reservoirs : sequence of Reservoir

        Raises
        ------
        RequestError
            If their kinds differ.

        Examples
        --------
        >>> one, two = (Reservoir.build(ReservoirSpec(n=9, gain=g), [1], 0) for g in (0.5, 1.0))
        >>> Reservoir.joined([one, two]).shape
        (2, 9, 0)
        """
        first = reservoirs[0]
        if len({one.kind for one in reservoirs}) > 1:
            raise RequestError("Reservoirs of different kinds cannot be joined; run them one by one.")
        start_mV = None if first.start_mV is None else np.concatenate([one.start_mV for one in reservoirs])
        return attrs.evolve(
            first,
            arrays=joined([one.arrays for one in reservoirs]),
            neuron_type=np.concatenate([one.neuron_type for one in reservoirs]),
            start_mV=start_mV,
        )

    def part(self, replicas: Sequence[int]) -> Reservoir:
        """Return some of the replicas as a reservoir of their own."""
        rows = list(replicas)
        return attrs.evolve(
            self,
            arrays=NetworkArrays(*(array[rows] for array in self.arrays)),
            neuron_type=self.neuron_type[rows],
            start_mV=None if self.start_mV is None else self.start_mV[rows],
        )

    @property
    def kind(self) -> tuple[object, ...]:
        """What reservoirs must have in common to be joined: sizes, number type, model, parts, backend."""
        arrays = self.arrays
        optional = (arrays.noise_sd, arrays.poisson_mean, arrays.delays, arrays.trace_decay, arrays.use)
        present = tuple(array.size > 0 for array in optional)
        depth, readouts = int(arrays.delays.max(initial=0)), arrays.feedback_weights.shape[1]
        own_start = self.start_mV is not None
        return (*self.shape[1:], readouts, self.dtype, self.codes, self.backend, present, depth, own_start)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Replicas B, neurons N, input channels K."""
        batch, channels, n = self.arrays.input_weights.shape
        return batch, n, channels

    @property
    def dtype(self) -> np.dtype[Any]:
        """Number type of the state."""
        return self.arrays.bias.dtype

    def call(self, function: str) -> Callable[..., Any]:
        """Return one of the backend's functions (see `registry.FUNCTIONS`) with the threads filled in."""
        chosen = getattr(backend_of(self.backend), function)
        return lambda *arguments: chosen(*arguments, threads=self.threads)

    def initial_state(self) -> StateArrays:
        """Return the state at step 0: neurons at rest or as drawn, filters and readouts at zero, no P."""
        zeros = {name: np.zeros(shape, self.dtype) for name, shape in self._state_shapes().items()}
        values = zeros["values"]
        simple = self.codes.model == MODELS["izhikevich_2003"]
        rest = -65 if simple else self.arrays.parameters[:, 2]
        values[:, 0] = rest if self.start_mV is None else self.start_mV
        if simple:
            values[:, 1] = self.arrays.parameters[:, 1] * values[:, 0]
        if self.arrays.use.size:
            zeros["short_term"][:] = np.stack([self.arrays.use, np.ones_like(self.arrays.use)], axis=1)
        return StateArrays(**zeros, inverse=np.zeros((self.shape[0], 0, 0), self.dtype), step=0)

    def run(
        self,
        state: StateArrays,
        inputs: Array,
        record: Sequence[Recording] = (),
        lesson: Lesson | None = None,
    ) -> tuple[StateArrays, Mapping[str, Array]]:
        """Advance every replica by as many steps as there are inputs.

        Parameters
        ----------
        state : StateArrays
            Where to start; left untouched. Running T steps at once or in pieces gives the same bits.
        inputs : (B, T, K) array
        record : sequence of Recording
        lesson : Lesson, optional
            What the readouts are taught on the way.

        Returns
        -------
        state : StateArrays
        records : mapping of variable to (B, samples, neurons) array

        Raises
        ------
        RunDiverged
            If a membrane potential falls below -1000 mV or a number stops being finite, at most 50
            steps after it happened.
        """
        batch, n, channels = self.shape
        if inputs.ndim != 3 or inputs.shape[::2] != (batch, channels):
            raise ValueError(f"inputs has shape {inputs.shape}; it must be ({batch}, steps, {channels}).")
        with np.errstate(over="ignore"):
            inputs = np.ascontiguousarray(inputs, self.dtype)
        self._check_state(state)
        lesson = None if lesson is None else self._fitting(lesson, state, inputs.shape[1])
        readouts = state.feedback.shape[1]
        plan = pack_plan(record, n, state.step, inputs.shape[1], readouts)
        run = self.call("run_reservoir")
        state, flat, status = run(self.codes, self.arrays, state, inputs, plan, lesson)
        raise_lost(status, lambda b: self._watched(state, b))
        return state, unpack_records(plan, record, flat)

    def _watched(self, state: StateArrays, replica: int) -> list[tuple[str, Array]]:
        rows = (*state.values[replica, : len(WATCHED) - 1], state.feedback[replica])
        return [(_UNITS[name], row) for name, row in zip(WATCHED, rows, strict=True)]

    def _check_state(self, state: StateArrays) -> None:
        """Refuse a state of another network, which compiled code would read past its ends."""
        for name, shape in self._state_shapes().items():
            array = getattr(state, name)
            if (array.shape, array.dtype) != (shape, self.dtype):
                raise RequestError(
                    f"The state's {name} is {array.dtype} of shape {array.shape}; this network needs "
                    f"{self.dtype} of shape {shape}. Start from its own initial_state()."
                )

    def _state_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each array of a state but P, which only least squares has."""
        batch, readouts, n = self.arrays.feedback_weights.shape
        return {
            "values": (batch, len(STATE_ROWS), n),
            "pending": (batch, int(self.arrays.delays.max(initial=0)), n),
            "feedback": (batch, readouts),
            "readout_weights": (batch, readouts, n),
            "short_term": (batch, 2 if self.arrays.use.size else 0, n),
        }

    def _fitting(self, lesson: Lesson, state: StateArrays, steps: int) -> Lesson:
        """Return the lesson in the number type of the network, or refuse one that does not fit the run."""
        batch, n, _ = self.shape
        wanted = {
            "targets": (batch, steps, state.feedback.shape[1]),
            "course": (batch, steps),
            "rate": (batch,),
        }
        for name, shape in wanted.items():
            if getattr(lesson, name).shape != shape:
                raise RequestError(
                    f"The lesson's {name} has shape {getattr(lesson, name).shape}; this run needs {shape}."
                )
        if lesson.rule == LESSONS["least_squares"] and state.inverse.shape != (batch, n, n):
            raise RequestError(
                f"Least squares needs P, but the state's inverse has shape {state.inverse.shape}; give the "
                f"state to the rule's begun() first, or set inverse to shape ({batch}, {n}, {n})."
            )
        targets, course, rate = (np.ascontiguousarray(getattr(lesson, name), self.dtype) for name in wanted)
        return lesson._replace(targets=targets, course=course, rate=rate)


@functools.cache
def backend_of(name: str) -> ModuleType:
    """Return a backend's module; looking for its libraries takes longer than a short run.

    Examples
    --------
    >>> backend_of("numpy").__name__
    'neurogate.backends.numpy_reference'
    """
    return registry.choose(name)[0]
