"""How often a run under way is kept."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from neurogate.runs.course import Course


class Made:
    """A session each of whose parts takes a second, the place where it is kept, and their clock."""

    path, total, phase = Path("none"), 1000, "training"

    def __init__(self, took_s: float) -> None:
        self.took_s, self.now_s, self.position, self.kept = took_s, 0.0, 0, list[int]()

    @property
    def done(self) -> bool:
        return self.position == self.total

    def advance(self) -> None:
        self.position, self.now_s = self.position + 1, self.now_s + 1.0

    def state(self, *, copy: bool) -> dict[str, object]:
        assert not copy  # it is written at once
        return {}

    def write(self, saved: object) -> None:
        self.kept.append(self.position)
        self.now_s += self.took_s


@pytest.mark.parametrize(
    ("every_s", "took_s", "apart"), [(10.0, 0.0, 10), (10.0, 0.04, 10), (10.0, 1.0, 200), (0.0, 1.0, 1)]
)
def test_keeping_costs_one_part_in_200_at_most_unless_every_part_is_to_be_kept(
    every_s: float, took_s: float, apart: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Made(took_s)
    monkeypatch.setattr("neurogate.runs.course.time", SimpleNamespace(monotonic=lambda: made.now_s))
    course = Course(made, made, [], every_s)  # type: ignore[arg-type]
    course._started_s, course._due_s = 0.0, every_s
    course.finish(lambda done, total, phase: None)
    first = max(1, int(every_s))
    assert made.kept == list(range(first, made.total + 1, apart))
