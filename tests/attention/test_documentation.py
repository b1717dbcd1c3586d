"""What the page on gated attention shows runs as it is written there."""

from __future__ import annotations

import re
import runpy
import textwrap
from pathlib import Path

import pytest

from neurogate.attention import operators

PAGE = Path(__file__).resolve().parents[2] / "docs" / "attention.rst"
OPERATORS = [path for path in sorted(Path(operators.__path__[0]).glob("*.py")) if path.stem != "__init__"]
BLOCK = re.compile(r"^\.\. code-block:: python\n\n((?: {4}.*\n|\n)+)", re.MULTILINE)


def test_the_examples_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "page.py"
    script.write_text("".join(map(textwrap.dedent, BLOCK.findall(PAGE.read_text("utf-8")))), "utf-8")
    names = runpy.run_path(str(script))
    assert names["y"].shape == names["dx"].shape == (8, 100, 64)
    losses = [float(line.split()[-1]) for line in capsys.readouterr().out.splitlines()]
    assert losses[-1] < losses[0]
    assert (tmp_path / "half.npz").exists()


@pytest.mark.parametrize("path", OPERATORS, ids=lambda path: path.stem)
def test_each_operator_shows_its_equation(path: Path) -> None:
    assert re.search(r"^ *\.\. math::\s+\S", path.read_text("utf-8"), re.MULTILINE)
