"""A batch of networks without spikes, to be used like a `neurogate.network.reservoir.Reservoir`.

What they are made of is said in `neurogate.network.rates`; the order of a step is written down in
`neurogate.backends.numpy_reference.rates`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from ..backends import registry
from ..backends.layout import ACTIVATIONS, RATE_ROWS, RateArrays, RateCodes, StateArrays
from ..errors import RequestError
from .lost import raise_lost
from .rates import AnyRateSpec, draw
from .recording import Recording, pack_plan, unpack_records
from .reservoir import Reservoir, backend_of

__all__ = ["AnyReservoir", "RateReservoir"]

Array = npt.NDArray[Any]
_WHOLE = ("seed", "sources")


@attrs.frozen(eq=False)
class RateReservoir:
    """A batch of B networks of N units with K input channels.

    Parameters
    ----------
    arrays : RateArrays
        Everything that stays fixed during a run.
    codes : RateCodes
        Activation, step.
    backend : str
        "auto", "numba" or "numpy".
    threads : int
        Threads that share out the replicas; results do not depend on it.

    Examples
    --------
    >>> from neurogate.network.rates import EchoState
    >>> reservoir = RateReservoir.build(EchoState(n=50), seeds=[1, 2], channels=1, backend="numpy")
    >>> state, records = reservoir.run(
    ...     reservoir.initial_state(), np.ones((2, 20, 1)), [Recording(variable="trace", stride=5)])
    >>> state.step, records["trace"].shape
    (20, (2, 4, 50))
    """

    arrays: RateArrays
    codes: RateCodes
    backend: str = "auto"
    threads: int = 1

    recordable = RATE_ROWS[:1]
    """What can be recorded of such a network."""

    @classmethod
    def build(
        cls,
        spec: AnyRateSpec,
        seeds: Sequence[int],
        channels: int,
        *,
        feedback: int = 0,
        dtype: str = "float64",
        backend: str = "auto",
        threads: int = 1,
    ) -> RateReservoir:
        """Draw one network per seed.

        Parameters
        ----------
        spec : EchoState or Leaky
        seeds : sequence of int
            One per replica; a replica depends on its own seed only.
        channels : int
            Input channels K.
        feedback : int
            Further channels, weighted by ``inputs.feedback``, that carry readouts back.
        dtype : "float64" or "float32"
        backend : str
        threads : int

        Raises
        ------
        RequestError
            If the settings cannot be drawn or the backend cannot run here.
        """
        name = registry.choose(backend)[1]
        if name == "cuda":
            raise RequestError(
                f"run.backend is 'cuda', which simulates spiking networks only, and this reservoir is of the "
                f"kind {spec.kind}; choose numba or numpy."
            )
        drawn = [draw(spec, seed, channels, feedback) for seed in seeds]
        noisy = any(one["noise_sd"].any() for one in drawn)
        stacked = {key: np.stack([one[key] for one in drawn]) for key in RateArrays._fields}
        stacked["noise_sd"] = stacked["noise_sd"][:, : None if noisy else 0]
        with np.errstate(over="ignore"):  # too large becomes infinite, and the run is found to diverge
            arrays = {
                key: array if key in _WHOLE else np.ascontiguousarray(array, dtype)
                for key, array in stacked.items()
            }
        codes = RateCodes(ACTIVATIONS[spec.activation], spec.dt_ms)
        return cls(RateArrays(**arrays), codes, name, threads)

    @classmethod
    def joined(cls, reservoirs: Sequence[RateReservoir]) -> RateReservoir:
        """Put reservoirs of one `kind` side by side; each replica goes on giving the same bits.

        Parameters
        ----------
        reservoirs : sequence of RateReservoir

        Raises
        ------
        RequestError
            If their kinds differ.

        Examples
        --------
        >>> from neurogate.network.rates import Leaky
        >>> one, two = (RateReservoir.build(Leaky(n=9, rate_hz=hz), [1], 0) for hz in (10.0, 20.0))
        >>> RateReservoir.joined([one, two]).shape
        (2, 9, 0)
        """
        if len({one.kind for one in reservoirs}) > 1:
            raise RequestError("Reservoirs of different kinds cannot be joined; run them one by one.")
        parts = zip(*(one.arrays for one in reservoirs), strict=True)
        return attrs.evolve(reservoirs[0], arrays=RateArrays(*map(np.concatenate, parts)))

    def part(self, replicas: Sequence[int]) -> RateReservoir:
        """Return some of the replicas as a reservoir of their own."""
        rows = list(replicas)
        return attrs.evolve(self, arrays=RateArrays(*(array[rows] for array in self.arrays)))

    @property
    def kind(self) -> tuple[object, ...]:
        """What reservoirs must have in common to be joined: sizes, number type, activation, backend."""
        noisy, adapting = (array.size > 0 for array in (self.arrays.noise_sd, self.arrays.adaptation))
        degree = self.arrays.sources.shape[1]
        return (*self.shape[1:], degree, self.dtype, self.codes, self.backend, noisy, adapting)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Replicas B, units N, input channels K."""
        batch, channels, n = self.arrays.input_weights.shape
        return batch, n, channels

    @property
    def dtype(self) -> np.dtype[Any]:
        """Number type of the state."""
        return self.arrays.bias.dtype

    @property
    def neuron_type(self) -> Array:
        """Zeros (B, N): units are neither excitatory nor inhibitory, their weights have any sign."""
        return np.zeros(self.shape[:2], np.int64)

    def call(self, function: str) -> Callable[..., Any]:
        """Return one of the backend's functions (see `registry.FUNCTIONS`) with the threads filled in."""
        chosen = getattr(backend_of(self.backend), function)
        return lambda *arguments: chosen(*arguments, threads=self.threads)

    def initial_state(self) -> StateArrays:
        """Return the state at step 0: every rate is 0."""
        batch, n, _ = self.shape
        values, pending, feedback, readout_weights, inverse, short_term = (
            np.zeros((batch, *shape), self.dtype)
            for shape in ((len(RATE_ROWS), n), (0, n), (0,), (0, n), (0, 0), (0, n))
        )
        return StateArrays(values, pending, feedback, readout_weights, inverse, short_term, 0)

    def run(
        self, state: StateArrays, inputs: Array, record: Sequence[Recording] = ()
    ) -> tuple[StateArrays, Mapping[str, Array]]:
        """Advance every replica by as many steps as there are inputs.

        Parameters
        ----------
        state : StateArrays
            Where to start; left untouched. Running T steps at once or in pieces gives the same bits.
        inputs : (B, T, K) array
        record : sequence of Recording
            Of the variable ``trace``, the rate in Hz.

        Returns
        -------
        state : StateArrays
        records : mapping of variable to (B, samples, units) array

        Raises
        ------
        RunDiverged
            If a rate stops being finite, at most 50 steps after it happened.
        RequestError
            If something else than the trace is to be recorded, or the state is that of another network.
        """
        batch, n, channels = self.shape
        if inputs.ndim != 3 or inputs.shape[::2] != (batch, channels):
            raise ValueError(f"inputs has shape {inputs.shape}; it must be ({batch}, steps, {channels}).")
        self._check_state(state)
        with np.errstate(over="ignore"):
            inputs = np.ascontiguousarray(inputs, self.dtype)
        plan = pack_plan(record, n, state.step, inputs.shape[1], rows=RATE_ROWS)
        state, flat, status = self.call("run_rates")(self.codes, self.arrays, state, inputs, plan)
        raise_lost(status, lambda b: [("rate (Hz)", state.values[b, 0])])
        return state, unpack_records(plan, record, flat)

    def _check_state(self, state: StateArrays) -> None:
        """Refuse a state of another network, which compiled code would read past its ends."""
        there, needed = state.values, self.initial_state().values
        if (there.shape, there.dtype) != (needed.shape, needed.dtype):
            raise RequestError(
                f"The state's values is {there.dtype} of shape {there.shape}; this network needs "
                f"{needed.dtype} of shape {needed.shape}. Start from its own initial_state()."
            )


AnyReservoir = Reservoir | RateReservoir
"""A batch of networks that a session can live through trials with."""
