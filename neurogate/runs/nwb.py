"""A stored run as a file of Neurodata Without Borders, for the tools of those who record from real neurons.

Here lives what of a run becomes what of such a file: spikes become units, trials the table of trials,
whatever else was recorded time series, the configuration metadata. All times are in seconds from the first
trial of the session. The format is described at https://www.nwb.org.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurogate import config, files
from neurogate.config import Simulation
from neurogate.errors import RequestError
from neurogate.network.rates import EchoState, Leaky
from neurogate.network.specification import ReservoirSpec
from neurogate.runs.manifest import MANIFEST
from neurogate.runs.recorded import Trials, recorded_trials
from neurogate.runs.store import Run

__all__ = ["export", "spike_times"]

Array = npt.NDArray[Any]

_RECORD = "record."
_OF_NEURONS: Mapping[str, tuple[str, float, str]] = {
    "v": ("volts", 1e-3, "Membrane potential"),
    "u": ("n.a.", 1.0, "Recovery variable"),
    "synaptic_current": ("n.a.", 1.0, "Current through the synapses"),
    "synapse_rise": ("n.a.", 1.0, "Rising part of the synapses"),
    "trace": ("hertz", 1.0, "Filtered spikes, what readouts are built on"),
    "trace_rise": ("hertz", 1.0, "Rising part of the traces"),
}
_OF_RULES: Mapping[str, str] = {
    "when": "Readout of when the outcome comes",
    "what": "Readout of the probability of each outcome",
    "gate": "What the gates let through, from 0 to 1",
    "when_weights": "Weights of the readout of when at the end of each trial, one for each neuron",
    "what_weights": "Weights of the readout of what at the end of each trial, for each outcome and neuron",
}


def export(run: Run, path: Path, *, replica: int = 0) -> None:
    """Write what a run has recorded of one of its networks as an NWB file.

    Parameters
    ----------
    run : neurogate.runs.store.Run
        With ``spikes`` among its ``record.variables``.
    path : pathlib.Path
        A new file whose name ends in .nwb.
    replica : int
        Which network, counted from 0.

    Raises
    ------
    RequestError
        If pynwb is not installed, the run did not record spikes, there is no such replica, or the file
        exists or cannot be written.
    """
    _check(run, path)
    simulation, arrays = _simulation(run, replica), _arrays(run)
    try:
        import pynwb
    except ImportError as error:
        raise RequestError(
            f'NWB files need pynwb, which is missing ({error}); pip install "neurogate[nwb]".'
        ) from None
    file, trials = _described(pynwb, run, simulation, replica), recorded_trials(simulation, replica)
    recorded = {
        name.removeprefix(_RECORD): array[replica]
        for name, array in arrays.items()
        if name.startswith(_RECORD) and name != f"{_RECORD}cue"  # is told with the trials
    }
    _add_trials(file, simulation, trials)
    _add_units(pynwb, file, recorded.pop("spikes"), arrays["neuron_type"], simulation.record.every_ms, trials)
    _add_series(pynwb, file, recorded, simulation.record.every_ms / 1000, trials)
    _write(pynwb, file, path)


def _write(pynwb: Any, file: Any, path: Path) -> None:
    """Write the whole file, or nothing."""
    image, unfinished = _image(pynwb, file), files.hidden_sibling(path, "tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("xb") as whole:
            whole.write(image)
            whole.flush()
            os.fsync(whole.fileno())
        unfinished.rename(path)
    except OSError as error:
        raise RequestError(
            f"{path} cannot be written: {error.strerror or error}. Name another file."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink()


def _image(pynwb: Any, file: Any) -> bytes:
    """Return what a file holds. HDF5 writes to memory, since a disk that refuses breaks it."""
    import h5py

    memory = h5py.File("memory", "w", driver="core", backing_store=False)
    with pynwb.NWBHDF5IO(file=memory, mode="w") as io:
        io.write(file)
        memory.flush()
        image: bytes = memory.id.get_file_image()
    return image


def spike_times(counts: Array, every_s: float) -> Iterator[Array]:
    """Yield the times of the spikes of each neuron, given their counts in successive samples.

    Where in a sample a spike lies is not known: several stand in it at equal distances, one in its middle.

    Parameters
    ----------
    counts : (T, N) array
    every_s : float
        Length of a sample.

    Yields
    ------
    array
        Seconds from the beginning of the first sample, ascending.

    Examples
    --------
    >>> [times.tolist() for times in spike_times(np.array([[1, 0], [0, 2]]), 1.0)]
    [[0.5], [1.25, 1.75]]
    """
    for column in counts.astype(np.int64).T:
        sample = np.flatnonzero(column)
        count = column[sample]
        many, after = np.repeat(count, count), np.repeat(np.cumsum(count), count)
        place = np.arange(len(many)) - (after - many)
        yield (np.repeat(sample, count) + (place + 0.5) / many) * every_s


def _check(run: Run, path: Path) -> None:
    if path.suffix != ".nwb":
        raise RequestError(f"{path} does not end in .nwb; name a file that does.")
    if path.exists():
        raise RequestError(f"{path} exists; name another file, or delete that one.")
    if path.resolve().is_relative_to(run.path.resolve()):
        raise RequestError(f"{path} lies inside the stored run, which never changes; choose another place.")


def _simulation(run: Run, replica: int) -> Simulation:
    simulation = config.load(run.path / "config.toml")
    if not isinstance(simulation, Simulation):
        raise RequestError(
            f"{run.path} is a run of the task {simulation.task.kind}, which has no trials; "
            "a run of the task what_when can be exported."
        )
    if isinstance(simulation.reservoir, EchoState | Leaky):
        raise RequestError(
            f"{run.path} is a run of a reservoir of the kind {simulation.reservoir.kind}, which has no "
            "spikes; a run of spiking neurons can be exported."
        )
    if not 0 <= replica < simulation.run.replicas:
        raise RequestError(
            f"The replica is {replica}; it must be from 0 to {simulation.run.replicas - 1} in {run.path}."
        )
    return simulation


def _arrays(run: Run) -> dict[str, Array]:
    arrays = run.arrays()
    if not arrays:
        raise RequestError(
            f"{run.path} has the outcome {run.outcome} and nothing to export; see its log.txt."
        )
    if f"{_RECORD}spikes" not in arrays:
        raise RequestError(
            f"{run.path} did not record spikes. Run it again with "
            """--set 'record.variables=["spikes", "when"]' --set record.trials=all."""
        )
    return arrays


def _described(pynwb: Any, run: Run, simulation: Simulation, replica: int) -> Any:
    """Return a file that holds nothing but metadata."""
    is_one = simulation.run.replicas == 1
    stored = dt.datetime.fromtimestamp((run.path / MANIFEST).stat().st_mtime, dt.UTC)
    made, whole = run.summary["versions"], run.summary["hash"]
    return pynwb.NWBFile(
        session_description=f"A simulation, {simulation.name}: {simulation.description or 'what and when'}",
        identifier=whole if is_one else f"{whole}-{replica}",
        session_start_time=stored,
        session_id=run.path.name,
        experiment_description=(
            f"{simulation.reservoir.n} {_model(simulation)} neurons, simulated in steps of "
            f"{simulation.reservoir.dt_ms:g} ms; seed {run.summary['seeds']['replicas'][replica]}"
        ),
        protocol=(run.path / "config.toml").read_text("utf-8"),
        data_collection=f"Made again by: {run.summary['command']}",
        keywords=["simulation", "reservoir computing", "spiking neural network"],
        was_generated_by=[[name, made[name]] for name in ("neurogate", "numpy", "numba")],
    )


def _model(simulation: Simulation) -> str:
    reservoir = simulation.reservoir
    return reservoir.cells.model if isinstance(reservoir, ReservoirSpec) else reservoir.kind


def _add_trials(file: Any, simulation: Simulation, trials: Trials) -> None:
    columns = {
        "cue": "Number of the cue, from 1",
        "cue_time": "When the cue comes",
        "outcome": "The outcome that comes, or omission",
        "outcome_time": "When the outcome comes; NaN if it is left out",
        "latency_ms": "Time in ms from the cue to the outcome that it announces, whether that comes or not",
        "phase": "training, or probe: nothing is learned, and the outcome is left out",
        "block": "Whose latencies and probabilities hold",
    }
    for name, told in columns.items():
        file.add_trial_column(name, told)
    outcomes = [*simulation.task.outcomes, "omission"]
    for i in range(len(trials)):
        file.add_trial(
            start_time=trials.start_s[i],
            stop_time=trials.stop_s[i],
            cue=int(trials.cue[i]) + 1,
            cue_time=trials.cue_s[i],
            outcome=outcomes[trials.outcome[i]],
            outcome_time=trials.outcome_s[i],
            latency_ms=trials.latency_ms[i],
            phase="probe" if trials.is_probe[i] else "training",
            block=simulation.task.blocks[trials.block[i]].name,
        )


def _add_units(
    pynwb: Any, file: Any, spikes: Array, neuron_type: Array, every_ms: float, trials: Trials
) -> None:
    seen = float(trials.start_s[0]), float(trials.stop_s[-1])
    counts = spikes.reshape(-1, spikes.shape[-1])
    file.units = pynwb.misc.Units(
        name="units",
        description=(
            f"Neurons. Their spikes were counted every {every_ms:g} ms; where in such a sample a spike lies "
            "is not known, and they stand in it at equal distances."
        ),
        resolution=every_ms / 1000,
    )
    file.add_unit_column("cell_type", "excitatory or inhibitory")
    for inhibitory, times in zip(neuron_type, spike_times(counts, every_ms / 1000), strict=False):
        cell_type = "inhibitory" if inhibitory else "excitatory"
        file.add_unit(spike_times=seen[0] + times, obs_intervals=[seen], cell_type=cell_type)


def _add_series(pynwb: Any, file: Any, recorded: Mapping[str, Array], every_s: float, trials: Trials) -> None:
    """Add what was recorded of neurons and of rules, in samples or at the end of each trial."""
    readouts = file.create_processing_module("readouts", "What the learning rules read out of the network")
    for name, array in recorded.items():
        rule, _, kind = name.rpartition(".")
        unit, conversion, told = _OF_NEURONS.get(name) or ("n.a.", 1.0, f"{_OF_RULES[kind]}; rule {rule}")
        if kind.endswith("_weights"):
            data, when = array, dict[str, Any](timestamps=trials.stop_s)
        else:
            data = array.reshape(-1, *array.shape[2:])
            when = {"starting_time": float(trials.start_s[0]) + every_s, "rate": 1 / every_s}
        series = pynwb.TimeSeries(
            name=name.replace(".", "_").replace("/", "_").replace(":", "_"),
            description=told, data=data, unit=unit, conversion=conversion, **when,
        )  # fmt: skip
        readouts.add(series) if rule else file.add_acquisition(series)
