"""Runs of a taught signal are stored, found again, continued and drawn like all others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from neurogate.cli import main
from neurogate.config import load
from neurogate.config.build import session
from neurogate.runs.course import RunCancelled
from neurogate.runs.execute import execute
from neurogate.tasks.waveform import WaveformSession
from tests.runs.fakes import without_figures

CHANGES = [
    "reservoir.n=30",
    "rule.start_ms=100",
    "rule.stop_ms=300",
    "task.duration_ms=600",
    "run.backend=numba",
]
Captured = pytest.CaptureFixture[str]


@without_figures()
def test_a_run_that_was_stopped_while_it_was_taught_goes_on_with_the_same_bits(tmp_path: Path) -> None:
    simulation = load("nc_vanderpol_harmonic", CHANGES)

    def stopping(done: int, total: int, phase: str) -> None:
        if phase == "training" and done == 2:
            raise KeyboardInterrupt

    whole = execute(simulation, tmp_path / "whole")
    with pytest.raises(RunCancelled, match=r"Cancelled after 2 of 6 pieces.*continues after piece 1"):
        execute(simulation, tmp_path / "parts", progress=stopping, checkpoint_every_s=0.0)
    resumed = execute(simulation, tmp_path / "parts")
    assert "Continued after 1 of 6 pieces" in (resumed.path / "log.txt").read_text()
    assert (resumed.path / "arrays.npz").read_bytes() == (whole.path / "arrays.npz").read_bytes()


def test_the_command_line_runs_finds_and_draws_it(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["run", "nc_sine", *(word for change in CHANGES for word in ("--set", change))]
    assert main([*command, "--json"]) == 0
    out, err = capsys.readouterr()
    summary = json.loads(out)
    assert summary["outcome"] == "done"
    assert {"rmse_training", "rate_free_hz", "frequency_hz"} <= summary["metrics"]["least_squares"].keys()
    assert "of 6 pieces" in err
    assert "rmse_free_best_lag" in err
    (folder,) = (tmp_path / "runs").iterdir()
    assert (folder / "figures" / "overview.png").read_bytes().startswith(b"\x89PNG")
    assert main(command) == 0
    assert "holds this run already" in capsys.readouterr().err
    assert main(["plot", str(folder), "--out", "figures"]) == 0
    assert (tmp_path / "figures" / "overview.pdf").exists()
    with without_figures():
        assert main(summary["command"].split()[1:]) == 0
    with np.load(folder / "arrays.npz") as arrays:
        assert arrays["readout"].shape == (1, 600, 1)


def test_the_session_of_such_a_simulation_teaches_a_signal() -> None:
    assert isinstance(session(load("nc_sine", CHANGES)), WaveformSession)
