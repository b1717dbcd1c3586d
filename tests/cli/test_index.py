from __future__ import annotations

from pathlib import Path

import pytest

from neurogate.cli import main
from neurogate.runs.index import Index
from tests.runs.made import make

Captured = pytest.CaptureFixture[str]


def test_the_index_is_made_anew_from_the_folders(tmp_path: Path, capsys: Captured) -> None:
    make(tmp_path, seed=1)
    make(tmp_path, seed=2)
    index = Index(tmp_path)
    index.path.write_text("no index")
    assert main(["index", "rebuild", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr() == (f"{index.path} is made anew from 2 runs.\n", "")
    assert len(index.rows()) == 2


def test_a_run_that_cannot_be_read_is_named(tmp_path: Path, capsys: Captured) -> None:
    (make(tmp_path) / "config.toml").unlink()
    assert main(["index", "rebuild", "--out", str(tmp_path)]) == 0
    shown, said = capsys.readouterr()
    assert "from 0 runs" in shown
    assert "config.toml is missing" in said
