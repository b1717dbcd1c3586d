"""The experiment is the shipped simulation built in Python; it prints its table and draws its figure."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.config.build import session
from neurogate.config.loading import load
from neurogate.network.features import Features
from neurogate.tasks.evaluation import Result
from neurogate.tasks.probes import Probes


@pytest.fixture(scope="module")
def script(checkout: Path) -> dict[str, Any]:
    return runpy.run_path(str(checkout / "experiments" / "yamada_chao_2025_overview.py"))


@pytest.mark.parametrize("quick", [False, True], ids=["full", "quick"])
def test_it_is_the_shipped_simulation(script: dict[str, Any], quick: bool) -> None:
    shipped = load("what_when", quick=quick)
    n, trials = (300, (160, 120, 120)) if quick else (1000, (320, 240, 240))
    assert script["make_network"](n) == shipped.reservoir
    assert script["make_task"](trials) == shipped.task
    assert script["RULES"] == dict(shipped.rules)
    assert (Features(), Probes()) == (shipped.features, shipped.probes)
    assert shipped.run.dtype == "float32"


def test_a_seed_gives_the_bits_of_the_shipped_simulation(script: dict[str, Any]) -> None:
    task, network, ticks = script["make_task"]((6, 4, 4)), script["make_network"](20), []
    result = script["simulate"](3, network, task, lambda: ticks.append(1))
    shipped = load("what_when", overrides=["run.seed=3", "reservoir.n=20"])
    same = session(attrs.evolve(shipped, task=task))
    while not same.done:
        same.advance()
    for key, value in same.result().arrays.items():
        np.testing.assert_array_equal(result.arrays[key], value, err_msg=key)
    assert len(ticks) == same.total


def test_it_prints_a_table_reports_progress_and_draws_all_seeds(
    script: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_task, make_network = script["make_task"], script["make_network"]
    asked: list[object] = []

    def tiny_task(trials: tuple[int, int, int]) -> Any:
        asked.append(trials)
        return make_task((8, 8, 8))

    def tiny_network(n: int) -> Any:
        asked.append(n)
        return make_network(60)

    names = script["main"].__globals__
    monkeypatch.setitem(names, "make_task", tiny_task)
    monkeypatch.setitem(names, "make_network", tiny_network)
    script["main"](["--quick", "--seeds", "2", "--out", str(tmp_path / "new" / "folder")])
    out, err = capsys.readouterr()
    *table, last = out.splitlines()
    assert asked == [300, (160, 120, 120)]
    assert table[0].split()[-2:] == ["three_factor", "force"]
    assert all(line.count("±") == 2 for line in table[1:])
    labels = [line[:34].strip() for line in table]
    assert labels.count("block B") == 2
    for label in ("timing error (ms)", "random sums of the traces (deg)", "mean rate (Hz)"):
        assert label in labels
    assert [line.split()[0] for line in err.splitlines()] == [str(10 * i) for i in range(1, 11)]
    written = sorted((tmp_path / "new" / "folder").iterdir())
    assert [path.suffix for path in written] == [".pdf", ".png"]
    assert all(path.stat().st_size > 10_000 for path in written)
    assert str(written[1]) in last


def test_the_table_holds_means_and_intervals_over_seeds(script: dict[str, Any]) -> None:
    def made(timing_ms: float) -> Result:
        metrics = dict.fromkeys(script["LABELS"], 0.5) | {
            "timing_error_ms": timing_ms,
            "blocks": {"A": {"timing_error_ms": 2 * timing_ms}},
        }
        return Result({}, {"three_factor": metrics, "force": metrics})

    lines = list(script["table"]([made(16.0), made(20.0), made(18.0)]))
    assert lines[1].split("  ")[0] == "timing error (ms)"
    assert lines[1].count("18 ± 5") == 2
    assert lines[2].count("36 ± 9.9") == 2
    (single,) = (line for line in script["table"]([made(16.0)]) if "timing" in line)
    assert single.split()[-2:] == ["16", "16"]


def test_seeds_become_the_replicas_of_the_figure(script: dict[str, Any]) -> None:
    shared = {"probe_trial": np.array([10, 20])}
    results = [
        Result({**shared, "mean_rate_hz": np.array([rate]), "force.when": np.full((1, 3), rate)}, {})
        for rate in (5.0, 7.0)
    ]
    pooled = script["pooled"](results)
    assert pooled["mean_rate_hz"].tolist() == [5.0, 7.0]
    assert pooled["force.when"].tolist() == [[5.0] * 3, [7.0] * 3]
    assert pooled["probe_trial"].tolist() == [10, 20]


def test_no_seed_at_all_is_refused(script: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        script["main"](["--seeds", "0"])
    assert ended.value.code == 2
    assert "--seeds is 0; it must be at least 1" in capsys.readouterr().err
