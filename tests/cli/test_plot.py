from __future__ import annotations

from pathlib import Path

import pytest

from neurogate.cli import main
from neurogate.config import Simulation
from neurogate.runs.execute import execute
from neurogate.runs.store import Run, load
from tests.runs.fakes import FakeSession

Captured = pytest.CaptureFixture[str]


def test_the_redrawn_figures_are_the_stored_ones_and_lie_beside_the_run(
    stored: Run, capsys: Captured
) -> None:
    assert main(["plot", str(stored.path)]) == 0
    folder = stored.path.with_name(f"{stored.path.name}-figures")
    assert capsys.readouterr().out.split() == [
        str(folder / name) for name in ("overview.png", "overview.pdf")
    ]
    for name in ("overview.png", "overview.pdf"):
        assert (folder / name).read_bytes() == (stored.path / "figures" / name).read_bytes()
    assert load(stored.path) == stored


def test_a_folder_of_choice_is_made(stored: Run, tmp_path: Path, capsys: Captured) -> None:
    assert main(["plot", str(stored.path), "--out", str(tmp_path / "a" / "b")]) == 0
    assert (tmp_path / "a" / "b" / "overview.png").exists()


def test_the_stored_run_is_never_written_into(stored: Run, capsys: Captured) -> None:
    assert main(["plot", str(stored.path), "--out", str(stored.path / "figures")]) == 2
    assert "lies inside the stored run" in capsys.readouterr().err
    load(stored.path)


def test_a_run_that_diverged_has_nothing_to_draw(tmp_path: Path, capsys: Captured) -> None:
    run = execute(Simulation(name="fake"), tmp_path, open_session=lambda s: FakeSession(s, diverge_at=1))  # type: ignore[arg-type,return-value]
    assert main(["plot", str(run.path)]) == 2
    assert "has the outcome diverged and nothing to draw" in capsys.readouterr().err
