from __future__ import annotations

from pathlib import Path

import pytest

from neurogate.cli import main
from neurogate.config import load
from neurogate.config.sweep_table import load_search, load_sweep

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


SWEEP = """
[sweep]
seeds = 3
samples = 2
[sweep.grid]
"reservoir.gain" = "1:2:3"
[sweep.random]
"reservoir.inputs.density" = "uniform:0.1:0.9"
"""


def test_a_sweep_is_shown_after_the_settings_and_checked_point_by_point(
    capsys: Captured, tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(SWEEP)
    assert main(["config", "show", str(file)]) == 0
    keys = [line for line in capsys.readouterr().out.splitlines() if line.startswith("sweep.")]
    assert keys == [
        'sweep.grid."reservoir.gain" = [1.0, 1.5, 2.0]',
        'sweep.random."reservoir.inputs.density".uniform = [0.1, 0.9]',
        "sweep.samples = 2",
        "sweep.seeds = 3",
    ]
    assert main(["config", "check", str(file)]) == 0
    assert "Its sweep has 18 points." in capsys.readouterr().out
    file.write_text(SWEEP.replace('"1:2:3"', "[1, -1]"))
    assert main(["config", "check", str(file)]) == 2
    assert "In 6 points, the first with reservoir.gain=-1," in capsys.readouterr().err


def test_a_sweep_goes_along_as_toml(capsys: Captured, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(SWEEP)
    assert main(["config", "show", str(file), "--toml"]) == 0
    copy = tmp_path / "copy.toml"
    copy.write_text(capsys.readouterr().out)
    assert load_sweep(copy)[1] == load_sweep(file)[1]


def test_where_a_search_looks_is_shown_goes_along_and_is_checked(capsys: Captured, tmp_path: Path) -> None:
    assert main(["config", "show", "what_when"]) == 0
    keys = [line for line in capsys.readouterr().out.splitlines() if line.startswith("sweep.")]
    assert len(keys) == 3
    assert 'sweep.random."rules.three_factor.eta_when".log_uniform = [0.01, 0.3]' in keys
    assert main(["config", "show", "what_when", "--toml"]) == 0
    copy = tmp_path / "copy.toml"
    copy.write_text(capsys.readouterr().out)
    assert load_search(copy)[1] == load_search("what_when")[1]
    assert main(["config", "check", str(copy)]) == 0
    assert "`neurogate tune` searches 3 of its settings." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("key", "low", "said"),
    [
        ("reservoir.gain", "-1.0", "In the point reservoir.gain=-1.0: reservoir.gain is -1"),
        ("reservoir.gian", "1.0", "reservoir.gian is not a known key; did you mean gain?"),
    ],
)
def test_a_search_that_cannot_be_is_told_by_a_check(
    key: str, low: str, said: str, capsys: Captured, tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'[sweep]\nseeds = 2\n[sweep.random]\n"{key}" = {{uniform = [{low}, 1e12]}}\n')
    assert main(["config", "check", str(file)]) == 2
    assert said in capsys.readouterr().err
