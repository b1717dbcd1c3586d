"""A lesion closes its own phase and no other."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.plasticity.gates import GateContext, LesionGate, PhaseGate

TIME = st.floats(-1e4, 1e4)
TIMES_MS = np.array([-100.0, 0.0, 50.0, 100.0, 150.0, 200.0])


def known(outcome_ms: list[float]) -> GateContext:
    return GateContext(TIMES_MS, np.array(outcome_ms), np.zeros(len(outcome_ms)))


@given(TIME, st.floats(1, 1e4))
def test_a_lesion_from_the_cue_is_what_a_phase_gate_leaves_closed(start: float, length: float) -> None:
    context = known([100.0, np.nan])
    lesion = LesionGate(start_ms=start, stop_ms=start + length).course(context)
    phase = PhaseGate(start_ms=start, stop_ms=start + length).course(context)
    np.testing.assert_array_equal(lesion, 1 - phase)


@given(TIME, st.floats(1, 1e4), st.floats(0, 1))
def test_a_lesion_from_the_outcome_moves_with_it(start: float, length: float, level: float) -> None:
    gate = LesionGate(anchor="outcome", start_ms=start, stop_ms=start + length, level=level)
    at_cue = LesionGate(anchor="cue", start_ms=start, stop_ms=start + length, level=level)
    shifted = GateContext(TIMES_MS + 256.0, np.array([256.0]), np.zeros(1))
    np.testing.assert_array_equal(gate.course(shifted), at_cue.course(known([0.0])))


def test_an_omitted_outcome_has_no_phase_to_lesion() -> None:
    gate = LesionGate(anchor="outcome", start_ms=-1e4, stop_ms=1e4)
    course = gate.course(known([100.0, np.nan]))
    assert not course[0].any()
    assert (course[1] == 1).all()


def test_what_is_left_of_the_gate_is_its_level() -> None:
    course = LesionGate(start_ms=0.0, stop_ms=100.0, level=0.25).course(known([np.nan]))
    assert course.tolist() == [[1, 1, 0.25, 1, 1, 1]]


@given(st.lists(st.floats(300, 1200), min_size=1, max_size=3))
def test_the_cue_the_delay_and_what_is_due_share_no_moment(due_ms: list[float]) -> None:
    times = np.arange(2.5, 1650.0, 5.0)
    context = GateContext(times, np.full(len(due_ms), np.nan), np.zeros(len(due_ms)), due_ms=np.array(due_ms))
    phases = (
        LesionGate(start_ms=0.0, stop_ms=200.0),
        LesionGate(start_ms=200.0, until="due", stop_ms=-100.0),
        LesionGate(anchor="due", start_ms=-100.0, stop_ms=200.0),
    )
    closed = np.sum([1 - gate.course(context) for gate in phases], axis=0)
    since = times - np.array(due_ms)[:, None]
    before, at_edge = since < 200.0, np.isin(since, (-100.0, 200.0))
    np.testing.assert_array_equal(closed[~at_edge], before[~at_edge])


def test_what_is_due_is_lesioned_whether_it_comes_or_not() -> None:
    gate = LesionGate(anchor="due", start_ms=-30.0, stop_ms=30.0)
    context = GateContext(TIMES_MS, np.array([100.0, np.nan]), np.zeros(2), due_ms=np.array([100.0, 150.0]))
    assert gate.course(context).tolist() == [[1, 1, 1, 0, 1, 1], [1, 1, 1, 1, 0, 1]]


@pytest.mark.parametrize("until", [None, "cue"])
def test_a_lesion_ends_after_it_begins(until: Any) -> None:
    with pytest.raises(ValueError, match=re.escape("stop_ms is -100; it must be above start_ms, 200 ms.")):
        LesionGate(start_ms=200.0, stop_ms=-100.0, until=until)
    assert LesionGate(start_ms=200.0, stop_ms=-100.0, until="due").until == "due"
