"""What is planted in the activity is read, for as long as it is there; every condition can be simulated."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurogate.runs.over_seeds import Seeds

TIMES_MS = np.arange(0.0, 1700.0, 100.0)
CUE = np.tile(np.arange(4), 6)


@pytest.fixture(scope="module")
def script(checkout: Path) -> dict[str, Any]:
    return runpy.run_path(str(checkout / "experiments" / "yamada_chao_2025_memory.py"))


def activity(rng: np.random.Generator, *, forgotten_ms: float, cue: Any = CUE) -> Any:
    """Return probes (trials, times, neurons) that tell the cue after it began, until it is forgotten."""
    held = (TIMES_MS > 0) & (forgotten_ms > TIMES_MS)
    told = np.eye(4)[cue][:, None] * held[:, None]
    clock = np.exp(-0.5 * ((TIMES_MS[:, None] - TIMES_MS) / 50.0) ** 2)
    signal = np.concatenate([5 * told, np.broadcast_to(5 * clock, (len(cue), *clock.shape))], axis=-1)
    return signal + rng.normal(0.0, 0.5, signal.shape)


def test_the_cue_is_read_while_it_is_held_and_the_nulls_read_neither_cue_nor_time(
    script: dict[str, Any],
) -> None:
    rng = np.random.default_rng(0)
    found = script["read"](activity(rng, forgotten_ms=850.0), CUE, TIMES_MS, rng)
    held = (TIMES_MS > 0) & (TIMES_MS < 850.0)
    assert found["cue"][held].min() > 0.95
    assert found["cue"][~held].mean() < 0.4
    assert found["cue null"].mean() < 0.4
    assert found["time"].max() < 20.0
    assert found["time null"].mean() > 300.0


def test_every_condition_changes_a_simulation_in_which_nothing_is_learned_before_the_probes(
    script: dict[str, Any],
) -> None:
    for panel in script["PANELS"].values():
        for changes in panel.values():
            made = script["simulation"](changes, quick=False)
            assert made.record.variables == ("trace",)
            assert made.task.trials == 4
            assert made.task.timeline.cue_amplitude == 0.0
    assert script["simulation"](script["PANELS"]["regime"][script["WHOLE"]], quick=True).reservoir.n == 300


def test_the_table_the_numbers_and_the_figure_are_written(
    script: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = script["main"].__globals__

    def run(made: Any, count: int, out: Path, **_: Any) -> Seeds:
        cues = [np.random.default_rng(b).permutation(np.tile(np.arange(4), 10)) for b in range(count)]
        before = np.zeros((40, 3, 4 + len(TIMES_MS)))
        traces = [
            activity(np.random.default_rng(b), forgotten_ms=2000.0, cue=cue) for b, cue in enumerate(cues)
        ]
        return Seeds(
            {
                "record.trace": np.stack(
                    [np.concatenate([before, trace, before[:, :2]], axis=1) for trace in traces]
                ),
                "record.cue": np.stack(cues),
                "mean_rate_hz": np.full(count, 8.0),
            },
            [],
        )

    monkeypatch.setitem(names, "over_seeds", run)
    script["main"](["--quick", "--out", str(tmp_path), "--json"])
    out, err = capsys.readouterr()
    folder = tmp_path / script["NAME"]
    stored = json.loads((folder / "memory.json").read_text("utf-8"))
    assert json.loads(out) == stored
    assert stored["noise"]["noise 0.3"]["cue"]["mean"][1:] == [1.0] * 16
    conditions = sum(len(panel) for panel in script["PANELS"].values())
    assert (folder / "memory.md").read_text("utf-8").count("\n") == conditions + 3
    assert (folder / "memory.png").stat().st_size > 10_000
    assert str(folder) in err


def test_the_null_in_every_panel_is_that_of_the_network_as_it_ships(script: dict[str, Any]) -> None:
    def curves(level: float) -> tuple[dict[str, Any], Any]:
        many = {key: np.full((2, len(TIMES_MS) - key.startswith("time")), level) for key in ("cue", "time")}
        return {**many, **{f"{key} null": -values for key, values in many.items()}}, np.full(2, 8.0)

    places = {label: place for panel in script["PANELS"].values() for place, label in enumerate(panel, 1)}
    places[script["WHOLE"]] = 50
    found = {name: {one: curves(places[one]) for one in panel} for name, panel in script["PANELS"].items()}
    axes = script["draw"](found).axes
    nulls = [[line for line in one.lines if line.is_dashed()] for one in axes]
    assert [{*line.get_ydata()} for (line,) in nulls] == [{-50.0}] * 6
    assert all(script["WHOLE"] in line.get_label() for (line,) in nulls)


def test_one_seed_ends_in_a_sentence(script: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        script["main"](["--seeds", "1"])
    assert ended.value.code == 2
    assert "at least 2" in capsys.readouterr().err
