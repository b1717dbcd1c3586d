"""The folder of a sweep names its runs, and is not begun where another is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from neurogate.errors import RequestError
from neurogate.runs import store
from neurogate.runs.sweep_folder import open_folder
from neurogate.runs.upkeep import verify
from tests.runs.made import rewritten
from tests.runs.sweeping import POINTS


def test_a_sweep_has_a_folder_that_names_its_runs(tmp_path: Path) -> None:
    folder = open_folder(POINTS, "what_when", tmp_path, "neurogate sweep what_when", {"numpy": "2"})
    told = json.loads((folder / "sweep.json").read_text())
    assert verify(tmp_path).problems == 0
    (folder / "sweep.json").write_text(
        (folder / "sweep.json").read_text().replace("sweep what_when", "sweep it")
    )
    assert verify(tmp_path).problems == 1
    assert open_folder(POINTS, "what_when", tmp_path, "neurogate sweep what_when", {"numpy": "2"}) == folder
    assert told["axes"] == ["reservoir.gain", "rules.three_factor.eta_when", "run.seed"]
    assert [run["hash"] for run in told["runs"]] == [point.hash for point in POINTS]
    assert [run["folder"] for run in told["runs"]] == [
        store.folder_of(point.simulation, tmp_path).name for point in POINTS
    ]
    assert open_folder(POINTS, "what_when", tmp_path, "another", {}) == folder
    assert open_folder(POINTS[:3], "what_when", tmp_path, "", {}) != folder


def test_a_sweep_is_not_begun_in_a_folder_that_is_newer_or_damaged(tmp_path: Path) -> None:
    folder = open_folder(POINTS, "what_when", tmp_path, "", {})
    rewritten(folder, "sweep.json", format=2)
    with pytest.raises(RequestError, match="has format 2"):
        open_folder(POINTS, "what_when", tmp_path, "", {})
    (folder / "sweep.json").unlink()
    with pytest.raises(RequestError, match=r"is damaged: sweep\.json is missing\. `neurogate verify"):
        open_folder(POINTS, "what_when", tmp_path, "", {})
