"""The map holds every point with its interval, and says where runs diverged."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from neurogate.config import Simulation, load, unstructure
from neurogate.config.sweep import Sweep, points
from neurogate.runs.collection import Collection

MEASURES = ("timing_error_ms", "probability_mae", "probability_r", "product_r")
BLOCKS = {
    "A": {"trials_to_timing": 10.0, "trials_to_probability": 80.0},
    "B": {"trials_to_timing": 20.0, "trials_to_probability": 10.0},
    "C": {"trials_to_timing": 10.0, "trials_to_probability": None},
}


@pytest.fixture
def script(checkout: Path) -> dict[str, Any]:
    return runpy.run_path(str(checkout / "experiments" / "yamada_chao_2025_robustness.py"))


def made_up(simulation: Simulation, varied: Sweep, out: Path, **_: Any) -> Collection:
    """Return a row for each run and rule: the first run diverged, later ones have ever greater errors.

    The oracle has half of each rule's.
    """
    rows: list[dict[str, Any]] = []
    for i, point in enumerate(points(varied, unstructure(simulation))):
        about = {**point.changes, "folder": f"run-{i}", "hash": str(i), "mean_rate_hz": 5.0 + i}
        if i == 0:
            rows.append({**about, "rule": None, "outcome": "diverged"})
            continue
        for rule in simulation.rules:
            error = i / 2 if rule == "force_reset" else float(i)
            rows.append({**about, "outcome": "done", **dict.fromkeys(MEASURES, error), "rule": rule})
    return Collection(out, (), tuple(rows))


def test_the_shipped_settings_are_those_of_the_simulation_and_are_in_every_sweep(
    script: dict[str, Any],
) -> None:
    reservoir = load("yamada_chao_2025").reservoir
    shipped, biases = script["SHIPPED"], script["BIASES"]
    assert shipped[script["GAIN"]] == reservoir.gain
    assert shipped[script["N"]] == reservoir.n
    assert shipped[script["NOISE"]] == reservoir.inputs.noise_sd.value
    assert {reservoir.cells.excitatory.bias.mean, reservoir.cells.inhibitory.bias.mean} == {shipped["bias"]}
    mapped, rates, sizes = script["sweeps"](2, False).values()
    for key in (script["GAIN"], script["NOISE"]):
        assert shipped[key] in mapped.grid[key]
    assert all({"normal": [shipped["bias"], 1.0]} in rates.zip[key] for key in biases)
    assert shipped[script["N"]] in sizes.grid[script["N"]]


def test_every_point_is_in_the_table_and_the_figure_is_written(
    script: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = script["main"].__globals__
    run = SimpleNamespace(metrics={rule: {"blocks": BLOCKS} for rule in script["CURVED"]})
    monkeypatch.setitem(names, "over_points", made_up)
    monkeypatch.setitem(names, "store", SimpleNamespace(load=lambda path: run))
    script["main"](["--quick", "--out", str(tmp_path), "--json"])
    out, err = capsys.readouterr()
    folder = tmp_path / "yamada_chao_2025_robustness"
    written = json.loads((folder / "robustness.json").read_text("utf-8"))
    assert json.loads(out) == written
    assert (written["seeds"], written["neurons"]) == ([225, 226], 300)
    found = written["points"]
    assert {title: len(of) for title, of in found.items()} == {
        "gain and noise": 4, "firing rate": 2, "size": 2,
    }  # fmt: skip
    assert [point["diverged"] for point in found["size"]] == [1, 0]
    ours = found["size"][1]["rules"][script["OURS"]]
    assert ours["timing_error_ms"] == [2.5, pytest.approx(6.353, abs=1e-3)]  # the mean of 2 and 3
    assert ours["retiming_trials"] == [20.0, 0.0]
    assert ours["relearning_trials"] == [120.0, 0.0]  # never, so the length of the block
    beyond = found["size"][1]["beyond the oracle"]
    assert set(beyond) == {script["OURS"], "three_factor"}
    assert not any(point["beyond the oracle"] for point in found["gain and noise"])
    assert beyond[script["OURS"]]["timing_error_ms"] == [1.25, pytest.approx(3.177, abs=1e-3)]  # of 1 and 1.5
    assert (folder / "robustness.png").stat().st_size > 10_000
    assert str(folder) in err


def test_one_seed_has_no_interval_and_is_refused(
    script: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        script["main"](["--seeds", "1"])
    assert ended.value.code == 2
    assert "an interval needs at least 2" in capsys.readouterr().err
