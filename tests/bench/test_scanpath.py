"""The benchmark of measures gives its rows; a peer that computes something else is found."""

from __future__ import annotations

import json
from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.bench import gaze_models, scanpath, scanpath_cases
from neurogate.cli import main

KEYS = {"metric", "length", "seconds", "peer", "peer_seconds", "ratio"}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanpath, "LENGTHS", (4, 6))
    monkeypatch.setattr(scanpath, "PATHS", 4)
    monkeypatch.setattr(scanpath, "VIEWERS", 3)
    monkeypatch.setattr(gaze_models, "rows", lambda repeat, tell: iter(()))


def test_every_measure_has_a_row_for_each_length() -> None:
    found = list(scanpath.rows(1, lambda message: None))
    assert all(row.keys() == KEYS and row["seconds"] > 0 for row in found)
    last = found.pop()
    assert (last["metric"], last["peer"]) == ("every metric above, 3 viewers", None)
    assert {(row["metric"], row["length"]) for row in found} == {
        (case.name, length) for case in scanpath.CASES for length in (4, 6)
    }
    beside = [row for row in found if row["metric"] == "hausdorff"]
    assert [row["peer"] for row in beside] == ["scipy", "scipy"]
    assert all(row["ratio"] == pytest.approx(row["peer_seconds"] / row["seconds"]) for row in beside)


def test_a_peer_that_computes_something_else_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(module: Any, a: np.ndarray, b: np.ndarray) -> float:
        return 1.0

    case = scanpath.Case("wrong", scanpath.CASES[2].metric, {}, {"json": wrong})
    monkeypatch.setattr(scanpath, "CASES", (case,))
    with pytest.raises(RuntimeError, match=r"wrong: json differs by .*; it is not the same measure"):
        list(scanpath.rows(1, lambda message: None))


class Roc:
    """Counts cells at or above each fixated value, equal ones at once, as pysaliency does."""

    @staticmethod
    def general_roc(positives: np.ndarray, negatives: np.ndarray, judd: int) -> tuple[float, None, None]:
        assert judd == 1
        thresholds = np.sort(positives)[::-1, None]
        hits, alarms = ((own >= thresholds).mean(axis=1) for own in (positives, negatives))
        return float(np.trapezoid([0, *hits, 1], [0, *alarms, 1])), None, None


@pytest.mark.parametrize("untied", [True, False])
def test_judds_area_is_that_of_a_peer_where_no_cells_are_equal(
    untied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (judd,) = (case for case in scanpath.CASES if case.name == "auc_judd")
    assert judd.untied
    peers = {"json": lambda module, s, own: scanpath_cases._judd(Roc, s, own)}
    monkeypatch.setattr(scanpath, "CASES", (attrs.evolve(judd, peers=peers, untied=untied),))
    if untied:
        assert next(scanpath.rows(1, lambda message: None))["ratio"] > 0
    else:
        with pytest.raises(RuntimeError, match="auc_judd: json differs"):
            list(scanpath.rows(1, lambda message: None))


def test_a_peer_that_is_absent_is_named_and_one_of_another_run_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = scanpath.Case("dtw", scanpath.CASES[2].metric, {}, {"no_such_package.here": lambda m, a, b: 0})
    monkeypatch.setattr(scanpath, "CASES", (absent,))
    monkeypatch.setattr(scanpath, "ELSEWHERE", {("dtw", 4): ("FixaTons", 1.0)})
    first, second, third, _ = scanpath.rows(1, lambda message: None)
    assert first["peer"] == third["peer"] == "no_such_package"
    assert first["ratio"] is None
    assert second["peer"] == "FixaTons, other run"
    assert second["ratio"] == 1.0 / second["seconds"]
    assert main(["bench", "scanpath", "--repeat", "1"]) == 0
    assert "Not installed, or not to be imported: no_such_package." in capsys.readouterr().out


def test_the_command_prints_the_rows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scanpath, "CASES", scanpath.CASES[2:3])
    assert main(["bench", "scanpath", "--repeat", "1", "--json"]) == 0
    assert all(row.keys() == KEYS for row in json.loads(capsys.readouterr().out))
    assert main(["bench", "scanpath", "--repeat", "1"]) == 0
    heading, line, *_ = capsys.readouterr().out.splitlines()
    assert heading.split() == ["metric", "length", "seconds", "peer", "peer", "s", "ratio"]
    assert line.split()[:2] == ["dtw", "4"]
