"""The rules of the house that no linter knows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FIRST_SCREEN = 40
LONGEST_FILE = 500
HEAVY = ("brian2", "cupy", "matplotlib.pyplot", "numba", "scipy")

REPORT = f"""
import sys
sys.argv[0] = "neurogate"
from neurogate.cli import main
try:
    code = main()
except SystemExit as end:
    code = end.code
print("loaded:", *sorted(set({HEAVY!r}) & set(sys.modules)), "exit:", code or 0, file=sys.stderr)
"""


def test_readme_opens_with_the_two_commands_and_the_picture() -> None:
    screen = (ROOT / "README.md").read_text("utf-8").splitlines()[:FIRST_SCREEN]
    assert {"make run", "make test"} <= {line.partition("#")[0].strip() for line in screen}
    assert any("docs/images/overview.png" in line for line in screen)


def test_what_the_readme_links_to_exists() -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / "README.md").read_text("utf-8"))
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_python_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    examples = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    assert examples
    for example in examples:
        exec(compile(example, "README.md", "exec"), {})  # noqa: S102
        said = capsys.readouterr().out.split()
        assert said
        assert "nan" not in said


def test_no_file_is_too_long_to_read() -> None:
    lengths = {p: len(p.read_text("utf-8").splitlines()) for p in (ROOT / "neurogate").rglob("*.py")}
    assert {str(path): n for path, n in lengths.items() if n > LONGEST_FILE} == {}


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["run", "--help"], 0),
        (["run", "no_such_simulation"], 2),
        (["run", "what_when", "--set", "reservoir.n=2.7"], 2),
        (["plot", "--help"], 0),
        (["plot", "no_such_run", "--x", "a"], 2),
        (["report", "no_such_run"], 2),
        (["scanpath", "--help"], 0),
        (["scanpath", "no_such_picture"], 2),
        (["scanpath", "compare", "no_such.csv", "no_such.csv"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_quick_answers_load_nothing_heavy(arguments: list[str], exit_code: int, tmp_path: Path) -> None:
    command = [sys.executable, "-c", REPORT, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == f"loaded: exit: {exit_code}", done.stderr
