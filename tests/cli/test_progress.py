from __future__ import annotations

import pytest

from neurogate.cli.progress import Lines

Captured = pytest.CaptureFixture[str]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("time.monotonic", clock)
    return clock


def test_quick_work_has_a_line_for_every_tenth(clock: Clock, capsys: Captured) -> None:
    lines = Lines()
    for done in range(101):
        lines(done, 100, "training")
        clock.now += 0.02
    told = capsys.readouterr().err.splitlines()
    assert [line.split()[1] for line in told] == [str(done) for done in range(10, 101, 10)]
    assert told[4] == "training: 50 of 100 trials, about 1 s left"
    assert told[-1] == "training: 100 of 100 trials"


def test_slow_work_has_a_line_every_ten_seconds(clock: Clock, capsys: Captured) -> None:
    lines = Lines()
    for done in range(11):
        lines(done, 1000, "training")
        clock.now += 4.0
    told = capsys.readouterr().err.splitlines()
    assert told == [f"training: {n} of 1000 trials, about 1.1 h left" for n in (3, 6, 9)]


def test_time_left_does_not_count_what_an_earlier_part_has_done(clock: Clock, capsys: Captured) -> None:
    lines = Lines()
    lines(80, 100, "training")
    clock.now = 5.0
    lines(90, 100, "training")
    assert capsys.readouterr().err == "training: 90 of 100 trials, about 5 s left\n"
