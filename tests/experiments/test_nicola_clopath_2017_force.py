"""The experiment runs the shipped simulations, checks the sine, and writes table, numbers and figure."""

from __future__ import annotations

import json
import math
import runpy
from pathlib import Path
from typing import Any

import pytest

from neurogate.config import shipped
from neurogate.config.loading import load
from neurogate.tasks import waveform_metrics

TINY = [
    "reservoir.n=40", "rule.start_ms=100", "rule.stop_ms=200", "task.duration_ms=400", "run.backend=numba",
]  # fmt: skip


@pytest.fixture(scope="module")
def script(checkout: Path) -> dict[str, Any]:
    return runpy.run_path(str(checkout / "experiments" / "nicola_clopath_2017_force.py"))


@pytest.fixture
def tiny(script: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    made = script["simulation"]

    def small(name: str, seeds: int, changes: Any = (), *, quick: bool = False) -> Any:
        kept = [change for change in changes if not change.startswith("reservoir.n=")]
        return made(name, seeds, [*TINY, *kept], quick=quick)

    monkeypatch.setitem(script["main"].__globals__, "simulation", small)
    monkeypatch.setattr(waveform_metrics, "_POINTS", 1)  # a fine spectrum takes longer than the run
    return script


def test_it_runs_every_shipped_waveform_as_it_is(script: dict[str, Any]) -> None:
    assert set(script["SIMULATIONS"]) == {name for name in shipped.names() if name.startswith("nc_")}
    assert script["simulation"]("nc_sine", 3) == load("nc_sine", ["run.replicas=3"])


def test_it_prints_a_table_and_writes_numbers_and_figure(
    tiny: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny["main"](["--quick", "--seeds", "2", "--out", str(tmp_path / "new")])
    out, err = capsys.readouterr()
    rows = [line for line in out.splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0] for row in rows[1:]] == [f"| {x}" for x in tiny["SIMULATIONS"].values()] + [
        f"| {tiny['BASELINE']}"
    ]
    assert "The sine passes its check in 0 of 2 seeds." in out
    assert err.count("2 networks ...") == len(tiny["SIMULATIONS"]) + len(tiny["ETAS"])
    assert {path.suffix for path in (tmp_path / "new").iterdir()} == {".json", ".md", ".pdf", ".png"}
    stored = json.loads((tmp_path / "new" / f"{tiny['NAME']}.json").read_text())
    assert stored["seeds"] == 2
    assert len(stored["measures"]["sine 5 Hz"]["rmse_free"]) == 2
    assert rows[0] in (tmp_path / "new" / f"{tiny['NAME']}.md").read_text()


def test_the_sweep_covers_every_size_and_interval(
    tiny: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny["main"](["--quick", "--sweep", "--json", "--out", str(tmp_path)])
    found = json.loads(capsys.readouterr().out)["measures"]
    assert len(found) == len(tiny["SIZES"]) * len(tiny["INTERVALS_MS"])
    assert (tmp_path / f"{tiny['NAME']}_sweep.png").stat().st_size > 10_000


def test_a_seed_passes_only_if_it_passes_every_check(script: dict[str, Any]) -> None:
    middle = {key: [(low + high) / 2] * 2 for key, (low, high) in script["CHECKS"].items()}
    assert script["passed"](middle) == [True, True]
    for key, (_, high) in script["CHECKS"].items():
        assert script["passed"](middle | {key: [high, high + 0.01]}) == [True, False]


def test_a_run_that_diverged_is_told_and_never_the_best(
    script: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = script["measures"](None)
    assert script["cell"](lost["rmse_free"]) == "diverged"
    fine = {key: [0.5] for key in lost}
    found = iter([lost, fine, lost])
    monkeypatch.setitem(script["baseline"].__globals__, "simulate", lambda made, label: None)
    monkeypatch.setitem(script["baseline"].__globals__, "measures", lambda result: next(found))
    best = script["baseline"](script["simulation"]("nc_sine", 1))
    assert best["eta"] == [script["ETAS"][1]]
    assert not math.isnan(best["rmse_free"][0])


@pytest.mark.parametrize("seeds", ["0", "-1"])
def test_no_seed_at_all_is_refused(
    script: dict[str, Any], capsys: pytest.CaptureFixture[str], seeds: str
) -> None:
    with pytest.raises(SystemExit):
        script["main"](["--seeds", seeds])
    assert "it must be at least 1" in capsys.readouterr().err
