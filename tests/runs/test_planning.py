"""How many runs go together depends on the memory of those who execute them."""

from __future__ import annotations

import pytest

from neurogate.cli.execution import ExecutionOptions
from neurogate.config import Run, Simulation, load
from neurogate.config.memory import memory_mb
from neurogate.network.specification import ReservoirSpec
from neurogate.runs import cluster
from neurogate.runs.planning import Plan, plan
from neurogate.runs.sweep import Options

MANY = [Simulation(name="mine", run=Run(seed=seed)) for seed in range(1000)]
EACH_MB = sum(memory_mb(MANY[0]).values())


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
    there = [Simulation(name="mine", run=Run(seed=seed, backend="cuda")) for seed in range(1000)]
    options = ExecutionOptions().options(gpu=True)
    found = plan(there, options.jobs, options.batch, options.memory_mb)
    assert (found.width, [len(batch) for batch in found.batches]) == (1, [200] * 5)
    assert ExecutionOptions(jobs=2).options(gpu=True).jobs == 2


def test_a_rule_that_keeps_much_has_few_runs_in_a_batch_and_every_worker_as_many_batches() -> None:
    heavy = [load("yamada_chao_2025", overrides=[f"run.seed={seed}"]) for seed in range(1, 21)]
    found = plan(heavy, 2, 0, 1e6)
    assert [len(batch) for batch in found.batches] == [5, 5, 5, 5]


def test_a_batch_is_as_large_as_is_asked_for() -> None:
    heavy = [load("yamada_chao_2025", overrides=[f"run.seed={seed}"]) for seed in range(1, 21)]
    assert [len(batch) for batch in plan(heavy, 2, 8, 1e6).batches] == [8, 8, 4]


@pytest.mark.parametrize(("runs", "sizes"), [(130, [33, 33, 33, 31]), (128, [64, 64]), (3, [2, 1])])
def test_no_worker_gets_a_batch_more_than_another(runs: int, sizes: list[int]) -> None:
    spec = ReservoirSpec(n=100)
    light = [Simulation(name="mine", reservoir=spec, run=Run(seed=seed)) for seed in range(runs)]
    assert [len(batch) for batch in plan(light, 2, 0, 1e6).batches] == sizes
