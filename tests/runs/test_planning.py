"""How many runs go together depends on the memory of those who execute them."""

from __future__ import annotations

import pytest

from neurogate.cli.execution import ExecutionOptions
from neurogate.config import load, unstructure
from neurogate.config.sweep import Sweep, points
from neurogate.errors import RequestError
from neurogate.runs import cluster
from neurogate.runs.planning import Plan, plan
from neurogate.runs.sweep import Options

MANY = points(Sweep(seeds=1000), {"name": "mine"})
EACH_MB = sum(MANY[0].memory_mb.values())
HEAVY = points(Sweep(seeds=20), unstructure(load("yamada_chao_2025")))


@pytest.fixture(autouse=True)
def a_cluster_beside_a_small_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurogate.backends.allotment.free_mb", lambda: 4.0 * EACH_MB)
    monkeypatch.setattr(
        cluster, "cluster", lambda address: cluster.Cluster(threads=320, each_mb=2.5 * EACH_MB)
    )


def planned(options: Options) -> Plan:
    return plan(MANY, options.jobs, options.batch, options.memory_mb)


def test_a_batch_has_the_memory_of_its_worker_and_not_a_share_of_that_of_the_driver() -> None:
    found = planned(ExecutionOptions(scheduler="tcp://host:8786").options())
    assert found.width == 320
    assert {len(batch) for batch in found.batches} == {2}


def test_fewer_jobs_have_no_less_memory_each() -> None:
    found = planned(ExecutionOptions(scheduler="tcp://host:8786", jobs=3).options())
    assert found.width == 3
    assert {len(batch) for batch in found.batches} == {2}


def test_memory_that_is_asked_for_counts() -> None:
    found = planned(ExecutionOptions(scheduler="tcp://host:8786", memory_mb=2.1 * EACH_MB).options())
    assert found.width == 2
    assert {len(batch) for batch in found.batches} == {1}


def test_processes_of_this_machine_share_half_of_what_is_free() -> None:
    found = planned(ExecutionOptions(jobs=8).options())
    assert found.width == 2
    assert {len(batch) for batch in found.batches} == {1}


def test_one_process_launches_all_that_a_gpu_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurogate.backends.allotment.free_mb", lambda: 4000.0 * EACH_MB)
    there = points(Sweep(seeds=1000), {"name": "mine", "run": {"backend": "cuda"}})
    options = ExecutionOptions().options(gpu=True)
    found = plan(there, options.jobs, options.batch, options.memory_mb)
    assert (found.width, [len(batch) for batch in found.batches]) == (1, [200] * 5)
    assert ExecutionOptions(jobs=2).options(gpu=True).jobs == 2


def test_a_rule_that_keeps_much_has_few_runs_in_a_batch_and_every_worker_as_many_batches() -> None:
    assert [len(batch) for batch in plan(HEAVY, 2, 0, 1e6).batches] == [5, 5, 5, 5]


def test_a_batch_is_as_large_as_is_asked_for() -> None:
    assert [len(batch) for batch in plan(HEAVY, 2, 8, 1e6).batches] == [8, 8, 4]


@pytest.mark.parametrize(("runs", "sizes"), [(130, [33, 33, 33, 31]), (128, [64, 64]), (3, [2, 1])])
def test_no_worker_gets_a_batch_more_than_another(runs: int, sizes: list[int]) -> None:
    light = points(Sweep(seeds=runs), {"name": "mine", "reservoir": {"n": 100}})
    assert [len(batch) for batch in plan(light, 2, 0, 1e6).batches] == sizes


def test_memory_that_holds_one_run_and_no_more_lets_it_run_alone_and_less_refuses_it() -> None:
    found = plan(MANY[:3], jobs=2, batch=0, limit_mb=EACH_MB)
    assert (found.width, found.batches) == (1, ((0,), (1,), (2,)))
    with pytest.raises(RequestError, match=r"The run with run\.seed=1 needs"):
        plan(MANY[:3], jobs=2, batch=0, limit_mb=0.999 * EACH_MB)
