"""Lessons say what a rule says, in steps, and teaching begins with P(0) and ends without P."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.backends.layout import LESSONS, Lesson
from neurogate.errors import RequestError
from neurogate.network.inputs import Inputs
from neurogate.network.recording import Recording
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant, Uniform
from neurogate.plasticity.online import ONLINE_RULES, OnlineDelta, OnlineLeastSquares, OnlineRule

SPEC = ReservoirSpec(n=30, inputs=Inputs(feedback=Uniform(low=-1.0, high=1.0), noise_sd=Constant(value=0.3)))
STEPS = 400


def network() -> Reservoir:
    return Reservoir.build(SPEC, [1, 2], 0, readouts=2, backend="numpy")


def taught(rule: OnlineRule) -> tuple[np.ndarray, np.ndarray]:
    """Return readouts (B, T, R) and final weights of two networks that are taught two constants."""
    reservoir = network()
    targets = np.broadcast_to(np.array([0.5, -0.25]), (2, STEPS, 2)).copy()
    lesson = rule.lesson(SPEC.dt_ms, targets)
    inputs = np.zeros((2, STEPS, 0))
    record = [Recording(variable="readout")]
    state, records = reservoir.run(rule.begun(reservoir.initial_state()), inputs, record, lesson)
    return records["readout"], state.readout_weights


def test_times_become_steps() -> None:
    rule = OnlineLeastSquares(start_ms=5.0, stop_ms=10.0, every_ms=0.8, ridge=4.0, divided=False)
    lesson = rule.lesson(0.04, np.zeros((3, 7, 2)))
    assert (lesson.first, lesson.last, lesson.every) == (125, 250, 20)
    assert lesson.rule == LESSONS["least_squares"]
    assert not lesson.divided
    assert lesson.course.shape == (3, 7)
    assert lesson.rate.shape == (3,)


def test_forgetting_leaks_the_ridge_back() -> None:
    lesson = OnlineLeastSquares(ridge=4.0, forgetting=0.75).lesson(0.04, np.zeros((1, 1, 1)))
    assert (lesson.forgetting, lesson.leak) == (0.75, 1.0)


def test_a_time_that_is_no_whole_number_of_steps_is_refused() -> None:
    with pytest.raises(RequestError, match=r"every_ms is 1 ms; it must be a whole number of steps of 0.3 ms"):
        OnlineLeastSquares().lesson(0.3, np.zeros((1, 1, 1)))


@pytest.mark.parametrize("cls", ONLINE_RULES.values())
def test_teaching_must_end_after_it_begins(cls: type[OnlineRule]) -> None:
    with pytest.raises(ValueError, match="stop_ms is 5; it must be above start_ms, 7 ms"):
        cls(start_ms=7.0, stop_ms=5.0)


def test_teaching_begins_with_the_identity_over_the_ridge_and_ends_without() -> None:
    rule = OnlineLeastSquares(ridge=4.0)
    begun = rule.begun(network().initial_state())
    np.testing.assert_array_equal(begun.inverse, np.tile(np.eye(30) / 4.0, (2, 1, 1)))
    assert rule.ended(begun).inverse.shape == (2, 0, 0)


@pytest.mark.parametrize(
    "rule",
    [
        OnlineLeastSquares(start_ms=100.0, stop_ms=300.0, every_ms=2.0, ridge=100.0),
        OnlineDelta(start_ms=100.0, stop_ms=300.0, every_ms=1.0, eta=0.5),
        OnlineDelta(start_ms=100.0, stop_ms=300.0, every_ms=1.0, eta=0.5, saturation=0.1),
    ],
)
def test_constants_are_learned_and_nothing_changes_before(rule: OnlineRule) -> None:
    readouts, weights = taught(rule)
    assert not readouts[:, :100].any()
    assert np.abs(readouts[:, 250:300] - [0.5, -0.25]).mean() < 0.06
    assert weights.shape == (2, 2, 30)


def test_a_shut_gate_teaches_nothing() -> None:
    readouts, weights = taught(OnlineDelta(start_ms=0.0, stop_ms=300.0, every_ms=1.0, course=0.0))
    assert not readouts.any()
    assert not weights.any()


def test_a_lesson_holds_the_fields_of_the_backend() -> None:
    assert isinstance(OnlineDelta().lesson(0.04, np.zeros((1, 1, 1))), Lesson)
