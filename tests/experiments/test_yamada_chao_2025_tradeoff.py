"""The curves hold every setting; the one that is chosen is judged on seeds that did not choose it."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurogate.config import Simulation, load
from neurogate.runs.over_seeds import Seeds
from neurogate.tasks.truth import true_probability


@pytest.fixture
def script(checkout: Path) -> dict[str, Any]:
    return runpy.run_path(str(checkout / "experiments" / "yamada_chao_2025_tradeoff.py"))


def made_up(simulation: Simulation, seeds: int, out: Path, **_: Any) -> Seeds:
    """Return what rules come to that are right at once."""
    task = simulation.task
    trial = np.arange(10, task.trials + 1, 10)
    arrays = {
        "probe_trial": trial,
        "block_start": np.array(task.starts),
        "probe_probability": true_probability(task, trial),
    }
    for rule in simulation.rules:
        for key in ("timing_error_ms", "probability_error"):
            arrays[f"{rule}.{key}"] = np.zeros((seeds, len(trial), task.cues))
    ended = {"probability_mae": 0.04, "timing_error_ms": 9.0, "product_r": 0.98}
    return Seeds(arrays, [dict.fromkeys(simulation.rules, ended)] * seeds)


def test_a_rule_that_two_families_share_learns_once(script: dict[str, Any]) -> None:
    families = {**script["WHAT"], **script["WHEN"]}
    rules, names = script["every_rule"](families)
    assert len(set(rules.values())) == len(rules)
    for title, settings in families.items():
        for setting, rule in settings.items():
            assert rules[names[title][setting]] == rule


def test_every_family_holds_the_setting_that_ships(script: dict[str, Any]) -> None:
    shipped = set(load("yamada_chao_2025").rules.values())
    for title, settings in {**script["WHAT"], **script["WHEN"]}.items():
        assert list(settings.values())[script["SHIPPING"][title]] in shipped, title


def test_the_best_calibrated_of_the_fast_is_chosen_and_none_if_none_is_fast(script: dict[str, Any]) -> None:
    def cost(error: float, trials: float) -> Any:
        return script["Cost"](*(np.full(2, value) for value in (error, error, trials)))

    slow, fast, best = cost(0.01, 200.0), cost(0.06, 90.0), cost(0.05, 100.0)
    costs = {("a", "slow"): slow, ("a", "fast"): fast, ("b", "fast"): best}
    assert script["chosen"](costs, (0.05, 100.0)) == ("b", "fast")
    assert script["chosen"]({("a", "slow"): slow}, (0.05, 100.0)) is None


def test_every_setting_and_observer_is_in_the_table_and_the_figure_is_written(
    script: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(script["main"].__globals__, "over_seeds", made_up)
    monkeypatch.setitem(script["main"].__globals__, "HAZARDS", (0.01,))
    monkeypatch.setitem(script["main"].__globals__, "OBSERVED_SEEDS", 2)
    script["main"](["--quick", "--out", str(tmp_path), "--json"])
    out, _ = capsys.readouterr()
    folder = tmp_path / "yamada_chao_2025_tradeoff"
    written = json.loads((folder / "tradeoff.json").read_text("utf-8"))
    assert json.loads(out) == written
    odds, times = written["curves"]["probability"], written["curves"]["timing"]
    objects = written["curves"]["product"]
    for drawn in (times, objects):
        assert {title: [*of] for title, of in drawn.items()} == {t: [*of] for t, of in script["WHEN"].items()}
    assert all([*odds[title]] == [*of] for title, of in script["WHAT"].items())
    assert objects["surprise replay, omission"]["omission 0.1"]["error"] == [0.02, 0.0]
    when = next(iter(script["WHEN"]))
    for of in (odds[next(iter(script["WHAT"]))], times[when], objects[when]):
        assert all(one["both"] and one["trials"] == [10.0, 0.0] for one in of.values())
    told, bayes = odds["counts, told of the switch"]["told"], odds["Bayes, hazard"]["hazard 0.01"]
    assert 0 < told["error"][0] < odds["counts, memory"]["4 trials"]["error"][0]
    assert bayes["trials"][0] < odds["counts, memory"]["inf trials"]["trials"][0]
    assert written["chosen"]["other seeds"] == [203, 204]
    tried = [of for title, of in script["WHAT"].items() if "surprise" in title and "omission" not in title]
    distinct = {rule for of in (*tried, script["SEARCHED"]) for rule in of.values()}
    assert written["chosen"]["of"] == len(distinct) < sum(map(len, [*tried, script["SEARCHED"]]))
    assert written["chosen"]["on other seeds"]["chosen"]["error"] == [0.04, 0.0]
    assert (folder / "tradeoff.png").stat().st_size > 10_000


def test_one_seed_has_no_interval_and_is_refused(
    script: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        script["main"](["--seeds", "1"])
    assert ended.value.code == 2
    assert "an interval needs at least 2" in capsys.readouterr().err
