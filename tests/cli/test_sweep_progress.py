"""How far a sweep is, by the time that its runs have taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurogate.cli.sweep_progress import shown
from neurogate.config.sweep import Sweep, points
from neurogate.errors import Outcome
from neurogate.runs.sweep import Event
from neurogate.runs.together import Ended

POINTS = points(Sweep(seeds=9), {})


def told(outcomes: list[Outcome], capsys: pytest.CaptureFixture[str]) -> list[str]:
    with shown(len(POINTS), Path("runs"), jobs=2) as tell:
        for point in POINTS[: len(outcomes)]:
            tell(Event("started", point))
        for point, outcome in zip(POINTS, outcomes, strict=False):
            tell(Event("ended", point, Ended(point.hash, outcome, 6.0, "Why.")))
    return capsys.readouterr().err.splitlines()


def test_runs_that_end_together_are_as_fast_as_each_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told([Outcome.DONE] * 4, capsys)
    ends = [line.partition("(")[2] for line in lines]
    assert ends == [f"20 runs/min, about {3 * left} s left)" for left in (8, 7, 6, 5)]
    assert [line.partition("]")[0] for line in lines] == [f"[{done}/9" for done in (1, 2, 3, 4)]


def test_what_is_cancelled_has_not_ended(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = told([Outcome.DONE, Outcome.CANCELLED], capsys)
    assert first.startswith("[1/9] done: run.seed=1 (")
    assert second == "[1/9] cancelled: run.seed=2"
