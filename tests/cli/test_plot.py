from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from neurogate.cli import main
from neurogate.config import Simulation
from neurogate.config.sweep import Sweep, points
from neurogate.plotting.kinds import KINDS
from neurogate.runs.execute import execute
from neurogate.runs.store import Run, load
from neurogate.runs.sweep_folder import open_folder
from tests.runs.fakes import FakeSession
from tests.runs.reports import drawn_run, sweep_folder

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
    assert main(["plot", str(stored.path), "--kind", "raster", "--out", str(tmp_path / "a" / "b")]) == 0
    assert (tmp_path / "a" / "b" / "raster.png").exists()


def test_the_stored_run_is_never_written_into(stored: Run, capsys: Captured) -> None:
    assert main(["plot", str(stored.path), "--out", str(stored.path / "figures")]) == 2
    assert "lies inside the stored run" in capsys.readouterr().err
    load(stored.path)


def test_a_run_that_diverged_has_nothing_to_draw(tmp_path: Path, capsys: Captured) -> None:
    run = execute(Simulation(name="fake"), tmp_path, open_session=lambda s: FakeSession(s, diverge_at=1))  # type: ignore[arg-type,return-value]
    assert main(["plot", str(run.path)]) == 2
    assert "has the outcome diverged and nothing to draw" in capsys.readouterr().err


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sweep_folder(tmp_path_factory.mktemp("sweeps"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_is_drawn_in_every_kind(stored: Run, kind: str, tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / f"{kind}.png"
    assert main(["plot", str(stored.path), "--kind", kind, "--out", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}\n"
    assert file.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("ending", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml"), ("SVG", b"<?xml")]
)
def test_a_file_of_choice_is_written(
    stored: Run, ending: str, start: bytes, tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "made" / f"picture.{ending}"
    assert main(["plot", str(stored.path), "--kind", "raster", "--out", str(file)]) == 0
    assert file.read_bytes().startswith(start)
    assert capsys.readouterr().out == f"{file}\n"


def test_a_sweep_is_drawn_beside_it(sweep: Path, capsys: Captured) -> None:
    assert main(["plot", str(sweep)]) == 0
    written = capsys.readouterr().out.split()
    folder = sweep.with_name(f"{sweep.name}-figures")
    assert written == [str(folder / f"timing_error_ms.{ending}") for ending in ("png", "pdf")]


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (["--x", "reservoir.gain", "--hue", "rule"], "timing_error_ms-reservoir.gain-rule"),
        (["--x", "reservoir.gain", "--x", "run.seed"], "timing_error_ms-reservoir.gain-run.seed"),
        (["--y", "probability_mae", "--kind", "parallel"], "probability_mae-parallel"),
    ],
)
def test_what_is_drawn_of_a_sweep_is_asked_for(
    sweep: Path, options: list[str], name: str, tmp_path: Path, capsys: Captured
) -> None:
    assert main(["plot", str(sweep), *options, "--out", str(tmp_path)]) == 0
    assert {path.stem for path in tmp_path.iterdir()} == {name}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--x", "reservoir.gian", "--y", "timing_eror_ms"],
            ["Did you mean reservoir.gain?", "Did you mean tim"],
        ),
        (["--kind", "learning"], ["differ in reservoir.gain, not only in their seeds"]),
        (["--kind", "learning", "--x", "reservoir.gain"], ["--kind learning takes none"]),
        (["--kind", "heatmap"], ["heatmap takes exactly two"]),
        (["--kind", "lnes"], ["Did you mean", "lines"]),
        (["--out", "figure.jpg"], ["can be written as .png, .pdf or .svg"]),
        (["--x", "run.seed", "--hue", "run.seed"], ["which x names too"]),
    ],
)
def test_mistakes_in_a_request_for_a_sweep_are_told_at_once(
    sweep: Path, options: list[str], said: list[str], capsys: Captured
) -> None:
    assert main(["plot", str(sweep), *options]) == 2
    told = capsys.readouterr().err
    assert all(words in told for words in said)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("seeds")
    chosen = points(Sweep(seeds=2), {"name": "drawn", "reservoir": {"n": 250}})
    for point in chosen:
        drawn_run(out, run={"seed": point.simulation.run.seed})
    return open_folder(chosen, "drawn", out, "neurogate sweep drawn", {})


@pytest.mark.parametrize("kind", ["overview", "timing", "nulls"])
def test_a_sweep_of_seeds_is_drawn_as_one_run_of_many_replicas(
    kind: str, seeds: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert main(["plot", str(seeds), "--kind", kind, "--out", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{kind}.pdf", f"{kind}.png"]


def test_a_sweep_that_is_not_there_is_said_to_be_no_folder(tmp_path: Path, capsys: Captured) -> None:
    assert main(["plot", str(tmp_path / "nothing"), "--x", "reservoir.gain"]) == 2
    assert f"{tmp_path / 'nothing'} is not a folder;" in capsys.readouterr().err


def test_a_sweep_that_lacks_what_names_its_runs_is_said_to_be_damaged_and_its_runs_fine(
    sweep: Path, tmp_path: Path, capsys: Captured
) -> None:
    copy = Path(shutil.copytree(sweep, tmp_path / sweep.name))
    for name in ("sweep.json", "manifest.json"):
        (copy / name).unlink()
        for command in ("plot", "report"):
            assert main([command, str(copy)]) == 2
            said = capsys.readouterr().err
            assert said.startswith(f"{copy} is damaged: {name} is missing. `neurogate verify --out ")
            assert said.endswith("the runs are none the worse.\n")
    assert main(["export", str(copy), "--nwb", str(tmp_path / "a.nwb")]) == 2
    assert "is a sweep; name one of its runs" in capsys.readouterr().err


def test_what_belongs_to_a_sweep_is_refused_for_a_run(stored: Run, capsys: Captured) -> None:
    assert main(["plot", str(stored.path), "--x", "a", "--kind", "lines"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("--kind is lines; a run has overview, scheme, raster, ")
    assert told[1].startswith("--x belongs to a sweep")


def test_a_figure_that_cannot_be_written_is_said_so(stored: Run, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "file").write_text("x")
    assert (
        main(["plot", str(stored.path), "--kind", "raster", "--out", str(tmp_path / "file" / "a.png")]) == 2
    )
    assert "cannot be written to" in capsys.readouterr().err
