"""Who stops a sweep, or waits for another, and what becomes of the workers."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from neurogate.errors import Outcome, RunError
from neurogate.runs import pool, store
from neurogate.runs import sweep as driver
from neurogate.runs.lease import Leases
from neurogate.runs.sweep import Event, Options, sweep
from neurogate.runs.sweep_folder import open_folder
from tests.reliability.tiny import inline
from tests.runs.sweeping import DRIVE, POINTS, SIMULATIONS, interrupt, run

pytestmark = pytest.mark.usefixtures("undrawn")


def late(_: object) -> None:
    """Be at work for long, whatever the driver wants, and leave a trace at the end."""
    time.sleep(20.0)
    Path(os.environ["TRACE"]).touch()


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRACE", str(tmp_path / "trace"))
    return tmp_path / "trace"


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


def test_a_driver_that_stops_leaves_the_other_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DRIVE, str(tmp_path)]
    one, other = (subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2))
    while not list(tmp_path.glob("what_when-[0-9a-f]*/manifest.json")):
        time.sleep(0.02)
    one.send_signal(signal.SIGINT)
    one.communicate(timeout=300)
    said = other.communicate(timeout=300)[0]
    assert "'done'>: 12" in said
