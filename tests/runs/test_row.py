from __future__ import annotations

from pathlib import Path

import pytest

from neurogate import files
from neurogate.errors import RequestError
from neurogate.runs import manifest, row
from tests.runs.made import make


def test_a_row_says_what_the_folder_says(tmp_path: Path) -> None:
    folder = make(tmp_path, seed=3, gain=1.5, trace={"tau_ms": {"uniform": [1.0, 2.0]}})
    found = row.read(folder)
    assert (found.folder, found.name, found.outcome) == (folder.name, "made", "done")
    assert (found.hash[:12], found.wall_time_s) == (folder.name[-12:], 0.75)
    assert found.created_s == (folder / "manifest.json").stat().st_mtime
    assert found.config["reservoir.gain"] == 1.5
    assert found.config["reservoir.trace.tau_ms"] == {"uniform": [1.0, 2.0]}
    assert found.config["task.blocks.1.name"] == "B"
    assert found.config["rules.three_factor.gates.0.kind"] == "phase"
    assert found.metrics["force"] == {
        "timing_error_ms": 60.0,
        "probability_r": None,
        "blocks.A.timing_error_ms": 9.0,
    }


def test_a_run_that_diverged_has_a_row_without_metrics(tmp_path: Path) -> None:
    found = row.read(make(tmp_path, outcome="diverged", metrics={}))
    assert (found.outcome, found.metrics) == ("diverged", {})


@pytest.mark.parametrize("name", ["config.toml", "summary.json", "manifest.json"])
def test_what_is_not_as_it_was_written_is_not_read(tmp_path: Path, name: str) -> None:
    folder = make(tmp_path)
    (folder / name).write_bytes((folder / name).read_bytes()[:-1])
    with pytest.raises(RequestError, match=rf"{name} is not as it was written\. `neurogate verify --out"):
        row.read(folder)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"absent is damaged: manifest\.json is missing"):
        row.read(tmp_path / "absent")


def test_a_summary_of_another_kind_is_refused_in_one_sentence(tmp_path: Path) -> None:
    folder = make(tmp_path)
    files.write_json(folder / "summary.json", {"result": 1})
    (folder / "manifest.json").unlink()
    manifest.write(folder)
    with pytest.raises(RequestError, match=r"does not know \(KeyError: 'hash'\)\. Read it with the version"):
        row.read(folder)


def test_a_run_of_a_newer_version_is_refused_before_its_settings_are_read(tmp_path: Path) -> None:
    folder = make(tmp_path)
    assert row.read(folder).outcome == "done"
    files.write_json(folder / "summary.json", {"format": 2})
    (folder / "config.toml").write_text("no TOML")
    (folder / "manifest.json").unlink()
    manifest.write(folder)
    with pytest.raises(RequestError, match=r"has format 2; this neurogate knows format 1\. Update neurogate"):
        row.read(folder)
