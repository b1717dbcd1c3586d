"""What fails in a sweep is told at once, and the other runs go on or not."""

from __future__ import annotations

import errno
import os
import re
import threading
import time
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
from neurogate.config.sweep import Sweep, points
from neurogate.errors import Outcome, RunError
from neurogate.runs import pool, store, worker
from neurogate.runs import sweep as driver
from neurogate.runs.sweep import Event, Options, sweep
from neurogate.runs.sweep_folder import changed_at, keep_log, log_of, open_folder
from neurogate.runs.together import Ended
from neurogate.runs.worker import Task
from tests.reliability.tiny import inline
from tests.runs.sweeping import BASE, POINTS, kinds, run

pytestmark = pytest.mark.usefixtures("undrawn")


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
