"""Lasers that age."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.tasks.laser_ageing import MODES, LaserAgeing, remaining

CLEAN = LaserAgeing(noise=0.0)


def test_what_is_left_falls_by_one_a_step_from_the_cap_to_the_end() -> None:
    current, left, _ = CLEAN.draw()
    assert current.shape == left.shape == (200, 100)
    assert np.array_equal(left == 0, current > 1.2)
    ends = (left == 0).argmax(axis=1)
    assert ends.min() > 50 < ends.max() <= 99
    for row, end in zip(left, ends, strict=True):
        assert row.tolist() == [min(50, max(0, end - t)) for t in range(100)]


@pytest.mark.parametrize(("mode", "low", "high"), [("gradual", 0.5, 1.0), ("rapid", 2.0, 4.0)])
def test_currents_rise_by_a_power_of_time(mode: str, low: float, high: float) -> None:
    current, _, modes = CLEAN.draw()
    rise = current[modes == MODES.index(mode), 1:] - 1
    powers = np.diff(np.log(rise)) / np.diff(np.log(np.arange(1, 100)))
    assert len(rise) > 50
    assert np.ptp(powers, axis=1).max() < 1e-6
    assert low <= powers.min() < low + 0.1 * (high - low)
    assert high - 0.1 * (high - low) < powers.max() <= high + 1e-6


def test_a_sudden_end_is_a_jump_out_of_slow_ageing() -> None:
    current, left, modes = CLEAN.draw()
    sudden = modes == MODES.index("sudden")
    for row, ends in zip(current[sudden], (left == 0).argmax(axis=1)[sudden], strict=True):
        assert row[ends - 1] <= 1.1
        assert 0.4 < row[ends] - row[ends - 1] < 0.43


def test_noise_is_added_to_what_is_measured_and_not_to_what_is_asked() -> None:
    noisy, clean = LaserAgeing(noise=0.03).draw(), CLEAN.draw()
    assert (noisy.current - clean.current).std() == pytest.approx(0.03, rel=0.02)
    assert np.array_equal(noisy.remaining, clean.remaining)


def test_the_end_and_the_cap_are_those_of_the_settings() -> None:
    current, left, _ = LaserAgeing(noise=0.0, end=0.1, cap=7).draw()
    assert left.max() == 7
    assert np.array_equal(left == 0, current > 1.1)


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    first, same, other = LaserAgeing().draw(), LaserAgeing().draw(), LaserAgeing(seed=1).draw()
    assert all(np.array_equal(a, b) for a, b in zip(first, same, strict=True))
    assert not np.array_equal(first.current, other.current)


def test_the_end_is_relative_to_the_first_current() -> None:
    current = np.array([[10.0, 11.9, 12.1, 9.0], [1.0, 1.3, 1.0, 1.0]])
    assert remaining(current).tolist() == [[2, 1, 0, 0], [1, 0, 0, 0]]
    assert remaining(current[0], end=0.1).tolist() == [1, 0, 0, 0]
    assert remaining(current[0], cap=1).tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"current": np.ones((2, 3))}, r"current \(2, 3\): each device must rise by more than 0\.2 "),
        ({"current": np.ones((2, 0))}, "each device must rise"),
        ({"current": np.array(1.0)}, "current"), ({"current": [1.0, 2.0]}, "current"),
        ({"current": np.array([1.0, 2.0]), "end": 0.0}, "end is 0"),
        ({"current": np.array([1.0, 2.0]), "cap": 0}, "cap is 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_a_sentence(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(RequestError, match=told):
        remaining(**wrong)
    with pytest.raises(ValueError, match="steps is 3; a device needs 4"):
        LaserAgeing(steps=3)
