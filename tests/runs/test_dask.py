"""A sweep on the workers of a Dask cluster: real processes, one of which is killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from neurogate.errors import Outcome, RequestError, RunError
from neurogate.runs import cluster as module
from neurogate.runs import pool
from neurogate.runs.execute import execute
from neurogate.runs.sweep import Event, Options, sweep
from neurogate.runs.sweep_folder import open_folder
from tests.runs.fakes import listening
from tests.runs.sweeping import POINTS, SIMULATIONS
from tests.runs.test_together import assert_same_runs

distributed = pytest.importorskip("distributed", reason="Dask is not installed (the extra neurogate[dask]).")
pytestmark = [
    pytest.mark.usefixtures("undrawn"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[object]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        yield cluster


def test_a_worker_that_is_killed_costs_nothing(cluster: object, tmp_path: Path) -> None:
    killed: list[int] = []

    def kill_one(event: Event) -> None:
        if event.kind == "ended" and not killed:
            killed.append(next(iter(cluster.workers.values())).process.process.pid)
            os.kill(killed[0], signal.SIGKILL)

    folder = open_folder(POINTS, "what_when", tmp_path / "cluster", "", {})
    options = Options(jobs=2, batch=2, scheduler=cluster.scheduler_address, checkpoint_every_s=0.0)
    counts = sweep(POINTS, folder, options, kill_one)
    assert killed
    assert counts == {Outcome.DONE: 12}
    for one in SIMULATIONS[::4]:
        execute(one, tmp_path / "alone")
    assert_same_runs(tmp_path / "cluster", tmp_path / "alone", SIMULATIONS[::4])


CLUSTER = """
import sys
from distributed import LocalCluster

one = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "protocol": "tcp", "silence_logs": 50}
with LocalCluster(**one, dashboard_address=None) as cluster:
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()
"""


def test_a_scheduler_that_is_killed_ends_the_sweep_with_a_sentence_and_what_is_finished_is_kept(
    tmp_path: Path,
) -> None:
    def kill(event: Event) -> None:
        if event.kind == "ended":
            scheduler.kill()

    folder = open_folder(POINTS, "what_when", tmp_path, "", {})
    command = [sys.executable, "-W", "ignore", "-c", CLUSTER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as scheduler:
        address = scheduler.stdout.readline().strip()
        with pytest.raises(RunError, match=rf"The scheduler at {address} is gone\. What is finished is kept"):
            sweep(POINTS, folder, Options(jobs=2, batch=2, scheduler=address), kill)
    assert len(list(tmp_path.glob("what_when-[0-9a-f]*/manifest.json"))) >= 2
    assert len(list(folder.glob(".stop.*.tmp"))) == 1  # a worker that lives longer hears of it
    assert list(tmp_path.glob(".*.lease")) == []


WORKER = """
import asyncio
import sys

from distributed import Worker

if sys.argv[2] == "bare":
    sys.modules["neurogate"] = None


async def work():
    async with Worker(sys.argv[1], nthreads=1, dashboard=False) as worker:
        await worker.finished()


if sys.argv[2] == "other":
    from neurogate.runs import versions
    versions.loaded = lambda: versions.versions() | {"numba": "0.1"}
asyncio.run(work())
"""
Begin = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def empty() -> Iterator[object]:
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=50) as cluster:
        yield cluster


@pytest.fixture
def begin(empty: object) -> Iterator[Begin]:
    """Let workers that nobody replaces join a cluster."""
    begun: list[subprocess.Popen[bytes]] = []

    def one(kind: str = "") -> subprocess.Popen[bytes]:
        command = [sys.executable, "-W", "ignore", "-c", WORKER, empty.scheduler_address, kind]
        begun.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        until = time.monotonic() + 60.0
        while len(empty.scheduler.workers) < sum(process.poll() is None for process in begun):
            assert time.monotonic() < until
            time.sleep(0.05)
        return begun[-1]

    yield one
    for process in begun:
        process.kill()
        process.wait()


@pytest.mark.parametrize("stops", [True, False])
def test_a_cluster_whose_workers_are_all_gone_is_told_once_and_waited_for_until_the_user_stops(
    empty: object, begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, stops: bool
) -> None:
    monkeypatch.setattr(module, "_LOOK_S", 0.1)
    workers, said = [begin(), begin()], list[str]()

    def kill_all(event: Event) -> None:
        if event.kind == "ended" and not said:
            for worker in workers:
                worker.kill()
                worker.wait()

    def react(message: str) -> None:
        said.append(message)
        if "no workers left" not in message:
            return
        if stops:
            os.kill(os.getpid(), signal.SIGINT)
        else:
            threading.Timer(1.0, begin).start()  # meanwhile it could be told twice

    folder = open_folder(POINTS, "what_when", tmp_path, "", {})
    address = empty.scheduler_address
    with listening(react):
        counts = sweep(POINTS, folder, Options(jobs=2, batch=1, scheduler=address), kill_all)
    left = f"The cluster at {address} has no workers left; waiting for new ones, Ctrl-C stops."
    assert said == [left, *([] if stops else [f"The cluster at {address} has workers again."])]
    assert (counts[Outcome.CANCELLED] > 0) == stops
    assert sum(counts.values()) == 12
    assert not list(tmp_path.glob(".*.lease"))
    assert not list(folder.glob(".stop.*"))


def test_a_worker_that_cannot_load_neurogate_is_told_before_anything_is_sent(
    empty: object, begin: Begin, tmp_path: Path
) -> None:
    begin("bare")
    folder = open_folder(POINTS, "what_when", tmp_path, "", {})
    said = r"The worker at tcp://\S+ cannot load neurogate \(.*neurogate.*\); install it there\."
    with pytest.raises(RequestError, match=said):
        sweep(POINTS, folder, Options(jobs=2, scheduler=empty.scheduler_address), lambda event: None)
    assert empty.scheduler.workers  # it lives, so it was sent nothing that it cannot load


def test_workers_with_other_software_are_told_once(
    empty: object, begin: Begin, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begin()
    begin("other")
    with pool.Workers(empty.scheduler_address) as workers:
        for width in (1, 2):
            workers.ready(SIMULATIONS[0], width)
    (said,) = (line for line in caplog.messages if "other software" in line)
    assert said.startswith("1 of 2 workers have other software than this process (tcp://")
    assert "numba is 0.1 there and" in said


def test_a_scheduler_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CONNECT_S", 1)
    said = r"No Dask scheduler answers at tcp://127\.0\.0\.1:9 within 1 s"
    with pytest.raises(RequestError, match=said), module.connect("tcp://127.0.0.1:9"):
        pass


def test_the_threads_of_a_cluster_are_counted_and_the_memory_of_each_is_known(cluster: object) -> None:
    found = module.cluster(cluster.scheduler_address)
    assert found.threads == 2
    (first, second) = (worker["memory_limit"] for worker in cluster.scheduler_info["workers"].values())
    assert found.each_mb == pytest.approx(min(first, second) / 2e6)
