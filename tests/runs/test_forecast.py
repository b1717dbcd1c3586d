"""What a sweep will take counts everything that it does."""

from __future__ import annotations

from concurrent.futures.process import BrokenProcessPool

import pytest

from neurogate.config import Run, Simulation
from neurogate.errors import RunError
from neurogate.runs import forecast, pool
from tests.reliability.tiny import inline

SOME = [Simulation(name="mine", run=Run(seed=seed)) for seed in (1, 2)]


def test_starting_workers_and_writing_the_report_count_beside_the_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s = [100.0]

    def start(simulation: Simulation) -> None:
        now_s[0] += 4.0

    monkeypatch.setattr(pool, "local", inline)
    monkeypatch.setattr("time.perf_counter", lambda: now_s[0])
    monkeypatch.setattr(pool, "warm", lambda simulation: None)
    monkeypatch.setattr(forecast, "warm", start)
    monkeypatch.setattr(forecast, "seconds_per_run", lambda simulations: 3.0)
    assert forecast.expected_seconds(SOME, runs=8, width=2) == pytest.approx(2 * 4.0 + 8 * 3.0 / 2)


@pytest.mark.parametrize("name", ["warm", "seconds_per_run"])
def test_a_worker_that_dies_meanwhile_is_said(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def dies(_: object) -> None:
        raise BrokenProcessPool("It died.")

    monkeypatch.setattr(pool, "local", inline)
    monkeypatch.setattr(pool, "warm", id)
    monkeypatch.setattr(forecast, "warm", id)
    monkeypatch.setattr(forecast, name, dies)
    with pytest.raises(RunError, match="A worker died while it measured"):
        forecast.expected_seconds(SOME, runs=8, width=2)


def test_memory_that_is_used_up_meanwhile_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def takes_too_much(_: object) -> None:
        raise MemoryError("Unable to allocate 9 GB")

    monkeypatch.setattr(pool, "local", inline)
    monkeypatch.setattr(pool, "warm", id)
    monkeypatch.setattr(forecast, "warm", id)
    monkeypatch.setattr(forecast, "seconds_per_run", takes_too_much)
    with pytest.raises(RunError, match=r"used up while .* \(Unable to allocate 9 GB\)\. Fewer --jobs"):
        forecast.expected_seconds(SOME, runs=8, width=2)
