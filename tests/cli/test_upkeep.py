"""What the commands that look after stored runs have in common."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from neurogate.cli import main

HEAVY = ("brian2", "cupy", "dask", "matplotlib.pyplot", "numba", "optuna", "pandas", "scipy", "xarray")
REPORT = f"""
import sys
from neurogate.cli import main
code = main(sys.argv[1:])
print("loaded:", *sorted(set({HEAVY!r}) & set(sys.modules)), "exit:", code, file=sys.stderr)
"""


@pytest.mark.parametrize("command", [["runs"], ["verify"], ["gc"], ["index", "rebuild"]])
def test_the_help_has_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    assert f"  {' '.join(['neurogate', *command])} " in capsys.readouterr().out.replace("\n", " ")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["runs", "--out", "empty"], 0),
        (["runs", "--where", "gain"], 2),
        (["verify"], 2),
        (["gc", "--out", "empty"], 0),
        (["index", "rebuild"], 2),
    ],
)
def test_nothing_heavy_is_loaded(command: list[str], code: int, tmp_path: Path, checkout: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", REPORT, *command],
        cwd=tmp_path,
        env={"PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.splitlines()[-1] == f"loaded: exit: {code}", done.stderr
