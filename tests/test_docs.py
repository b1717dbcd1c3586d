"""The documentation tells of what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from neurogate.cli import main

DOCS = Path(__file__).resolve().parents[1] / "docs"
COMMANDS = (
    "run", "sweep", "tune", "plot", "report", "export", "runs", "verify", "gc", "index rebuild",
    "doctor", "list", "config show", "config check",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_in_the_documentation(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = "\n".join(page.read_text("utf-8") for page in sorted(DOCS.glob("*.rst")))
    assert main([*command.split(), "--help"]) == 0
    shown = capsys.readouterr().out.partition("╭")[2]
    options = {f"--{name}" for name in re.findall(r"(?<![\w-])--([a-z][a-z-]*)", shown)} - {"--help"}
    assert f"neurogate {command}" in told
    assert {option for option in options if not re.search(rf"{option}(?![\w-])", told)} == set()


def test_every_page_is_in_the_contents() -> None:
    contents = (DOCS / "index.rst").read_text("utf-8")
    pages = {page.stem for page in DOCS.glob("*.rst")} - {"index"}
    assert {page for page in pages if not re.search(rf"^   {page}$", contents, re.MULTILINE)} == set()
