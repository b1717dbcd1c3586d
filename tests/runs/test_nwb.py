"""A run that was exported opens again in pynwb, is valid, and holds the numbers of the run."""

from __future__ import annotations

import datetime as dt
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurogate import config
from neurogate.errors import RequestError
from neurogate.runs.execute import execute
from neurogate.runs.nwb import export, spike_times
from neurogate.runs.recorded import recorded_trials
from neurogate.runs.store import Run
from tests.runs.test_together import SMALL, simulation

pynwb = pytest.importorskip("pynwb", reason="pynwb is not installed (the extra neurogate[nwb]).")
pytestmark = pytest.mark.usefixtures("undrawn")

EVERY_S = 0.01
RECORD = (
    'record.variables=["spikes", "v", "trace", "when", "what", "gate", "weights"]',
    "record.trials=all",
    "record.every_ms=10",
    "run.replicas=2",
)
Opened = tuple[Run, Any, Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return execute(simulation(*RECORD), tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def opened(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    path = tmp_path_factory.mktemp("nwb") / "run.nwb"
    export(run, path, replica=1)
    with pynwb.NWBHDF5IO(str(path), "r") as io:
        yield run, io.read(), io
    assert [found.name for found in path.parent.iterdir()] == ["run.nwb"]


def test_the_file_is_valid(opened: Opened) -> None:
    assert pynwb.validate(io=opened[2]) == []


def test_spikes_are_counted_again_as_they_were(opened: Opened) -> None:
    run, file, _ = opened
    counts = run.arrays()["record.spikes"][1].reshape(-1, 40)
    units = file.units
    assert counts.max() > 1
    assert len(units) == 40
    for neuron in range(40):
        times = units["spike_times"][neuron]
        assert np.all(np.diff(times) > 0)
        sample = np.floor((times - file.trials["start_time"][0]) / EVERY_S).astype(int)
        np.testing.assert_array_equal(np.bincount(sample, minlength=len(counts)), counts[:, neuron])
        ((first, last),) = units["obs_intervals"][neuron]
        assert (first, last) == (file.trials["start_time"][0], file.trials["stop_time"][-1])
    assert list(units["cell_type"][:]) == ["excitatory"] * 32 + ["inhibitory"] * 8


def test_trials_are_those_that_the_network_lived_through(opened: Opened) -> None:
    run, file, _ = opened
    table = file.trials.to_dataframe()
    assert len(table) == run.arrays()["record.spikes"].shape[1] == 12
    assert table["phase"].tolist() == ["training"] * 8 + ["probe"] * 4
    assert table["block"].tolist() == list("AAAABBCC") + ["C"] * 4
    # Each cue comes once in four trials; three trials went before the first of these.
    np.testing.assert_array_equal(table["cue"], run.arrays()["record.cue"][1] + 1)
    assert sorted(table["cue"][1:5]) == sorted(table["cue"][8:]) == [1, 2, 3, 4]
    np.testing.assert_allclose(table["start_time"], 2.2 * (3 + np.arange(12)))
    np.testing.assert_allclose(table["cue_time"] - table["start_time"], 0.4)
    blocks = config.load(run.path / "config.toml").task.blocks
    by_name = {block.name: block for block in blocks}
    for trial in table.itertuples():
        assert trial.latency_ms == by_name[trial.block].latency_ms[trial.cue - 1]
    comes = table["outcome"] != "omission"
    assert comes.any()
    assert not comes[8:].any()
    assert set(table["outcome"]) <= {"X", "Y", "omission"}
    np.testing.assert_array_equal(np.isnan(table["outcome_time"]), ~comes)
    late = (table["outcome_time"] - table["cue_time"])[comes]
    np.testing.assert_allclose(late, table["latency_ms"][comes] / 1000)


def test_the_gate_agrees_with_the_trials(opened: Opened) -> None:
    """What was recorded knows when the cue is on; the table must say the same."""
    _, file, _ = opened
    gate = file.processing["readouts"]["three_factor_gate"]
    time = gate.starting_time + np.arange(len(gate.data)) / gate.rate
    first, last = file.trials["cue_time"][:8], file.trials["cue_time"][:8] + 1.65
    outside = ~np.any((time[:, None] > first) & (time[:, None] <= last + 1e-9), axis=1)
    assert np.all(gate.data[:][outside] == 0)
    assert np.any(gate.data[:] > 0)


def test_series_are_the_arrays_of_the_run(opened: Opened) -> None:
    run, file, _ = opened
    arrays = {
        name.removeprefix("record."): array[1] for name, array in run.arrays().items() if "record" in name
    }
    del arrays["spikes"], arrays["cue"]
    found = {**file.acquisition, **file.processing["readouts"].data_interfaces}
    assert found.keys() == {name.replace(".", "_") for name in arrays}
    for name, array in arrays.items():
        series = found[name.replace(".", "_")]
        if name.endswith("_weights"):
            np.testing.assert_array_equal(series.data, array)
            np.testing.assert_array_equal(series.timestamps, file.trials["stop_time"][:])
        else:
            np.testing.assert_array_equal(series.data, array.reshape(-1, *array.shape[2:]))
            assert np.isclose(series.starting_time, file.trials["start_time"][0] + EVERY_S)
            assert np.isclose(series.rate, 1 / EVERY_S)
    assert (file.acquisition["v"].unit, file.acquisition["v"].conversion) == ("volts", 1e-3)


def test_metadata_say_what_was_run(opened: Opened) -> None:
    run, file, _ = opened
    assert file.identifier == f"{run.summary['hash']}-1"
    assert file.session_id == run.path.name
    assert file.protocol == (run.path / "config.toml").read_text()
    stored = (run.path / "manifest.json").stat().st_mtime
    assert file.session_start_time == dt.datetime.fromtimestamp(stored, dt.UTC)
    assert ["neurogate", run.summary["versions"]["neurogate"]] in [
        list(row) for row in file.was_generated_by[:]
    ]


def test_a_run_with_one_network_is_named_by_its_hash(tmp_path: Path) -> None:
    changes = ['record.variables=["spikes"]', "record.neurons=5"]
    run = execute(simulation(*changes), tmp_path)
    export(run, tmp_path / "run.nwb")
    with pynwb.NWBHDF5IO(str(tmp_path / "run.nwb"), "r") as io:
        file = io.read()
        assert file.identifier == run.summary["hash"]
        assert len(file.units) == 5
        assert set(file.trials["phase"][:]) == {"probe"}
        assert pynwb.validate(io=io) == []


@pytest.mark.parametrize("trials", ["all", "probes"])
@pytest.mark.parametrize("replica", [0, 1])
def test_recorded_trials_are_those_of_the_session(trials: str, replica: int) -> None:
    from neurogate.config.build import session

    one = simulation("run.replicas=2", f"record.trials={trials}")
    assert isinstance(one, config.Simulation)
    lived, found = session(one), recorded_trials(one, replica)
    cue = np.concatenate([lived.schedule.cue[replica, lived.before :], lived.probe_cues[replica]])
    outcome = lived.schedule.outcome[replica, lived.before :]
    count = lived.total - lived.before if trials == "all" else lived.total - lived.trained
    np.testing.assert_array_equal(found.cue, cue[-count:])
    np.testing.assert_array_equal(found.outcome[~found.is_probe], outcome if trials == "all" else [])
    assert np.all(found.outcome[found.is_probe] == -1)


def test_spikes_of_one_sample_stand_at_equal_distances() -> None:
    counts = np.random.default_rng(1).integers(0, 4, (50, 3))
    for times, column in zip(spike_times(counts, 0.5), counts.T, strict=True):
        wanted = [0.5 * (i + (k + 0.5) / n) for i, n in enumerate(column) for k in range(n)]
        np.testing.assert_allclose(times, wanted)
    assert [len(times) for times in spike_times(np.zeros((4, 2)), 0.5)] == [0, 0]


class TestMistakes:
    def problem(self, run: Run, path: Path, replica: int = 0) -> str:
        with pytest.raises(RequestError) as caught:
            export(run, path, replica=replica)
        (sentence,) = caught.value.problems
        return sentence

    def test_of_the_request(self, run: Run, tmp_path: Path) -> None:
        taken = tmp_path / "taken.nwb"
        taken.write_text("mine")
        assert "taken.nwb exists; name another file" in self.problem(run, taken)
        assert taken.read_text() == "mine"
        assert "does not end in .nwb" in self.problem(run, tmp_path / "run.h5")
        assert "lies inside the stored run" in self.problem(run, run.path / "run.nwb")
        assert "The replica is 2; it must be from 0 to 1" in self.problem(run, tmp_path / "a.nwb", 2)
        assert "cannot be written: Not a directory" in self.problem(run, taken / "inside" / "a.nwb")

    @pytest.mark.parametrize("site", ["open", "fsync", "rename"])
    def test_of_the_disk(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, site: str) -> None:
        owner = os if site == "fsync" else Path
        real = getattr(owner, site)

        def full(first: Any, *rest: object, **options: object) -> Any:
            if site == "fsync" or "a.nwb" in first.name:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(first, *rest, **options)

        monkeypatch.setattr(owner, site, full)
        path = tmp_path / "a.nwb"
        assert self.problem(run, path) == (
            f"{path} cannot be written: No space left on device. Name another file."
        )
        monkeypatch.undo()
        assert list(tmp_path.iterdir()) == []

    def test_of_the_run(self, tmp_path: Path) -> None:
        path = tmp_path / "a.nwb"
        silent = execute(simulation(), tmp_path)
        assert "did not record spikes. Run it again with --set 'record.variables=" in self.problem(
            silent, path
        )
        wild = execute(simulation("reservoir.gain=1e5"), tmp_path)
        assert "has the outcome diverged and nothing to export" in self.problem(wild, path)
        rates = execute(config.load("what_when_leaky", overrides=SMALL), tmp_path)
        assert "of a reservoir of the kind leaky, which has no spikes" in self.problem(rates, path)
        wave = execute(simulation(name="nc_sine"), tmp_path)
        assert "is a run of the task waveform, which has no trials" in self.problem(wave, path)
        assert not path.exists()
