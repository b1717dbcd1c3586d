from __future__ import annotations

import pytest

from neurogate.cli import main
from neurogate.runs.store import Run, load

TINY = (
    "reservoir.n=20",
    "task.habituation=4",
    "task.blocks.0.trials=8",
    "task.blocks.1.trials=8",
    "task.blocks.2.trials=8",
    "probes.per_cue=1",
    "probes.subspaces=true",  # every kind of picture can be drawn
)
"""Changes that make what_when take a second; nothing is learned in that time."""


@pytest.fixture(scope="session")
def tiny() -> list[str]:
    return ["what_when", *(word for change in TINY for word in ("--set", change))]


@pytest.fixture(scope="session")
def stored(tiny: list[str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run that went through the whole program."""
    out = tmp_path_factory.mktemp("runs")
    assert main(["run", *tiny, "--out", str(out)]) == 0
    (folder,) = out.iterdir()
    return load(folder)
