from __future__ import annotations

import errno
import functools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurogate import files
from neurogate.config import Simulation, load
from neurogate.config.parts import Run
from neurogate.errors import Outcome, RequestError, RunError
from neurogate.runs import store
from neurogate.runs.course import RunCancelled
from neurogate.runs.execute import execute
from neurogate.tasks.memory import Memory
from tests.runs.fakes import FakeSession

FAKE = Simulation(name="fake", run=Run(seed=5))


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def run(out: Path, simulation: Simulation = FAKE, **options: Any) -> store.Run:
    names = ("force", "progress", "checkpoint_every_s")
    passed = {name: options.pop(name) for name in names if name in options}
    return execute(simulation, out, open_session=functools.partial(FakeSession, **options), **passed)


def interrupted_at(trial: int) -> Any:
    def progress(done: int, total: int, phase: str) -> None:
        if done == trial:
            os.kill(os.getpid(), signal.SIGINT)

    return progress


def refuse(*_: object, **__: object) -> None:
    raise AssertionError("not expected to be called")


def test_the_folder_holds_everything_that_it_promises(tmp_path: Path) -> None:
    stored = run(tmp_path)
    assert os.listdir(tmp_path) == [stored.path.name]  # noqa: PTH208
    assert visible(stored.path) == ["arrays.npz", "config.toml", "log.txt", "manifest.json", "summary.json"]
    assert load(stored.path / "config.toml") == FAKE
    summary = json.loads((stored.path / "summary.json").read_text())
    assert stored.path.name == f"fake-{summary['hash'][:12]}"
    assert summary["outcome"] == "done"
    assert summary["metrics"]["force"]["probability_r"] is None
    assert summary["seeds"] == {"run": 5, "replicas": [5]}
    assert {"python", "neurogate", "numpy", "numba", "platform"} <= summary["versions"].keys()
    assert summary["wall_time_s"] >= 0
    assert summary["command"] == f"neurogate run {stored.path / 'config.toml'} --out {tmp_path} --force"
    assert "memory" in (stored.path / "log.txt").read_text()


def test_the_same_configuration_gives_the_same_arrays_byte_for_byte(tmp_path: Path) -> None:
    first, second = run(tmp_path / "a"), run(tmp_path / "b")
    assert (first.path / "arrays.npz").read_bytes() == (second.path / "arrays.npz").read_bytes()


def test_a_stored_run_is_found_and_not_run_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    first = run(tmp_path)
    again = execute(FAKE, tmp_path, open_session=refuse)  # type: ignore[arg-type]
    assert again == first
    assert "holds this run already (done); --force runs it again" in caplog.text


def test_a_run_made_by_other_software_is_found_and_said_to_be(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO")
    run(tmp_path)
    monkeypatch.setattr("neurogate.__version__", "9.9")
    run(tmp_path)
    assert "neurogate was 0.1.0 and is 9.9" in caplog.text


def test_force_replaces_what_is_stored_even_if_it_is_damaged(tmp_path: Path) -> None:
    first = run(tmp_path)
    (first.path / "arrays.npz").write_bytes(b"damaged")
    with pytest.raises(RequestError, match=r"arrays\.npz is not as it was written"):
        run(tmp_path)
    assert run(tmp_path, force=True).arrays()["walk"].shape == (1000,)
    assert visible(tmp_path) == [first.path.name]


def test_a_forced_run_that_fails_keeps_what_was_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(tmp_path)
    before = files.sha256(first.path / "manifest.json")
    monkeypatch.setattr(FakeSession, "result", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(tmp_path, force=True)
    assert files.sha256(store.load(first.path).path / "manifest.json") == before


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_goes_on_where_it_stopped_with_the_same_bytes(
    tmp_path: Path, sent: signal.Signals
) -> None:
    def progress(done: int, total: int, phase: str) -> None:
        if done == 13:
            os.kill(os.getpid(), sent)

    before = signal.getsignal(sent)
    with pytest.raises(
        RunCancelled, match=r"after 13 of 40 trials.*The same command continues after trial 13"
    ):
        run(tmp_path, progress=progress)
    assert visible(tmp_path) == []
    assert signal.getsignal(sent) is before
    seen: list[int] = []
    resumed = run(tmp_path, progress=lambda done, total, phase: seen.append(done))
    assert seen == list(range(13, 41))
    assert "Continued after 13 of 40 trials" in (resumed.path / "log.txt").read_text()
    whole = run(tmp_path / "whole")
    assert (resumed.path / "arrays.npz").read_bytes() == (whole.path / "arrays.npz").read_bytes()
    assert os.listdir(tmp_path / "whole") == [whole.path.name]  # noqa: PTH208


def test_a_second_stop_ends_the_trial_on_its_way_and_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance = FakeSession.advance

    def stubborn(self: FakeSession) -> None:
        if self.position == 20:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
        advance(self)

    monkeypatch.setattr(FakeSession, "advance", stubborn)
    with pytest.raises(RunCancelled, match=r"after 20 of 40 trials.*continues after trial 20"):
        run(tmp_path, checkpoint_every_s=0.0)
    monkeypatch.undo()
    resumed, whole = run(tmp_path), run(tmp_path / "whole")
    assert (resumed.path / "arrays.npz").read_bytes() == (whole.path / "arrays.npz").read_bytes()


def test_a_stop_before_the_first_checkpoint_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(self: FakeSession) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(FakeSession, "advance", stop)
    with pytest.raises(RunCancelled, match=r"after 0 of 40 trials.*The same command starts it anew"):
        run(tmp_path)
    assert visible(tmp_path) == []


def test_a_damaged_checkpoint_is_ignored_with_a_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(RunCancelled):
        run(tmp_path, progress=interrupted_at(13))
    (checkpoint,) = tmp_path.iterdir()
    data = bytearray(checkpoint.read_bytes())
    data[len(data) // 2] ^= 1
    checkpoint.write_bytes(data)
    resumed, whole = run(tmp_path), run(tmp_path / "whole")
    assert "The run starts anew" in caplog.text
    assert (resumed.path / "arrays.npz").read_bytes() == (whole.path / "arrays.npz").read_bytes()
    assert not checkpoint.exists()


def test_a_run_that_diverged_is_stored_as_such(tmp_path: Path) -> None:
    stored = run(tmp_path, diverge_at=9)
    assert stored.outcome is Outcome.DIVERGED
    assert stored.summary["divergence"] == {
        "message": "Replica 0 diverged: v_mV was nan when looked at after step 19807, first in neuron 17.",
        "quantity": "v_mV",
        "value": None,
        "replica": 0,
        "step": 19807,
        "neuron": 17,
    }
    assert (stored.arrays(), stored.metrics) == ({}, {})
    assert run(tmp_path).outcome is Outcome.DIVERGED


def test_memory_that_the_machine_refuses_is_told_before_anything_is_made(tmp_path: Path) -> None:
    def too_large(simulation: Simulation) -> Any:
        return np.empty((10**7, 10**7))

    with pytest.raises(RequestError, match="does not fit this machine's memory"):
        execute(FAKE, tmp_path / "new", open_session=too_large)
    assert list(tmp_path.iterdir()) == []


def test_memory_that_is_refused_when_the_state_is_made_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **_of: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(Memory, "start", refused)
    with pytest.raises(RequestError, match=r"does not fit this machine's memory \(no room\)"):
        execute(load("what_when", ["reservoir.n=20"]), tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_cannot_be_written_to_is_refused_before_the_first_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeSession, "advance", refuse)
    (tmp_path / "file").write_text("")
    with pytest.raises(RequestError, match=r"file/runs: Not a directory"):
        run(tmp_path / "file" / "runs")


def test_a_full_disk_costs_no_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_json = files.write_json

    def full(path: Path, value: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "write_json", full)
    with pytest.raises(RunError, match=r"stored as .*No space left.*up to 0\.5 MB\. .*continues") as error:
        run(tmp_path)
    assert error.value.exit_code == 1
    assert visible(tmp_path) == []
    monkeypatch.setattr(files, "write_json", write_json)
    monkeypatch.setattr(FakeSession, "advance", refuse)
    assert run(tmp_path).outcome is Outcome.DONE


def test_a_checkpoint_that_cannot_be_written_costs_a_line_not_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "replacing", full)
    assert run(tmp_path, checkpoint_every_s=0.0).outcome is Outcome.DONE
    assert "cannot be written (No space left on device)" in caplog.text


def test_a_run_that_could_not_be_stored_is_not_simulated_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as broken:
        broken.setattr(files, "write_json", full)
        with pytest.raises(RunError, match="cannot be stored"):
            run(tmp_path)
    seen: list[int] = []
    assert run(tmp_path, progress=lambda done, total, phase: seen.append(done)).outcome is Outcome.DONE
    assert seen == [40]
    assert [path.name for path in tmp_path.iterdir()] == [run(tmp_path).path.name]


def test_a_figure_that_cannot_be_drawn_costs_a_line_not_the_run(tmp_path: Path) -> None:
    stored = run(tmp_path)
    assert "No figure could be drawn" in (stored.path / "log.txt").read_text()
    assert stored.outcome is Outcome.DONE


def test_the_working_directory_never_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "chdir", refuse)
    stored = run(Path("runs"))
    assert stored.path.parent == Path("runs")
    assert Path.cwd() == tmp_path


def test_killing_at_any_moment_leaves_no_partial_folder_and_changes_no_byte(
    tmp_path: Path, checkout: Path
) -> None:
    command = [sys.executable, "-m", "tests.runs.killing", str(tmp_path), "24"]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["kills"] == 24
    assert report["kills_midway"] > 0
    assert report["problems"] == []
    assert report["litter"] == []
