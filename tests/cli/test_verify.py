from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from neurogate.cli import main
from tests.runs.damaging import store_of

Captured = pytest.CaptureFixture[str]


def test_a_clean_store_is_said_to_be_so(tmp_path: Path, capsys: Captured) -> None:
    store_of(tmp_path, 2)
    assert main(["verify", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr() == ("2 runs and 1 sweep are as they were written.\n", "")


def test_what_is_broken_is_named_with_where_it_is_now(tmp_path: Path, capsys: Captured) -> None:
    folder = store_of(tmp_path, 2)[0]
    (folder / "arrays.npz").unlink()
    assert main(["verify", "--out", str(tmp_path)]) == 1
    line, total = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{folder} is damaged: arrays.npz is missing. It is now {tmp_path}/.quarantine/")
    assert total == "Of 2 runs and 1 sweep, 1 is not as written; 2 are."
    assert main(["verify", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "1 run and 1 sweep are as they were written.\n"


def test_runs_that_a_sweep_had_stored_must_be_there(tmp_path: Path, capsys: Captured) -> None:
    first, second = store_of(tmp_path, 2)
    (sweep,) = tmp_path.glob("made-sweep-*")
    (sweep / "table.csv").write_text(f"folder\n{first.name}\n{second.name}\n")
    shutil.rmtree(first)
    assert main(["verify", "--out", str(tmp_path)]) == 1
    line, total = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{sweep} lacks 1 of the 2 runs that it had stored: {first.name}.")
    assert total == "1 run and 1 sweep are as they were written. 1 run more is missing."


def test_a_file_that_was_added_is_no_fault(tmp_path: Path, capsys: Captured) -> None:
    (store_of(tmp_path, 2)[0] / "arrays2.npz").write_text("hi")
    assert main(["verify", "--out", str(tmp_path)]) == 0
    assert "holds what its manifest does not list: arrays2.npz." in capsys.readouterr().out


def test_a_folder_that_is_not_there_is_a_mistake(tmp_path: Path, capsys: Captured) -> None:
    assert main(["verify", "--out", str(tmp_path / "absent")]) == 2
    assert "absent is no folder that can be read" in capsys.readouterr().err
