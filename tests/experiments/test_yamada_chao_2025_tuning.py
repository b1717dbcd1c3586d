"""The search is the same for every learner, and what it calls best is what its own table says."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from neurogate.config.loading import load
from neurogate.errors import RunDiverged
from neurogate.tasks.evaluation import Result

TINY = [
    "reservoir.n=20", "task.habituation=2", "task.settling=0", "probes.per_cue=1",
    *(f"task.blocks.{k}.trials=4" for k in range(3)),
]  # fmt: skip


@pytest.fixture(scope="module")
def script(checkout: Path) -> dict[str, Any]:
    return runpy.run_path(str(checkout / "experiments" / "yamada_chao_2025_tuning.py"))


@pytest.fixture
def tiny(script: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let simulations be tiny; return what is loaded."""
    asked: list[str] = []

    def shrunk(name: str, overrides: list[str], quick: bool) -> Any:
        asked.extend([name, *overrides])
        kept = [change for change in overrides if not change.startswith("reservoir.n=")]
        return load(name, overrides=[*kept, *TINY])

    monkeypatch.setitem(script["main"].__globals__, "load", shrunk)
    return asked


def test_every_setting_is_one_that_its_learner_can_have(script: dict[str, Any]) -> None:
    rules = load("yamada_chao_2025").rules
    for name in script["SPACES"]:
        assert script["changed"](rules[name], script["setting"](name, 0), 1000) == rules[name]
        settings = [script["setting"](name, number) for number in range(1, 9)]
        made = [script["changed"](rules[name], changes, 1000) for changes in settings]
        assert len(set(map(str, made))) == 8


@pytest.mark.parametrize("number", [0, 1, 2, 4])  # the third is what ships of the leaky bank
def test_every_setting_is_one_that_its_reservoir_can_have(script: dict[str, Any], number: int) -> None:
    for name in script["RESERVOIRS"]:
        changes = script["setting"](name, number)
        made = load(name, overrides=script["overrides"](changes))
        assert (made.reservoir == load(name).reservoir) == (number == 0)
        if number:
            tau_ms = made.reservoir.tau_ms
            assert (tau_ms.low, tau_ms.high) == (changes["shortest_ms"], changes["longest_ms"])


def test_every_rival_and_ours_is_searched(script: dict[str, Any], claims_script: dict[str, Any]) -> None:
    ablated = {"no_gate"}
    assert set(script["SPACES"]) == {claims_script["OURS"], *claims_script["RIVALS"]} - ablated
    spikeless = [*claims_script["SPIKELESS"].values(), claims_script["ADAPTING"]]
    assert set(script["RESERVOIRS"]) == {study.simulation for study in spikeless}


def test_the_score_is_one_at_the_targets_and_halving_any_measure_counts_the_same(
    script: dict[str, Any],
) -> None:
    targets = script["TARGETS"]
    assert script["Judged"](0, {}, [targets]).score == pytest.approx(1)
    for key in targets:
        halved = script["Judged"](0, {}, [targets | {key: targets[key] / 2}])
        assert halved.score == pytest.approx(0.5**0.25)


def test_what_is_called_best_is_the_best_of_equally_many_and_never_worse_than_what_is_shipped(
    script: dict[str, Any], tiny: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--quick", "--settings", "3", "--seeds", "2", "--finalists", "1", "--jobs", "1"]
    given += ["--out", str(tmp_path / "new")]
    script["main"]([*given, "--json"])
    printed = capsys.readouterr().out
    stored = json.loads((tmp_path / "new" / "yamada_chao_2025_tuning.json").read_text("utf-8"))
    assert json.loads(printed) == stored
    assert {f"run.seed={seed}" for seed in (101, 102)} == {key for key in tiny if "seed" in key}
    rows = stored["rows"]
    assert [row["learner"] for row in rows] == [*script["SPACES"], *script["RESERVOIRS"]]
    for row in rows:
        finals = [judged["score"] for judged in row["finals"]]
        assert (len(row["tried"]), len(finals)) == (3, 2)
        assert row["chosen"]["score"] == min(finals) <= row["shipped"]
    script["main"](given)
    assert capsys.readouterr().out.count("\n") == len(rows) + 2


def test_only_the_learners_that_are_asked_for_are_searched(
    script: dict[str, Any], tiny: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--quick", "--jobs", "1", "--out", str(tmp_path), "--json", "--learner"]
    for learners, simulated in (
        (["what_when_leaky"], {"what_when_leaky", "yamada_chao_2025"}),
        (["delta", "force"], {"yamada_chao_2025"}),
    ):
        tiny.clear()
        script["main"]([*given, *learners])
        assert [row["learner"] for row in json.loads(capsys.readouterr().out)["rows"]] == learners
        assert simulated == {key for key in tiny if "=" not in key}


class Broken:
    """A session in which something diverges once."""

    def __init__(self, rule: str) -> None:
        self.rule, self.given_up, self.done = rule, list[tuple[str, int]](), False

    def advance(self) -> None:
        if not self.given_up:
            raise RunDiverged("a weight", float("inf"), replica=0, step=1, neuron=0, rule=self.rule)
        self.done = True

    def give_up(self, rule: str, replica: int) -> None:
        self.given_up.append((rule, replica))

    def result(self) -> Result:
        return Result({}, {})


def test_weights_that_diverge_are_given_up_and_a_network_that_does_ends_it(
    script: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, network = Broken("e_prop_03"), Broken("")
    for session in (weights, network):
        monkeypatch.setitem(script["lived"].__globals__, "session", lambda _, session=session: session)
        if session is network:
            with pytest.raises(RunDiverged):
                script["lived"](load("yamada_chao_2025"))
        else:
            assert script["lived"](load("yamada_chao_2025")) == {}
    assert weights.given_up == [("e_prop_03", 0)]


@pytest.mark.parametrize("option", ["--settings", "--seeds", "--neurons", "--finalists", "--jobs"])
def test_nothing_to_do_is_refused(
    script: dict[str, Any], option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        script["main"]([option, "0"])
    assert ended.value.code == 2
    assert f"{option} is 0; it must be at least 1" in capsys.readouterr().err
