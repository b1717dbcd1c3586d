"""A sweep executes each missing run once, whatever happens to its workers or its driver."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from neurogate.config.memory import memory_mb
from neurogate.errors import Outcome
from neurogate.runs import store
from neurogate.runs import sweep as driver
from neurogate.runs.execute import execute
from neurogate.runs.sweep import Event, Options, sweep
from neurogate.runs.sweep_folder import open_folder
from neurogate.runs.versions import loaded
from tests.runs.sweeping import DRIVE, POINTS, SIMULATIONS, kinds, run
from tests.runs.test_together import assert_same_runs

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("alone")
    for one in SIMULATIONS:
        execute(one, out)
    return out


@pytest.mark.parametrize("options", [{"jobs": 1}, {"jobs": 2, "batch": 1}, {"jobs": 2, "batch": 5}])
def test_runs_do_not_depend_on_workers_and_batches(
    alone: Path, tmp_path: Path, options: dict[str, int]
) -> None:
    counts, events = run(tmp_path, **options)
    assert counts == {Outcome.DONE: 12}
    assert kinds(events) == {"started": 12, "ended": 12}
    assert_same_runs(tmp_path, alone, SIMULATIONS)
    assert {path.name for path in tmp_path.glob(".*")} <= {".lock"}
    counts, events = run(tmp_path, **options)
    assert counts == {Outcome.DONE: 12}
    assert kinds(events) == {"stored": 12}


def test_a_worker_that_is_killed_costs_nothing(alone: Path, tmp_path: Path) -> None:
    killed: list[int] = []

    def kill_one(event: Event) -> None:
        if event.kind == "ended" and not killed:
            killed.append(min(child.pid or 0 for child in multiprocessing.active_children()))
            os.kill(killed[0], signal.SIGKILL)

    folder = open_folder(POINTS, "what_when", tmp_path, "", {})
    counts = sweep(POINTS, folder, Options(jobs=2, batch=2, checkpoint_every_s=0.0), kill_one)
    assert killed
    assert counts == {Outcome.DONE: 12}
    assert_same_runs(tmp_path, alone, SIMULATIONS)


def test_a_driver_that_is_killed_is_continued_by_the_next(alone: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", DRIVE, str(tmp_path)]
    for _ in range(2):
        first = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        before = len(list(tmp_path.glob("what_when-[0-9a-f]*/manifest.json")))
        while (
            first.poll() is None and len(list(tmp_path.glob("what_when-[0-9a-f]*/manifest.json"))) == before
        ):
            time.sleep(0.05)
        first.kill()
        first.wait()
    counts, _ = run(tmp_path, jobs=2)
    assert counts == {Outcome.DONE: 12}
    assert list(tmp_path.glob(".*.lease")) == []
    assert_same_runs(tmp_path, alone, SIMULATIONS)


def test_two_drivers_share_the_runs(alone: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", DRIVE, str(tmp_path)]
    drivers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [driver.communicate(timeout=300)[0] for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0, 0]
    assert sum(int(line.split()[0]) for line in said) == 12
    assert all("12" in line.partition(" ")[2] for line in said)
    assert_same_runs(tmp_path, alone, SIMULATIONS)


def test_a_sweep_that_is_interrupted_says_so_once_and_goes_on(
    alone: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "neurogate.runs.sweep")
    asked: list[Event] = []

    def interrupt(event: Event) -> None:
        if event.kind == "ended" and not asked:
            asked.append(event)
            os.kill(os.getpid(), signal.SIGINT)

    folder = open_folder(POINTS, "what_when", tmp_path, "", {})
    counts = sweep(POINTS, folder, Options(jobs=2, batch=2), interrupt)
    assert counts[Outcome.CANCELLED] > 0
    assert sum(counts.values()) == 12
    assert [record.getMessage()[:20] for record in caplog.records] == ["The trials under way"]
    assert run(tmp_path, jobs=2)[0] == {Outcome.DONE: 12}
    assert_same_runs(tmp_path, alone, SIMULATIONS)


def test_the_checkpoint_of_a_run_whose_worker_was_killed_when_it_had_stored_it_is_removed(
    alone: Path, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(alone, tmp_path / "runs"))
    left = store.folder_of(POINTS[0].simulation, out)
    left.with_name(f".{left.name}.checkpoint").touch()
    run(out)
    assert not list(out.glob(".*.checkpoint"))


def test_stored_runs_of_other_software_stay_and_that_is_said_once(
    alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    out = Path(shutil.copytree(alone, tmp_path / "runs"))
    monkeypatch.setattr(driver, "loaded", lambda: loaded() | {"numba": "9.9"})
    counts, events = run(out)
    assert (counts, kinds(events)) == ({Outcome.DONE: 12}, {"stored": 12})
    said = [line for line in caplog.messages if "other software" in line]
    assert len(said) == 1
    assert f"numba was {loaded()['numba']} and is 9.9" in said[0]


def test_no_more_runs_are_under_way_than_fit_into_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    most, running = [0], set()

    def count(event: Event) -> None:
        if event.kind == "started":
            running.add(event.point.hash)
        elif event.kind == "ended":
            running.discard(event.point.hash)
        most[0] = max(most[0], len(running))

    each_mb = sum(memory_mb(SIMULATIONS[0]).values())
    folder = open_folder(POINTS[:4], "what_when", tmp_path, "", {})
    options = Options(jobs=4, batch=16, memory_mb=2.5 * each_mb)
    assert sweep(POINTS[:4], folder, options, count) == {Outcome.DONE: 4}
    assert most == [2]
    assert "2 of 4 jobs fit" in caplog.text
