"""The table and the figures of the claims hold what was measured, and are written whole."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neurogate.errors import RunError
from neurogate.runs.over_seeds import Seeds
from tests.experiments.evidence import seeds


@pytest.fixture
def script(claims_script: dict[str, Any]) -> dict[str, Any]:
    return claims_script


@pytest.fixture
def judging(script: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    """Return the script with made-up evidence and no figures."""

    def run(simulation: Any, *_: Any, **__: Any) -> Seeds:
        return seeds(list(simulation.rules), lambda rule, key: 1.0)

    names = script["main"].__globals__
    monkeypatch.setitem(names, "over_seeds", run)
    monkeypatch.setitem(names, "FIGURES", {})
    judge: Callable[[list[str]], None] = script["main"]
    return judge


def test_the_table_and_figures_are_written(
    script: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = script["main"].__globals__
    asked: list[tuple[int, int]] = []

    def run(simulation: Any, count: int, out: Path, **_: Any) -> Seeds:
        asked.append((simulation.run.seed, count))
        return seeds(list(simulation.rules), lambda rule, key: 1.0)

    monkeypatch.setitem(names, "over_seeds", run)
    words = ["--claim", "switches", "--quick", "--first-seed", "301", "--out", str(tmp_path), "--json"]
    script["main"](words)
    out, err = capsys.readouterr()
    folder = tmp_path / "yamada_chao_2025"
    assert json.loads(out) == json.loads((folder / "claims.json").read_text("utf-8"))
    assert (folder / "claims.md").read_text("utf-8").count("\n") == len(json.loads(out)["rows"]) + 2
    assert (folder / "adaptation_everything.png").stat().st_size > 10_000
    assert asked == [(301, 2)] * 2
    assert str(folder) in err


def test_rows_of_claims_that_are_not_asked_for_stay_in_the_table(
    script: dict[str, Any], judging: Callable[[list[str]], None], tmp_path: Path
) -> None:
    table = tmp_path / "yamada_chao_2025" / "claims.json"
    counts = []
    for claim in ("phases", "switches", "phases"):
        judging(["--claim", claim, "--quick", "--out", str(tmp_path)])
        groups = [row["group"] for row in json.loads(table.read_text("utf-8"))["rows"]]
        assert groups == sorted(groups, key=list(script["CLAIMS"]).index)
        counts.append({name: groups.count(name) for name in groups})
    assert counts == [{"phases": 6}, {"switches": 3, "phases": 6}, {"switches": 3, "phases": 6}]
    assert table.with_suffix(".md").read_text("utf-8").count("\n") == 2 + 9


def test_each_row_tells_of_which_networks_it_is(judging: Callable[[list[str]], None], tmp_path: Path) -> None:
    judging(["--claim", "phases", "--quick", "--out", str(tmp_path)])
    judging(["--claim", "switches", "--seeds", "3", "--first-seed", "301", "--out", str(tmp_path)])
    table = tmp_path / "yamada_chao_2025" / "claims.json"
    told = {row["group"]: row["networks"] for row in json.loads(table.read_text("utf-8"))["rows"]}
    assert told == {"phases": "1 to 2, quick", "switches": "301 to 303"}
    assert table.with_suffix(".md").read_text("utf-8").count("| 1 to 2, quick |") == 6


@pytest.mark.parametrize("text", ["", "{", "[]", '{"machine": {}}'])
def test_a_table_that_is_none_is_left_alone(
    judging: Callable[[list[str]], None],
    text: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = tmp_path / "yamada_chao_2025" / "claims.json"
    table.parent.mkdir()
    table.write_text(text, "utf-8")
    with pytest.raises(SystemExit) as ended:
        judging(["--claim", "phases", "--quick", "--out", str(tmp_path)])
    assert ended.value.code == 2
    assert "is not the table that this experiment writes; move it away" in capsys.readouterr().err
    assert table.read_text("utf-8") == text


def test_one_seed_and_a_lost_seed_end_in_a_sentence(
    script: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    def lose(*_: Any, **__: Any) -> Seeds:
        raise RunError("Of 2 seeds of it, 1 diverged.")

    with pytest.raises(SystemExit) as ended:
        script["main"](["--seeds", "1"])
    assert ended.value.code == 2
    monkeypatch.setitem(script["main"].__globals__, "over_seeds", lose)
    with pytest.raises(SystemExit) as ended:
        script["main"](["--seeds", "2", "--out", str(tmp_path)])
    assert ended.value.code == 1
    assert "1 diverged" in capsys.readouterr().err


def test_if_the_process_that_draws_dies_a_sentence_says_what_is_kept(script: dict[str, Any]) -> None:
    with pytest.raises(RunError, match="what is simulated is kept"), script["draughtsman"]() as artist:
        artist.submit(os._exit, 1).result()
