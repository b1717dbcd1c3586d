"""How far a sweep is, by the time that its runs have taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurogate.cli.sweep_progress import _Tally, shown
from neurogate.config.sweep import Sweep, points
from neurogate.errors import Outcome
from neurogate.runs.store import folder_of
from neurogate.runs.sweep import Event
from neurogate.runs.together import Ended

POINTS = points(Sweep(seeds=9), {})


def told(outcomes: list[Outcome], capsys: pytest.CaptureFixture[str], each_s: float = 6.0) -> list[str]:
    with shown(len(POINTS), Path("runs"), jobs=2) as tell:
        for point in POINTS[: len(outcomes)]:
            tell(Event("started", point))
        for point, outcome in zip(POINTS, outcomes, strict=False):
            tell(Event("ended", point, Ended(point.hash, outcome, each_s, "Why.")))
    return capsys.readouterr().err.splitlines()


def test_runs_that_end_together_are_as_fast_as_each_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told([Outcome.DONE] * 4, capsys)
    ends = [line.partition("(")[2] for line in lines]
    assert ends == [f"20 runs/min, about {3 * left} s left)" for left in (8, 7, 6, 5)]
    assert [line.partition("]")[0] for line in lines] == [f"[{done}/9" for done in (1, 2, 3, 4)]


def test_workers_that_die_are_told_of_once(capsys: pytest.CaptureFixture[str]) -> None:
    with shown(len(POINTS), Path("runs"), jobs=2) as tell:
        for kind in ("started", "again", "started"):
            for point in POINTS[:3]:
                tell(Event(kind, point))
        tell(Event("again", POINTS[0]))
    assert capsys.readouterr().err.splitlines() == [
        "3 runs lose their worker and are tried again; what is in checkpoints is kept.",
        "1 run loses its worker and is tried again; what is in checkpoints is kept.",
    ]


def test_what_is_cancelled_has_not_ended(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = told([Outcome.DONE, Outcome.CANCELLED], capsys)
    assert first.startswith("[1/9] done: run.seed=1 (")
    assert second == "[1/9] cancelled: run.seed=2"


def cells(tally: _Tally) -> dict[str, str]:
    """Return what the live table shows."""
    return {str(column.header): str(next(iter(column.cells))) for column in tally.table().columns}


def test_a_stored_run_counts_as_what_it_was() -> None:
    tally = _Tally(total=9, folder=Path("runs"), jobs=2)
    for point, outcome in zip(POINTS, (Outcome.DONE, Outcome.DIVERGED, Outcome.DIVERGED), strict=False):
        tally.count(Event("stored", point, stored=outcome))
    tally.count(Event("ended", POINTS[3], Ended(POINTS[3].hash, Outcome.DONE, 6.0)))
    shown = cells(tally)
    assert (shown["done"], shown["diverged"]) == ("2/9", "2")
    assert tally.finished == 4


def test_a_run_that_diverged_has_its_log_in_its_folder(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = told([Outcome.DIVERGED], capsys)
    folder = folder_of(POINTS[0].simulation, Path("runs").parent)
    assert line.startswith(f"[1/9] diverged: run.seed=1: Why. Log: {folder / 'log.txt'}")


def test_more_than_a_day_is_told_in_days(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = told([Outcome.DONE], capsys, each_s=49500.0)
    assert line.endswith("about 2.3 d left)")
    tally = _Tally(total=9, folder=Path("runs"), jobs=2)
    tally.count(Event("ended", POINTS[0], Ended(POINTS[0].hash, Outcome.DONE, 49500.0)))
    assert tally.rate_and_left()[1] == pytest.approx(198000.0)
    assert cells(tally)["left"] == "2.3 d"
