"""Change is told from chance: rare false alarms, early true ones, whatever the change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.plasticity.change import ChangeDetector

FRACTION = st.floats(0, 1)
REPLICAS, SLOW, FAST = 200, 0.04, 0.4
NEVER = np.array([np.nan])


def outcomes(rng: np.random.Generator, odds: list[float], trials: int) -> Iterator[np.ndarray]:
    """Draw one-hot outcomes (B, K), zeros for omissions."""
    bounds = np.cumsum(odds)
    for _ in range(trials):
        drawn = (rng.random(REPLICAS)[:, None] >= bounds).sum(axis=1)
        yield np.eye(len(odds) + 1)[drawn][:, :-1]


def alarms(rng: np.random.Generator, *odds: list[float], trials: int, detector: ChangeDetector) -> np.ndarray:
    """Return in how many replicas there was an alarm in each trial, of `trials` for each of the odds."""
    memory: Mapping[str, np.ndarray] = detector.start(REPLICAS)
    slow, fast = np.tile(odds[0], (2, REPLICAS, 1))
    heard = []
    for stretch in odds:
        for outcome in outcomes(rng, stretch, trials):
            memory = detector.heard(memory, slow, fast, outcome, np.full(REPLICAS, np.nan))
            heard.append((memory["calm"] == 0).sum())
            slow, fast = slow + SLOW * (outcome - slow), fast + FAST * (outcome - fast)
    return np.array(heard)


@pytest.mark.parametrize("odds", [[0.9, 0.0], [0.5, 0.3], [0.2, 0.2], [1.0, 0.0]], ids=str)
def test_chance_is_not_taken_for_change(odds: list[float], rng: np.random.Generator) -> None:
    false = alarms(rng, odds, trials=200, detector=ChangeDetector())
    assert false.sum() / false.size / REPLICAS < 1 / 1000


@pytest.mark.parametrize(
    ("before", "after"),
    [([0.9, 0.0], [0.2, 0.7]), ([0.5, 0.3], [0.0, 1.0]), ([0.1, 0.1], [0.1, 0.9]), ([0.8, 0.1], [0.0, 0.0])],
    ids=str,
)
def test_a_change_is_heard_soon_also_from_chance_to_certainty(
    before: list[float], after: list[float], rng: np.random.Generator
) -> None:
    found = alarms(rng, before, after, trials=60, detector=ChangeDetector())
    assert found[60:75].sum() > 0.8 * REPLICAS
    assert found[:60].sum() < 0.1 * REPLICAS


def test_one_surprise_is_never_enough() -> None:
    detector = ChangeDetector(deaf_trials=0)
    certain, other = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    memory = detector.heard(detector.start(1), certain, certain, other, NEVER)
    assert memory["evidence"].tolist() == [[0, 0]]
    memory = detector.heard(memory, certain, 1 - certain, other, NEVER)
    assert memory["evidence"][0] == pytest.approx([1.9, 0])
    assert memory["calm"].item() == 2


def test_evidence_adds_up_to_an_alarm_and_begins_anew() -> None:
    detector = ChangeDetector(chance=0.25, alarm=1.5, deaf_trials=2)
    memory, course = detector.start(1), []
    for _ in range(8):
        memory = detector.heard(memory, np.zeros((1, 1)), np.full((1, 1), 0.5), np.ones((1, 1)), NEVER)
        course.append((memory["evidence"][0, 0], memory["calm"].item()))
    # Each trial gives 1 - 0.25 - 0.25; the first two are not heard, nor are the two after an alarm.
    assert course == [(0, 1), (0, 2), (0.5, 3), (1, 4), (1.5, 5), (0, 0), (0, 1), (0, 2)]


@given(FRACTION, FRACTION, FRACTION)
def test_evidence_is_never_below_nothing_and_predictions_count_as_probabilities(
    slow: float, fast: float, evidence: float
) -> None:
    detector = ChangeDetector(deaf_trials=0, alarm=10.0)
    memory = {**detector.start(1), "evidence": np.array([[evidence, 0.0]])}
    outcome = np.ones((1, 1))
    heard = detector.heard(memory, np.array([[slow]]), np.array([[fast]]), outcome, NEVER)
    gained = (1 - slow) ** 2 - (1 - fast) ** 2 - detector.chance
    assert heard["evidence"][0, 0] == pytest.approx(max(0, evidence + gained))
    beyond = detector.heard(memory, np.array([[-slow]]), np.array([[1 + fast]]), outcome, NEVER)
    assert beyond["evidence"][0, 0] == pytest.approx(evidence + 1 - detector.chance)


def timed(detector: ChangeDetector, errors: list[float]) -> list[Mapping[str, np.ndarray]]:
    """Return the memory after each trial of odds that are known and of these errors of *when*."""
    memory, known, course = detector.start(1), np.ones((1, 1)), []
    for error in errors:
        memory = detector.heard(memory, known, known, known, np.array([error]))
        course.append(memory)
    return course


def test_errors_of_when_several_times_as_large_as_usual_are_an_alarm() -> None:
    detector = ChangeDetector(startle=1.5, alarm=1.9, deaf_trials=4)
    course = timed(detector, [0.02] * 10 + [0.06, 0.06] + [0.02] * 3)
    assert [memory["calm"].item() for memory in course[8:]] == [9, 10, 11, 0, 1, 2, 3]
    assert course[10]["evidence"][0] == pytest.approx([0, 1.5])
    assert course[11]["evidence"].tolist() == [[0, 0]]


def test_the_usual_error_is_a_running_mean_that_begins_with_the_first_and_leaves_out_untaught_trials() -> (
    None
):
    course = timed(ChangeDetector(deaf_trials=4), [np.nan, 0.4, 0.8, np.nan, 0.5])
    assert [memory["usual"].item() for memory in course] == pytest.approx([0, 0.4, 0.5, 0.5, 0.5])


@given(st.lists(st.floats(1e-3, 1.7e-3), min_size=1, max_size=60))
def test_errors_that_vary_by_less_than_the_startle_are_never_evidence(errors: list[float]) -> None:
    assert all(not memory["evidence"].any() for memory in timed(ChangeDetector(deaf_trials=0), errors))


@pytest.mark.parametrize(
    "settings", [{"chance": -0.1}, {"startle": 0.5}, {"alarm": 0.0}, {"deaf_trials": -1.0}], ids=str
)
def test_settings_outside_their_domain_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="; it must be "):
        ChangeDetector(**settings)
