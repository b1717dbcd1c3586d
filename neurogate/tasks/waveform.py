"""A readout is taught a signal while the network hears it, and then both run freely.

A `WaveformSession` advances in pieces of equal length: the network runs by itself, is taught while the
rule says so, and runs freely to the end. Its `state` is plain arrays from which it resumes bit for bit.

The arrays of its result, with S samples, L pieces and R channels:

==================== =======================================================================
``sample_ms``        (S,) times of the samples, since the beginning
``readout``          (B, S, R)
``target``           (B, S, R)
``channel_names``    (R,)
``taught_ms``        (2,) when teaching began and ended
``piece_ms``         (L,) end of each piece
``error``            (B, L) RMSE in each piece
``rate_hz``          (B, L) mean rate of all neurons in each piece
``weight_norm``      (B, L) norm of the readout weights at the end of each piece, in 1/kHz
``raster_time_ms``   spikes of the first neurons of the first replica, with ``raster_neuron``
``metric.NAME``      (B,) each metric
==================== =======================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import attrs
import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from ..backends.layout import StateArrays
from ..errors import RequestError
from ..network.recording import Recording
from ..network.reservoir import Reservoir
from ..plasticity.online import OnlineRule
from ..units import Domain, Milliseconds, settings, whole_steps
from .evaluation import Result
from .waveform_metrics import best_lag_rmse, rmse, sinusoid
from .waveform_signals import Signal, Sines

__all__ = ["Waveform", "WaveformSession"]

Array = npt.NDArray[Any]
_SECOND_MS = 1000.0
_LAG_MS = 20
_PER_KHZ = 1000.0
_NOISE = 201


@settings
class Waveform:
    """A signal that readouts are taught, one for each of its channels.

    Parameters
    ----------
    signal : Signal
        What is taught.
    duration_ms : float
        Length of the run; the rule says when it is taught.
    piece_ms : float
        Length of the pieces in which the run advances and its course is measured.
    sample_ms : float
        Time between the samples of readouts and targets that are kept.
    raster_neurons : int
        How many neurons of the first replica show their spikes, at most; the first ones.

    Examples
    --------
    >>> Waveform(duration_ms=500.0).pieces
    5
    """

    kind: ClassVar[str] = "waveform"
    part: ClassVar[str] = "piece"
    signal: Signal = Sines()
    duration_ms: Milliseconds = 15000.0
    piece_ms: Milliseconds = 100.0
    sample_ms: Milliseconds = 1.0
    raster_neurons: Annotated[int, Domain(0)] = 60

    @property
    def pieces(self) -> int:
        """Number of pieces of a run."""
        return round(self.duration_ms / self.piece_ms)

    def misfits(self, rule: OnlineRule, dt_ms: float) -> Iterator[str]:
        """Say which times do not fit together, one sentence for each mistake."""
        wholes = {
            "task.sample_ms": (self.sample_ms, "reservoir.dt_ms", dt_ms),
            "task.piece_ms": (self.piece_ms, "task.sample_ms", self.sample_ms),
            "task.duration_ms": (self.duration_ms, "task.piece_ms", self.piece_ms),
            "rule.every_ms": (rule.every_ms, "reservoir.dt_ms", dt_ms),
            "rule.start_ms": (rule.start_ms, "task.piece_ms", self.piece_ms),
            "rule.stop_ms": (rule.stop_ms, "task.piece_ms", self.piece_ms),
        }
        for key, (time_ms, unit, unit_ms) in wholes.items():
            count = whole_steps(time_ms, unit_ms)
            if count is None or (count == 0 and time_ms > 0):
                yield f"{key} is {time_ms!r} ms; it must be a whole number of times {unit}, {unit_ms!r} ms."
        if rule.stop_ms >= self.duration_ms:
            yield (
                f"rule.stop_ms is {rule.stop_ms!r}; it must be below task.duration_ms, "
                f"{self.duration_ms!r} ms, so that the readout runs freely for a while."
            )


@attrs.define(eq=False)
class _Memory:
    """The changing part of a session; its arrays fill up piece by piece."""

    position: int
    network: StateArrays
    readout: Array
    rate_hz: Array
    weight_norm: Array
    raster: Array


class WaveformSession:
    """A reservoir, a signal, and the rule that teaches it.

    Parameters
    ----------
    reservoir : Reservoir
        Without input channels, and with one readout for each channel of the signal.
    task : Waveform
    rule : OnlineLeastSquares or OnlineDelta
    seeds : sequence of int
        One per replica; they draw the noise of the signal.

    Raises
    ------
    RequestError
        If times do not fit together.

    Examples
    --------
    >>> from neurogate.network.specification import ReservoirSpec
    >>> from neurogate.plasticity.online import OnlineLeastSquares
    >>> rule = OnlineLeastSquares(start_ms=50.0, stop_ms=200.0, every_ms=2.0, ridge=100.0)
    >>> task = Waveform(duration_ms=300.0, piece_ms=50.0)
    >>> session = WaveformSession(Reservoir.build(ReservoirSpec(n=20), [1], 0, readouts=1), task, rule, [1])
    >>> while not session.done:
    ...     session.advance()
    >>> session.total, session.result().arrays["readout"].shape
    (6, (1, 300, 1))
    """

    def __init__(self, reservoir: Reservoir, task: Waveform, rule: OnlineRule, seeds: Sequence[int]) -> None:
        self.reservoir, self.task, self.rule, self.seeds = reservoir, task, rule, tuple(seeds)
        self.dt_ms = reservoir.codes.dt_ms
        problems = list(self._problems())
        if problems:
            raise RequestError(problems)
        self.total = task.pieces
        self.steps = round(task.piece_ms / self.dt_ms)
        self.taught = [round(time_ms / task.piece_ms) for time_ms in (rule.start_ms, rule.stop_ms)]
        self.targets = self._targets()
        self.memory = self._fresh_memory()

    def _problems(self) -> Iterator[str]:
        yield from self.task.misfits(self.rule, self.dt_ms)
        batch, _, inputs = self.reservoir.shape
        wanted, there = len(self.task.signal.names), self.reservoir.arrays.feedback_weights.shape[1]
        if (inputs, there) != (0, wanted):
            yield (
                f"The reservoir has {inputs} input channels and {there} readouts; "
                f"for this signal it must have no input channels and {wanted} readouts."
            )
        if len(self.seeds) != batch:
            yield f"There are {len(self.seeds)} seeds and {batch} replicas; give one seed per replica."

    @property
    def position(self) -> int:
        """Pieces done."""
        return self.memory.position

    @property
    def done(self) -> bool:
        """Whether all pieces are done."""
        return self.position == self.total

    @property
    def phase(self) -> str:
        """What the next piece belongs to: before, training or free run."""
        start, stop = self.taught
        if self.position < start:
            return "before"
        return "training" if self.position < stop else "free run"

    def advance(self) -> None:
        """Simulate one piece, teaching the readouts if it is time for that.

        Raises
        ------
        RunDiverged
            If the network or a readout leaves the range in which it means anything.
        RequestError
            If no piece is left.
        """
        if self.done:
            raise RequestError(f"The session has done all its {self.total} pieces; make another one.")
        memory, place = self.memory, self._piece(self.position)
        network, lesson = memory.network, None
        if self.phase == "training":
            network = self.rule.begun(network) if self.position == self.taught[0] else network
            lesson = self.rule.lesson(self.dt_ms, np.ascontiguousarray(self.targets[:, place]))
        stride = round(self.task.sample_ms / self.dt_ms)
        record = [Recording(variable="readout"), Recording(variable="spikes", stride=stride)]
        inputs = np.zeros((len(self.seeds), self.steps, 0), self.reservoir.dtype)
        network, records = self.reservoir.run(network, inputs, record, lesson)
        memory.network = self.rule.ended(network) if self.position + 1 == self.taught[1] else network
        memory.readout[:, place] = records["readout"]
        self._note(records["spikes"])
        memory.position += 1

    def part(self, replicas: Sequence[int], rules: Mapping[str, str] | None = None) -> WaveformSession:
        """Return a session of some of the replicas, at its beginning; there is one rule, the same.

        Parameters
        ----------
        replicas : sequence of int
        rules : mapping of str to str, optional
            As for `Session`; means nothing here.
        """
        seeds = [self.seeds[b] for b in replicas]
        return WaveformSession(self.reservoir.part(replicas), self.task, self.rule, seeds)

    def state(self, *, copy: bool = True) -> dict[str, Array]:
        """Return plain arrays from which another session goes on; only a `copy` stays when this one does."""
        own = attrs.asdict(self.memory, recurse=False)
        network = own.pop("network")._asdict()
        named = own | {f"network/{name}": value for name, value in network.items()}
        return {name: np.array(value, copy=copy or None) for name, value in named.items()}

    def restore(self, state: Mapping[str, Array], *, copy: bool = True) -> None:
        """Go on from where `state` was taken, bit for bit; only a `copy` leaves its arrays as they are."""
        own = {name: np.array(value, copy=copy or None) for name, value in state.items()}
        network = {name: own[f"network/{name}"] for name in StateArrays._fields[:-1]}
        kept = set(attrs.fields_dict(_Memory)) - {"network", "position"}
        self.memory = _Memory(
            position=int(own["position"]),
            network=StateArrays(**network, step=int(own["network/step"])),
            **{name: own[name] for name in kept},
        )

    def result(self) -> Result:
        """Measure how well the readouts follow the signal.

        Raises
        ------
        RequestError
            If pieces are still to be done.
        """
        if not self.done:
            raise RequestError(
                f"The session has done {self.position} of {self.total} pieces; finish it first."
            )
        # One thread: products of matrices change their bits with the number of threads.
        with threadpool_limits(1):
            replicas = [self._measures(b) for b in range(len(self.seeds))]
        measured = {name: np.array([one[name] for one in replicas]) for name in replicas[0]}
        arrays = self._arrays() | {f"metric.{name}": values for name, values in measured.items()}
        means = {name: float(values.mean()) for name, values in measured.items()}
        return Result(arrays=arrays, metrics={self.rule.kind: means})

    def _piece(self, number: int) -> slice:
        return slice(number * self.steps, (number + 1) * self.steps)

    def _targets(self) -> Array:
        """Return the signal (B, T, R) of the whole run."""
        time_ms = self.dt_ms * np.arange(self.total * self.steps)
        draws = (np.random.default_rng(np.random.SeedSequence(s, spawn_key=(_NOISE,))) for s in self.seeds)
        return np.stack([self.task.signal.values(time_ms, rng) for rng in draws]).astype(self.reservoir.dtype)

    def _fresh_memory(self) -> _Memory:
        batch, samples = len(self.seeds), self.total * round(self.task.piece_ms / self.task.sample_ms)
        course = np.zeros((batch, self.total))
        network = self.reservoir.initial_state()
        return _Memory(
            position=0,
            network=network,
            readout=np.zeros_like(self.targets),
            rate_hz=course.copy(),
            weight_norm=course.copy(),
            raster=np.zeros((batch, samples, self.task.raster_neurons), np.uint8),
        )

    def _note(self, spikes: Array) -> None:
        """Note the course of this piece from the spike counts (B, samples, N) of its samples."""
        memory, task = self.memory, self.task
        counts = spikes.sum(axis=(1, 2), dtype=np.float64)
        memory.rate_hz[:, memory.position] = counts / (spikes.shape[2] * task.piece_ms / _SECOND_MS)
        weights = np.asarray(memory.network.readout_weights, np.float64)
        memory.weight_norm[:, memory.position] = _PER_KHZ * np.sqrt((weights**2).sum(axis=(1, 2)))
        shown, samples = spikes[..., : task.raster_neurons], spikes.shape[1]
        first = memory.position * samples
        memory.raster[:, first : first + samples, : shown.shape[2]] = shown

    def _measures(self, b: int) -> dict[str, float]:
        """Return the metrics of one replica; frequency and fit are those of the channel that varies most."""
        readout, target, rate = self.memory.readout[b], self.targets[b], self.memory.rate_hz[b]
        start, stop = self.taught
        off, second = stop * self.steps, round(_SECOND_MS / self.dt_ms)
        last, first, free = slice(max(off - second, 0), off), slice(off, off + second), slice(off, None)
        lag = best_lag_rmse(readout[free], target[free], _LAG_MS, self.dt_ms)
        widest = int(target.var(axis=0, dtype=np.float64).argmax())
        frequency_hz, amplitude, residual = sinusoid(readout[free, widest], self.dt_ms)
        wanted_hz, wanted_amplitude, _ = sinusoid(target[free, widest], self.dt_ms)
        return {
            "rmse_training": rmse(readout[last], target[last]),
            "rmse_first_second": rmse(readout[first], target[first]),
            "rmse_free": rmse(readout[free], target[free]),
            "rmse_free_best_lag": lag,
            "rate_before_hz": float(rate[:start].mean()) if start else float("nan"),
            "rate_training_hz": float(rate[start:stop].mean()),
            "rate_free_hz": float(rate[stop:].mean()),
            "weight_norm": float(self.memory.weight_norm[b, -1]),
            "frequency_hz": frequency_hz,
            "target_frequency_hz": wanted_hz,
            "amplitude": amplitude,
            "target_amplitude": wanted_amplitude,
            "residual": residual,
        }

    def _arrays(self) -> dict[str, Array]:
        task, memory = self.task, self.memory
        stride = round(task.sample_ms / self.dt_ms)
        error = (np.asarray(memory.readout, np.float64) - self.targets) ** 2
        sample, neuron = np.nonzero(memory.raster[0])
        return {
            "sample_ms": self.dt_ms * np.arange(stride - 1, self.targets.shape[1], stride),
            "readout": memory.readout[:, stride - 1 :: stride],
            "target": self.targets[:, stride - 1 :: stride],
            "channel_names": np.array(task.signal.names),
            "taught_ms": np.array([self.rule.start_ms, self.rule.stop_ms]),
            "piece_ms": task.piece_ms * np.arange(1, self.total + 1),
            "error": np.sqrt(error.reshape(len(error), self.total, -1).mean(axis=2)),
            "rate_hz": memory.rate_hz,
            "weight_norm": memory.weight_norm,
            "raster_time_ms": task.sample_ms * (sample + 1),
            "raster_neuron": neuron,
        }
