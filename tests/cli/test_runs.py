from __future__ import annotations

import csv
import io
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from neurogate.cli import main
from tests.runs.made import make

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def out(tmp_path: Path) -> str:
    for seed, gain in ((1, 1.5), (2, 0.5), (3, 1.0)):
        make(tmp_path, seed=seed, gain=gain)
    make(tmp_path, seed=4, gain=0.25, outcome="diverged", metrics={})
    return str(tmp_path)


def listed(capsys: Captured, *arguments: str) -> list[dict[str, str]]:
    assert main(["runs", "--csv", *arguments]) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def test_a_line_for_each_run_and_rule_with_what_differs(out: str, capsys: Captured) -> None:
    assert main(["runs", "--out", out]) == 0
    shown, said = capsys.readouterr()
    heading, *lines = shown.splitlines()
    about = ["folder", "outcome", "rule", "run.seed", "reservoir.gain", "timing_error_ms", "date"]
    assert heading.split() == about
    assert len(lines) == 7
    assert [line.split()[1:-1] for line in lines if "diverged" in line] == [
        ["diverged", "-", "4", "0.25", "-"]
    ]
    assert said == "4 runs. 2 more columns are in --csv and --json.\n"


def test_conditions_choose_and_may_be_repeated(out: str, capsys: Captured) -> None:
    rows = listed(capsys, "--out", out, "--where", "reservoir.gain >= 1", "--where", "rule==force")
    assert sorted(row["run.seed"] for row in rows) == ["1", "3"]
    assert {row["rule"] for row in rows} == {"force"}


def test_rows_are_sorted_and_those_without_a_value_come_last(out: str, capsys: Captured) -> None:
    rows = listed(capsys, "--out", out, "--sort", "timing_error_ms")
    assert [row["timing_error_ms"] for row in rows] == ["10.0", "20.0", "20.0", "30.0", "40.0", "60.0", ""]
    rows = listed(capsys, "--out", out, "--sort", "-timing_error_ms")
    assert [row["timing_error_ms"] for row in rows] == ["60.0", "40.0", "30.0", "20.0", "20.0", "10.0", ""]
    rows = listed(capsys, "--out", out, "--sort", "reservoir.gain")
    assert "".join(dict.fromkeys(row["run.seed"] for row in rows)) == "4231"


def test_runs_are_chosen_and_sorted_by_when_they_were_stored(tmp_path: Path, capsys: Captured) -> None:
    for seed, day in ((1, 20), (2, 18), (3, 21)):
        stored_s = datetime(2026, 11, day, 8, 30, tzinfo=UTC).timestamp()
        os.utime(make(tmp_path, seed=seed) / "manifest.json", (stored_s, stored_s))
    asked = ("--where", "rule==force", "--sort", "-date", "--out", str(tmp_path))
    rows = listed(capsys, *asked)
    assert [row["run.seed"] for row in rows] == ["3", "1", "2"]
    assert rows[0]["date"] == "2026-11-21T08:30:00Z"
    for condition, seeds in (("date >= 2026-11-20", ["3", "1"]), ("date < 2026-11-20T08:30:01", ["1", "2"])):
        assert [row["run.seed"] for row in listed(capsys, *asked, "--where", condition)] == seeds


def test_json_and_csv_hold_the_same_rows(out: str, capsys: Captured) -> None:
    rows = listed(capsys, "--out", out)
    assert main(["runs", "--json", "--out", out]) == 0
    shown, said = capsys.readouterr()
    found = json.loads(shown)
    assert said == ""
    assert [str(row["wall_time_s"]) for row in found] == [row["wall_time_s"] for row in rows]
    assert [row.get("timing_error_ms") for row in found] == [
        float(row["timing_error_ms"]) if row["timing_error_ms"] else None for row in rows
    ]


def test_a_damaged_run_is_named_and_the_others_are_listed(out: str, capsys: Captured) -> None:
    folder = make(Path(out), seed=1, gain=1.5)
    (folder / "summary.json").write_text("{}")
    assert main(["runs", "--out", out]) == 0
    shown, said = capsys.readouterr()
    assert folder.name not in shown
    assert (
        f"{folder} is damaged: summary.json is not as it was written. `neurogate verify --out {out}`" in said
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--sort", "timing_eror_ms"],
            "There is no column timing_eror_ms to sort by. Did you mean timing_error_ms?",
        ),
        (["--sort", "zzz"], "The columns are run.seed, reservoir.gain, rule, timing_error_ms, outcome,"),
        (["--where", "reservoir.gian < 1"], "Did you mean reservoir.gain?"),
        (["--where", "reservoir.gain is small"], "cannot be read; it must be a key path"),
        (["--csv", "--json"], "leave one out"),
    ],
)
def test_mistakes_are_told_in_one_sentence(
    out: str, capsys: Captured, arguments: list[str], message: str
) -> None:
    assert main(["runs", "--out", out, *arguments]) == 2
    shown, said = capsys.readouterr()
    assert message in said
    assert (shown, len(said.splitlines())) == ("", 1)


def test_where_there_is_nothing_that_is_said(tmp_path: Path, out: str, capsys: Captured) -> None:
    assert main(["runs", "--out", out, "--where", "run.seed == 99"]) == 0
    assert capsys.readouterr().err == "No run meets all conditions.\n"
    (tmp_path / "empty").mkdir()
    assert main(["runs", "--out", str(tmp_path / "empty")]) == 0
    assert capsys.readouterr().err == f"{tmp_path / 'empty'} holds no runs.\n"
    assert list((tmp_path / "empty").iterdir()) == []
    assert main(["runs", "--out", str(tmp_path / "absent")]) == 2
    assert "absent is no folder that can be read" in capsys.readouterr().err
