from __future__ import annotations

import functools
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from neurogate.cli import main
from neurogate.cli.execution import CHECKPOINT_S
from neurogate.runs.checkpoint import Checkpoint
from neurogate.runs.course import EVERY_S
from neurogate.runs.store import Run
from tests.runs.fakes import FakeSession, without_figures

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a function that puts a fake in the place of the real session."""

    def put(**options: object) -> None:
        monkeypatch.setattr("neurogate.config.build.session", functools.partial(FakeSession, **options))

    put()
    return put


def test_a_run_ends_with_a_table_of_the_rules_and_the_places_of_figure_and_folder(
    tiny: list[str], capsys: Captured
) -> None:
    assert main(["run", *tiny]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split() == ["three_factor", "force"]
    for metric in (
        "timing_error_ms",
        "probability_mae",
        "probability_r",
        "when_what_angle_deg",
        "mean_rate_hz",
    ):
        assert sum(line.startswith(metric) for line in out.splitlines()) == 1
    figure, folder = (Path(line.split(": ")[1]) for line in out.splitlines()[-2:])
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert folder.parent == Path("runs")
    assert "MB of memory" in err
    assert "Backend: " in err


def test_the_figures_and_metrics_of_a_whole_run_are_stored(stored: Run) -> None:
    assert {path.name for path in (stored.path / "figures").iterdir()} == {"overview.png", "overview.pdf"}
    assert list(stored.metrics) == ["three_factor", "force"]
    names = {"timing_error_ms", "probability_mae", "probability_r", "when_what_angle_deg", "mean_rate_hz"}
    assert all(names <= metrics.keys() for metrics in stored.metrics.values())
    assert stored.arrays()["rule_names"].tolist() == ["three_factor", "force"]


def test_the_command_in_the_summary_makes_the_same_arrays_again(stored: Run, capsys: Captured) -> None:
    before = (stored.path / "arrays.npz").read_bytes()
    (stored.path / "figures" / "overview.png").unlink()
    assert main(stored.summary["command"].split()[1:]) == 0
    assert (stored.path / "arrays.npz").read_bytes() == before
    assert (stored.path / "figures" / "overview.png").exists()


def test_json_prints_the_summary_alone(fake: object, capsys: Captured) -> None:
    assert main(["run", "what_when", "--json"]) == 0
    out, err = capsys.readouterr()
    (folder,) = Path("runs").iterdir()
    assert json.loads(out) == json.loads((folder / "summary.json").read_text())
    assert "three_factor" in err


def test_json_stays_alone_when_something_inside_prints(
    fake: object, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = FakeSession.result

    def chatty(self: FakeSession) -> object:
        sys.stdout.write("chatter\n")
        return result(self)

    monkeypatch.setattr(FakeSession, "result", chatty)
    assert main(["run", "what_when", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["outcome"] == "done"
    assert "chatter" in err


def test_the_same_request_again_shows_the_stored_run(fake: object, capsys: Captured) -> None:
    assert main(["run", "what_when"]) == 0
    first = capsys.readouterr()
    assert main(["run", "what_when"]) == 0
    again = capsys.readouterr()
    assert again.out == first.out
    assert "holds this run already (done)" in again.err
    assert "trials" not in again.err
    assert main(["run", "what_when", "--force"]) == 0
    assert "40 of 40 trials" in capsys.readouterr().err


def test_seed_and_backend_are_settings_like_others(fake: object) -> None:
    assert main(["run", "what_when", "--seed", "3", "--backend", "numpy"]) == 0
    assert main(["run", "what_when", "--set", "run.seed=3", "--set", "run.backend=numpy"]) == 0
    (folder,) = Path("runs").iterdir()
    assert "seed = 3\n" in (folder / "config.toml").read_text()


def test_the_command_keeps_a_run_as_often_as_the_library_does() -> None:
    assert CHECKPOINT_S == EVERY_S


def test_checkpoints_are_as_far_apart_as_is_asked(
    fake: object, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = list[int]()
    monkeypatch.setattr(Checkpoint, "write", lambda checkpoint, saved: written.append(1))
    assert main(["run", "what_when", "--checkpoint", "1000"]) == 0
    assert written == []
    assert main(["run", "what_when", "--checkpoint", "0", "--force"]) == 0
    assert len(written) > 30
    assert main(["run", "what_when", "--checkpoint", "-1", "--force"]) == 2
    assert "--checkpoint is -1.0; it must be at least 0." in capsys.readouterr().err


def test_a_run_that_diverges_exits_with_1_and_says_where(fake: Callable[..., None], capsys: Captured) -> None:
    fake(diverge_at=7)
    assert main(["run", "what_when", "--json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["outcome"] == "diverged"
    assert "first in neuron 17" in err
    assert main(["run", "what_when"]) == 1


def test_a_real_run_that_diverges_is_stored_as_such(tiny: list[str], capsys: Captured) -> None:
    assert main(["run", *tiny, "--set", "reservoir.inputs.weight=1e6", "--json"]) == 1
    summary = json.loads(capsys.readouterr().out)
    assert summary["outcome"] == "diverged"
    assert summary["divergence"]["step"] > 0


def test_ctrl_c_says_how_to_go_on(fake: object, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    advance = FakeSession.advance

    def stopped(self: FakeSession) -> None:
        advance(self)
        if self.position == 5:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(FakeSession, "advance", stopped)
    assert main(["run", "what_when", "--json"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == (
        "Cancelled after 5 of 40 trials; no run folder was written. The same command continues after trial 5."
    )
    assert main(["run", "what_when"]) == 0
    assert "Continued after 5 of 40 trials" in capsys.readouterr().err


@without_figures()
def test_a_real_run_interrupted_in_its_process_ends_with_the_same_bytes(
    tiny: list[str], tmp_path: Path, checkout: Path
) -> None:
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    request = [*tiny, "--set", "reservoir.n=60", "--set", "task.blocks.0.trials=100"]
    command = [sys.executable, "-m", "neurogate", "run", *request]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as run:
        assert run.stderr is not None
        assert any(" trials, about " in line for line in run.stderr)
        run.send_signal(signal.SIGINT)
        rest = run.stderr.read()
    assert run.returncode == 1, rest
    assert rest.splitlines()[-1].startswith("Cancelled after ")
    assert [path.name for path in Path("runs").iterdir() if not path.name.startswith(".")] == []
    assert main(["run", *request]) == 0
    assert main(["run", *request, "--out", "whole"]) == 0
    (resumed,), (whole,) = (list(Path(out).iterdir()) for out in ("runs", "whole"))
    assert (resumed / "arrays.npz").read_bytes() == (whole / "arrays.npz").read_bytes()
    assert "Continued after" in (resumed / "log.txt").read_text()


def test_a_terminal_shows_a_bar(tmp_path: Path, checkout: Path) -> None:
    program = (
        "import sys, neurogate.config.build as build; from tests.runs.fakes import FakeSession; "
        "build.session = FakeSession; from neurogate.cli import main; sys.exit(main())"
    )
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", program, "run", "what_when", "--json"],
        env=os.environ | {"PYTHONPATH": str(checkout), "TERM": "xterm", "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        check=False,
    )
    os.close(theirs)
    shown = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        while chunk := _read(terminal.fileno()):
            shown += chunk
    assert done.returncode == 0, shown
    assert b"40/40" in shown
    assert json.loads(done.stdout)["outcome"] == "done"


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        # Linux says so when the last writer has gone.
        return b""
