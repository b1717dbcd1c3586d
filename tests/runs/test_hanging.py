"""A sweep whose workers hang: who overran the time is killed and given up, and the user hears how to stop."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from neurogate.errors import Outcome
from neurogate.runs import sweep as driver
from neurogate.runs.batch import Batch, why_given_up
from neurogate.runs.sweep import Event, Options, sweep
from neurogate.runs.sweep_folder import open_folder
from neurogate.runs.together import Ended
from neurogate.runs.worker import Task, work
from tests.runs.fakes import listening
from tests.runs.sweeping import POINTS, interrupt, kinds, run

pytestmark = pytest.mark.usefixtures("undrawn")


def stopped(task: Task) -> list[Ended]:
    """Hang as a process does that the system has stopped, if the batch holds a certain run."""
    if os.environ["HANGS"] in task.simulations:
        Path(os.environ["TRACE"]).touch()
        os.kill(os.getpid(), signal.SIGSTOP)
    return work(task)


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the first run hang, which leaves a trace of it."""
    monkeypatch.setenv("TRACE", str(tmp_path / "trace"))
    monkeypatch.setenv("HANGS", POINTS[0].hash)
    monkeypatch.setattr(driver, "work", stopped)
    return tmp_path / "trace"


@pytest.mark.parametrize("jobs", [1, 2])
def test_only_the_runs_of_the_worker_that_hangs_are_given_up(
    jobs: int, tmp_path: Path, trace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overrun(batch: Batch, timeout_s: float) -> bool:
        return trace.exists() and POINTS[0].hash in {point.hash for point in batch.points}

    monkeypatch.setattr(Batch, "hangs", overrun)
    counts, events = run(tmp_path / "runs", jobs=jobs, batch=2, timeout_s=60.0, retries=0)
    assert counts == {Outcome.TIMED_OUT: 2, Outcome.DONE: 10}
    late = [event for event in events if event.ended and event.ended.outcome is Outcome.TIMED_OUT]
    assert POINTS[0].hash in {event.point.hash for event in late}
    assert {event.ended.message for event in late if event.ended} == {
        "Its worker hung far beyond 60 s and was killed; repeat it to try again."
    }
    assert kinds(events)["again"] in ((0,) if jobs == 1 else (0, 2))
    assert not multiprocessing.active_children()
    monkeypatch.undo()
    assert run(tmp_path / "runs")[0] == {Outcome.DONE: 12}


@pytest.mark.parametrize(
    ("since_s", "timeout_s", "hangs"), [(85.0, 5.0, False), (91.0, 5.0, True), (1e9, float("inf"), False)]
)
def test_a_batch_hangs_when_it_is_far_beyond_the_time_of_all_its_runs(
    since_s: float, timeout_s: float, *, hangs: bool
) -> None:
    three = Batch([*POINTS[:3]], begun_s=time.monotonic() - since_s)
    assert three.hangs(timeout_s) == hangs


def test_a_worker_that_does_not_end_when_it_should_is_told_and_a_second_request_ends_it(
    tmp_path: Path, trace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(event: Event) -> None:
        if event.kind == "started" and event.point is POINTS[0]:
            interrupt()

    def hurry(message: str) -> None:
        if "a second Ctrl-C" in message:
            time.sleep(0.5)  # it is told once, however long the second one takes
            interrupt()

    monkeypatch.setattr(driver, "_SLOW_S", 0.3)
    folder = open_folder(POINTS[:1], "what_when", tmp_path, "", {})
    with pytest.raises(KeyboardInterrupt), listening(hurry) as said:
        sweep(POINTS[:1], folder, Options(jobs=1), stop)
    assert [line.split(";")[0] for line in said] == [
        "The trials under way are ended and kept",
        "Workers are still busy after 0 s",
    ]
    assert not multiprocessing.active_children()


def test_what_is_not_the_death_of_a_worker_is_named() -> None:
    told = why_given_up(3, ValueError("no luck"))
    assert told == "Its worker failed 3 times, at last with ValueError: no luck"
