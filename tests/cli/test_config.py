from __future__ import annotations

from pathlib import Path

import pytest

from neurogate.cli import main
from neurogate.config import load

Captured = pytest.CaptureFixture[str]


def test_every_setting_is_shown_with_what_it_means_and_may_be(capsys: Captured) -> None:
    assert main(["config", "show", "what_when", "--set", "reservoir.n=123"]) == 0
    lines = capsys.readouterr().out.splitlines()
    place = lines.index("reservoir.n = 123")
    assert lines[place + 1] == "    Number of neurons. Must be a whole number (from 1 to 1000000)."
    assert any(line.startswith("task.blocks[2].trials = ") for line in lines)


def test_toml_that_is_shown_can_be_saved_and_loaded(capsys: Captured, tmp_path: Path) -> None:
    assert main(["config", "show", "what_when", "--quick", "--toml"]) == 0
    file = tmp_path / "mine.toml"
    file.write_text(capsys.readouterr().out)
    assert load(file) == load("what_when", quick=True)
    assert main(["config", "check", str(file)]) == 0
    assert "mine.toml is in order" in capsys.readouterr().out
