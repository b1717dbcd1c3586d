"""A sweep on the workers of a Dask cluster: real processes, one of which is killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from neurogate.errors import Outcome, RequestError, RunError
from neurogate.runs import cluster as module
from neurogate.runs.execute import execute
from neurogate.runs.sweep import Event, Options, sweep
from neurogate.runs.sweep_folder import open_folder
from tests.runs.test_sweep import POINTS, SIMULATIONS
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
