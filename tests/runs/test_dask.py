"""A sweep on the workers of a Dask cluster: real processes, one of which is killed in the middle."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from neurogate.errors import Outcome, RequestError
from neurogate.runs import pool
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


def test_a_scheduler_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_CONNECT_S", 1)
    said = r"No Dask scheduler answers at tcp://127\.0\.0\.1:9 within 1 s"
    with pytest.raises(RequestError, match=said), pool.connect("tcp://127.0.0.1:9"):
        pass


def test_the_threads_of_a_cluster_are_counted_and_the_memory_of_each_is_known(cluster: object) -> None:
    found = pool.cluster(cluster.scheduler_address)
    assert found.threads == 2
    (first, second) = (worker["memory_limit"] for worker in cluster.scheduler_info["workers"].values())
    assert found.each_mb == pytest.approx(min(first, second) / 2e6)
