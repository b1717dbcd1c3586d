"""`neurogate export` writes a file that others read, or says what is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from neurogate.cli import main
from neurogate.runs.store import Run
from tests.runs.damaging import store_of
from tests.runs.fakes import without_figures

pynwb = pytest.importorskip("pynwb", reason="pynwb is not installed (the extra neurogate[nwb]).")

Captured = pytest.CaptureFixture[str]


def test_a_run_that_recorded_spikes_becomes_a_file(tiny: list[str], tmp_path: Path, capsys: Captured) -> None:
    recording = ["--set", 'record.variables=["spikes", "when"]', "--set", "record.trials=all"]
    with without_figures():
        assert main(["run", *tiny, *recording, "--out", str(tmp_path / "runs")]) == 0
    (run,) = (tmp_path / "runs").iterdir()
    capsys.readouterr()
    path = tmp_path / "new" / "run.nwb"
    assert main(["export", str(run), "--nwb", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    with pynwb.NWBHDF5IO(str(path), "r") as io:
        file = io.read()
        assert (len(file.units), len(file.trials)) == (20, 28)


def test_a_run_without_spikes_is_told_what_to_set(stored: Run, tmp_path: Path, capsys: Captured) -> None:
    assert main(["export", str(stored.path), "--nwb", str(tmp_path / "run.nwb")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "did not record spikes. Run it again with --set 'record.variables=[" in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_pynwb_is_asked_for_if_it_is_missing(
    stored: Run, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pynwb", None)
    monkeypatch.setattr("neurogate.runs.nwb._arrays", lambda run: {"record.spikes": []})
    assert main(["export", str(stored.path), "--nwb", str(tmp_path / "run.nwb")]) == 2
    assert 'pip install "neurogate[nwb]"' in capsys.readouterr().err


def test_of_a_sweep_a_run_must_be_named(tmp_path: Path, capsys: Captured) -> None:
    store_of(tmp_path, 2)
    (sweep,) = tmp_path.glob("made-sweep-*")
    assert main(["export", str(sweep), "--nwb", str(tmp_path / "run.nwb")]) == 2
    said = capsys.readouterr().err
    assert said == f"{sweep} is a sweep; name one of its runs, which lie beside it.\n"


def test_a_file_must_be_named(stored: Run, capsys: Captured) -> None:
    assert main(["export", str(stored.path)]) == 2
    assert "--nwb" in capsys.readouterr().err
