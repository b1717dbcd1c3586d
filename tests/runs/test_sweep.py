"""A sweep executes each missing run once, whatever happens to its workers or its driver."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import attrs
import numpy as np
import pytest

from neurogate import config
from neurogate.config.memory import memory_mb
from neurogate.config.sweep import Point, Sweep, points
from neurogate.errors import Outcome, RequestError, RunError
from neurogate.runs import pool, store, worker
from neurogate.runs import sweep as driver
from neurogate.runs.execute import execute
from neurogate.runs.lease import Leases
from neurogate.runs.sweep import Event, Options, sweep
from neurogate.runs.sweep_folder import changed_at, keep_log, log_of, open_folder
from neurogate.runs.together import Ended
from neurogate.runs.upkeep import verify
from neurogate.runs.versions import loaded
from neurogate.runs.worker import Task
from tests.reliability.tiny import inline
from tests.runs.test_together import SMALL, assert_same_runs

pytestmark = pytest.mark.usefixtures("undrawn")

GRID = Sweep(grid={"reservoir.gain": [0.5, 1.5], "rules.three_factor.eta_when": [0.02, 0.2]}, seeds=3)
BASE = config.unstructure(config.load("what_when", overrides=SMALL))
POINTS = points(GRID, BASE)
SIMULATIONS = [point.simulation for point in POINTS]

DRIVE = """
import sys
from pathlib import Path
from tests.runs.test_sweep import POINTS, run
counts, events = run(Path(sys.argv[1]), jobs=2, batch=2, checkpoint_every_s=0.0)
print(sum(event.kind == "ended" for event in events), counts)
"""


def run(out: Path, chosen: tuple[Point, ...] = POINTS, **options: object) -> tuple[Counter, list[Event]]:
    events: list[Event] = []
    folder = open_folder(chosen, "what_when", out, "neurogate sweep what_when", {})
    return sweep(chosen, folder, Options(**options), events.append), events


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("alone")
    for one in SIMULATIONS:
        execute(one, out)
    return out


def kinds(events: list[Event]) -> Counter:
    return Counter(event.kind for event in events)


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


def late(_: object) -> None:
    """Be at work for long, whatever the driver wants, and leave a trace at the end."""
    time.sleep(20.0)
    Path(os.environ["TRACE"]).touch()


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRACE", str(tmp_path / "trace"))
    return tmp_path / "trace"


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def interrupted(simulation: object) -> None:
    os.kill(os.getppid(), signal.SIGINT)
    late(simulation)


def test_a_sweep_that_is_interrupted_while_workers_compile_does_not_wait_for_that(
    tmp_path: Path, trace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "warm", interrupted)
    counts, events = run(tmp_path, jobs=2)
    assert counts == {Outcome.CANCELLED: 12}
    assert not events
    assert not trace.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, RunError])
def test_workers_that_do_not_end_are_ended_and_the_same_sweep_goes_on(
    tmp_path: Path, trace: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    begun: list[Event] = []

    def stop(event: Event) -> None:
        begun.append(event)
        if len(begun) == 2:  # one is under way
            interrupt()
            if error is KeyboardInterrupt:
                interrupt()

    with monkeypatch.context() as patched:
        patched.setattr(pool, "warm", id)
        patched.setattr(driver, "work", late)
        patched.setattr(driver, "_PATIENCE_S", 0.1)
        patched.setattr(Path, "touch", refuse)
        folder = open_folder(POINTS[:3], "what_when", tmp_path, "", {})
        with pytest.raises(error):
            sweep(POINTS[:3], folder, Options(jobs=2, batch=1), stop)
    assert not multiprocessing.active_children()
    assert not trace.exists()
    assert run(tmp_path, POINTS[:3])[0] == {Outcome.DONE: 3}


def test_who_waits_for_another_driver_hears_that_the_user_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if sum(waited) > 10.0:
            interrupt()

    with Leases() as others:
        assert all(others.acquire(store.folder_of(one, tmp_path)) for one in SIMULATIONS)
        monkeypatch.setattr(time, "sleep", sleep)
        assert run(tmp_path)[0] == {Outcome.CANCELLED: 12}
    assert max(waited) < 1.0


def test_who_waits_for_another_driver_begins_within_two_seconds_of_its_giving_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s, begun_s = [0.0], []

    def sleep(seconds: float) -> None:
        now_s[0] += seconds
        if now_s[0] > 100.0:
            others.close()

    folder = open_folder(POINTS[:1], "what_when", tmp_path, "", {})
    monkeypatch.setattr(pool, "local", inline)
    monkeypatch.setattr(driver, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: now_s[0]))
    with Leases() as others:
        assert others.acquire(store.folder_of(SIMULATIONS[0], tmp_path))
        sweep(
            POINTS[:1], folder, Options(),
            lambda event: begun_s.append(now_s[0]) if event.kind == "started" else None,
        )  # fmt: skip
    assert 100.0 < begun_s[0] <= 102.0


def test_workers_that_somebody_else_made_outlive_a_sweep_whatever_ends_it(tmp_path: Path) -> None:
    folder = open_folder(POINTS, "what_when", tmp_path, "", {})
    started: list[set[int | None]] = []

    def break_off(event: Event) -> None:
        if event.kind == "ended":
            started.append({child.pid for child in multiprocessing.active_children()})
            raise KeyError(event.point.hash)

    with pool.Workers() as workers:
        for batch in (1, 12):
            with pytest.raises(KeyError):
                sweep(POINTS, folder, Options(batch=batch), break_off, workers)
            assert not list(folder.glob(".*"))
        assert sweep(POINTS, folder, Options(), lambda event: None, workers) == {Outcome.DONE: 12}
        assert {child.pid for child in multiprocessing.active_children()} == started[0] == started[1]
    assert not multiprocessing.active_children()


def test_failures_are_told_and_the_others_go_on_or_not(tmp_path: Path) -> None:
    wild = points(Sweep(grid={"reservoir.gain": [1e5, 0.5]}, seeds=2), BASE)
    counts, events = run(tmp_path / "go", wild, jobs=1, batch=1)
    assert counts == {Outcome.DONE: 2, Outcome.DIVERGED: 2}
    messages = [event.ended.message for event in events if event.ended and event.ended.message]
    assert all("diverged" in message for message in messages)
    assert len(messages) == 2
    for diverged in (1, 2):
        counts, _ = run(tmp_path / "stop", wild, jobs=1, batch=1, fail_fast=True)
        assert counts == {Outcome.DIVERGED: diverged, Outcome.CANCELLED: 4 - diverged}
    counts, events = run(tmp_path / "stop", wild, jobs=1, batch=1, fail_fast=True)
    assert counts == {Outcome.DIVERGED: 2, Outcome.DONE: 2}
    assert [event.stored for event in events if event.kind == "stored"] == [Outcome.DIVERGED] * 2


class Slow(Executor):
    """A worker that stores one run of its batch and the others only when it is told that it may."""

    def __init__(self, may_end: threading.Event) -> None:
        self.may_end = may_end
        self.thread = ThreadPoolExecutor(1)

    def submit(self, work: Callable[..., list[Ended]], task: Task, /) -> Future[list[Ended]]:  # type: ignore[override]
        return self.thread.submit(self.begin, work, task)

    def begin(self, work: Callable[..., list[Ended]], task: Task) -> list[Ended]:
        (first, one), *others = task.simulations.items()
        ended = work(attrs.evolve(task, simulations={first: one}))
        assert self.may_end.wait(60)
        return ended + work(attrs.evolve(task, simulations=dict(others)))


@pytest.mark.parametrize("fail_fast", [False, True])
def test_how_a_run_ended_is_told_while_its_batch_is_under_way(tmp_path: Path, *, fail_fast: bool) -> None:
    wild = points(Sweep(grid={"reservoir.gain": [1e5, 0.5, 1.5]}), BASE)
    may_end, events = threading.Event(), list[Event]()

    def tell(event: Event) -> None:
        events.append(event)
        if event.kind == "ended":
            may_end.set()

    slow = SimpleNamespace(ready=lambda *how: Slow(may_end), check=lambda: None, end=lambda **how: None)
    folder = open_folder(wild, "what_when", tmp_path, "", {})
    counts = sweep(wild, folder, Options(fail_fast=fail_fast), tell, slow)  # type: ignore[arg-type]
    assert kinds(events) == {"started": 3, "ended": 3}
    first = next(event.ended for event in events if event.ended)
    assert (first.outcome, "diverged" in first.message) == (Outcome.DIVERGED, True)
    left = Outcome.CANCELLED if fail_fast else Outcome.DONE
    assert counts == {Outcome.DIVERGED: 1, left: 2}


def test_a_run_that_is_stored_after_a_long_quiet_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, events, looks = threading.Event(), list[Event](), list[tuple[int, int]]()

    def tell(event: Event) -> None:
        events.append(event)
        if event.kind == "ended":
            may_end.set()

    def looked(folder: Path) -> tuple[int, int]:
        looks.append(changed_at(folder))
        return looks[-1]

    class Quiet(Slow):
        def begin(self, work: Callable[..., list[Ended]], task: Task) -> list[Ended]:
            while len(looks) < 3 or len({*looks[-3:]}) > 1:
                time.sleep(0.01)
            return super().begin(work, task)

    monkeypatch.setattr(driver, "changed_at", looked)
    monkeypatch.setattr(driver, "_LOOK_S", 0.0)
    quiet = SimpleNamespace(ready=lambda *how: Quiet(may_end), check=lambda: None, end=lambda **how: None)
    folder = open_folder(POINTS[:2], "what_when", tmp_path, "", {})
    assert sweep(POINTS[:2], folder, Options(), tell, quiet) == {Outcome.DONE: 2}  # type: ignore[arg-type]
    assert kinds(events) == {"started": 2, "ended": 2}


@pytest.mark.parametrize("fail_fast", [False, True])
def test_a_run_that_breaks_its_batch_is_told_while_the_others_are_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, fail_fast: bool
) -> None:
    bad, *others = POINTS[:3]
    together, may_end, events = worker.run_together, threading.Event(), list[Event]()

    def patient(some: list[config.AnySimulation], out: Path, **how: Any) -> Iterator[Ended]:
        if any(one is bad.simulation for one in some):
            raise ValueError("no luck")
        assert any(may_end.wait(0.01) or how["stop"]() for _ in range(6000))
        return together(some, out, **how)

    def tell(event: Event) -> None:
        events.append(event)
        if event.kind == "ended" and not fail_fast:
            may_end.set()

    monkeypatch.setattr(worker, "run_together", patient)
    threads = SimpleNamespace(
        ready=lambda *how: ThreadPoolExecutor(1), check=lambda: None, end=lambda **how: None
    )
    folder = open_folder(POINTS[:3], "what_when", tmp_path, "", {})
    for point in others:
        keep_log(folder, point.hash, "It failed long ago.", "")
    counts = sweep(POINTS[:3], folder, Options(fail_fast=fail_fast), tell, threads)  # type: ignore[arg-type]
    assert counts == {Outcome.FAILED: 1, Outcome.CANCELLED if fail_fast else Outcome.DONE: 2}
    first = next(event for event in events if event.ended)
    assert first.ended is not None
    assert (first.point, first.ended.message) == (bad, "ValueError: no luck")
    assert "Traceback" in first.ended.log
    assert log_of(folder, bad.hash).read_text() == f"ValueError: no luck\n\n{first.ended.log}\n"
    assert kinds(events) == {"started": 3, "ended": 3}


def test_a_disk_without_room_ends_a_sweep_before_it_simulates_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(pool, "local", inline)
    with monkeypatch.context() as full:
        full.setattr(store, "writing", mock.Mock(side_effect=refused))
        folder, events = open_folder(POINTS, "what_when", tmp_path, "", {}), list[Event]()
        with pytest.raises(RunError) as told:
            sweep(POINTS, folder, Options(batch=1), events.append)
    assert str(told.value).startswith("Stopped with 0 of 12 runs stored. The run cannot be stored as ")
    assert re.search(r"No space left on device\. It takes up to 0\.\d MB\. Mend that", str(told.value))
    assert kinds(events) == {"started": 1, "ended": 1}
    counts, _ = run(tmp_path, batch=1)
    assert counts == {Outcome.DONE: 12}


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


def test_a_sweep_has_a_folder_that_names_its_runs(tmp_path: Path) -> None:
    folder = open_folder(POINTS, "what_when", tmp_path, "neurogate sweep what_when", {"numpy": "2"})
    told = json.loads((folder / "sweep.json").read_text())
    assert verify(tmp_path).problems == 0
    (folder / "sweep.json").write_text(
        (folder / "sweep.json").read_text().replace("sweep what_when", "sweep it")
    )
    assert verify(tmp_path).problems == 1
    assert open_folder(POINTS, "what_when", tmp_path, "neurogate sweep what_when", {"numpy": "2"}) == folder
    assert told["axes"] == ["reservoir.gain", "rules.three_factor.eta_when", "run.seed"]
    assert [run["hash"] for run in told["runs"]] == [point.hash for point in POINTS]
    assert [run["folder"] for run in told["runs"]] == [
        store.folder_of(point.simulation, tmp_path).name for point in POINTS
    ]
    assert open_folder(POINTS, "what_when", tmp_path, "another", {}) == folder
    assert open_folder(POINTS[:3], "what_when", tmp_path, "", {}) != folder


@pytest.mark.parametrize(("content", "said"), [('{"format": 2}', "has format 2"), ("", "is damaged")])
def test_a_sweep_is_not_begun_in_a_folder_that_is_newer_or_damaged(
    tmp_path: Path, content: str, said: str
) -> None:
    folder = open_folder(POINTS, "what_when", tmp_path, "", {})
    (folder / "sweep.json").write_text(content)
    with pytest.raises(RequestError, match=said):
        open_folder(POINTS, "what_when", tmp_path, "", {})


class Poisoned(Executor):
    """One process that works at once, and dies of some runs."""

    def __init__(self, *poison: str) -> None:
        self.poison, self.broken = poison, False

    def submit(self, work: Callable[..., object], task: Task) -> Future[object]:  # type: ignore[override]
        future: Future[object] = Future()
        if self.broken:
            raise BrokenProcessPool("It is dead.")
        if set(self.poison) & set(task.simulations):
            self.broken = True
            future.set_exception(BrokenProcessPool("It died."))
        else:
            future.set_result(work(task))
        return future


def test_only_the_run_that_kills_its_workers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = points(Sweep(seeds=6), BASE)
    monkeypatch.setattr(pool, "local", lambda jobs: Poisoned(chosen[2].hash))
    monkeypatch.setattr(Poisoned, "__enter__", lambda self: self)
    counts, events = run(tmp_path, chosen, jobs=1, batch=2, retries=1)
    assert counts == {Outcome.DONE: 5, Outcome.FAILED: 1}
    (failed,) = (event for event in events if event.ended and event.ended.outcome is Outcome.FAILED)
    assert failed.point is chosen[2]
    assert failed.ended.message.startswith("Its worker died 2 times")


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


def test_a_file_that_changes_meanwhile_fails_its_runs_only(tmp_path: Path) -> None:
    file = tmp_path / "bias.npy"
    np.save(file, np.full(32, 6.0))
    base = {**BASE, "reservoir": {**BASE["reservoir"]}}
    base["reservoir"]["cells"] = {**base["reservoir"]["cells"]}
    base["reservoir"]["cells"]["excitatory"] = {
        **base["reservoir"]["cells"]["excitatory"],
        "bias": {"file": str(file)},
    }
    chosen = points(Sweep(seeds=3), base)

    def change(event: Event) -> None:
        if event.kind == "ended":
            np.save(file, np.full(32, 7.0))

    folder = open_folder(chosen, "what_when", tmp_path / "runs", "", {})
    counts = sweep(chosen, folder, Options(jobs=1, batch=1), change)
    assert counts == {Outcome.DONE: 1, Outcome.FAILED: 2}


def test_a_driver_that_stops_leaves_the_other_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DRIVE, str(tmp_path)]
    one, other = (subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2))
    while not list(tmp_path.glob("what_when-[0-9a-f]*/manifest.json")):
        time.sleep(0.02)
    one.send_signal(signal.SIGINT)
    one.communicate(timeout=300)
    said = other.communicate(timeout=300)[0]
    assert "'done'>: 12" in said
