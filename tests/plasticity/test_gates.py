"""Gates: from 0 to 1 always, the formula of each, and their product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.plasticity.gates import (
    GATES,
    AttentionGate,
    ConstantGate,
    CueGate,
    ErrorGate,
    Gate,
    GateContext,
    LearnedGate,
    LesionGate,
    OutcomeGate,
    PhaseGate,
    ShuffledErrorGate,
    ShuffledGate,
    SurpriseGate,
    combine,
)

FRACTION = st.floats(0, 1)
POSITIVE = st.floats(1e-6, 1e6)
TIME = st.floats(-1e4, 1e4)
ANY_GATE: st.SearchStrategy[Gate] = st.one_of(
    st.builds(ConstantGate, level=FRACTION),
    st.builds(
        lambda start, length: PhaseGate(start_ms=start, stop_ms=start + length), TIME, st.floats(1, 1e4)
    ),
    st.builds(CueGate, tau_ms=POSITIVE),
    st.builds(OutcomeGate, tau_ms=POSITIVE),
    st.builds(ErrorGate, saturation=POSITIVE),
    st.builds(SurpriseGate, floor=FRACTION, saturation=POSITIVE),
    st.builds(AttentionGate, half_width_ms=POSITIVE, leak=FRACTION),
    st.builds(LearnedGate, floor=st.floats(0.01, 1)),
    st.builds(
        lambda anchor, start, length, level: LesionGate(
            anchor=anchor, start_ms=start, stop_ms=start + length, level=level
        ),
        st.sampled_from(["cue", "outcome"]),
        TIME,
        st.floats(1, 1e4),
        FRACTION,
    ),
    st.just(ShuffledGate()),
    st.builds(ShuffledErrorGate, saturation=POSITIVE),
)
ANY_CONTEXT = st.builds(
    lambda times, replicas: GateContext(
        np.array(times), np.array([o for o, _ in replicas]), np.array([s for _, s in replicas])
    ),
    st.lists(TIME, min_size=1, max_size=20),
    st.lists(st.tuples(TIME | st.just(float("nan")), st.floats(0, 1e6)), min_size=1, max_size=4),
)


def context(
    time_ms: Sequence[float], outcome_ms: Sequence[float] = (0.0,), surprise: Sequence[float] = ()
) -> GateContext:
    return GateContext(np.array(time_ms), np.array(outcome_ms), np.array(surprise or [0.0] * len(outcome_ms)))


def test_the_list_names_every_gate_by_its_kind() -> None:
    kinds = {"constant", "phase", "cue", "outcome", "error", "surprise", "attention"}
    assert set(GATES) == kinds | {"learned", "lesion", "shuffled", "shuffled_error"}
    assert all(gate().kind == kind for kind, gate in GATES.items())


@given(ANY_GATE, ANY_CONTEXT)
def test_a_gate_lies_between_0_and_1_in_every_replica_and_bin(gate: Gate, known: GateContext) -> None:
    course = gate.course(known)
    assert course.shape == (len(known.outcome_ms), len(known.time_ms))
    assert ((course >= 0) & (course <= 1)).all()


@given(st.lists(ANY_GATE, max_size=4), ANY_CONTEXT)
def test_several_gates_multiply_whatever_their_order(gates: list[Gate], known: GateContext) -> None:
    gates = [gate for gate in gates if not isinstance(gate, ShuffledGate)]
    course, _ = combine(gates, known)
    expected = np.ones((len(known.outcome_ms), len(known.time_ms)))
    for gate in gates:
        expected = expected * gate.course(known)
    np.testing.assert_array_equal(course, expected)
    np.testing.assert_allclose(combine(gates[::-1], known)[0], course, rtol=1e-12)


def test_no_gate_is_an_open_gate() -> None:
    course, saturation = combine((), context([-5.0, 0.0, 5.0], [100.0, np.nan]))
    assert course.tolist() == [[1.0] * 3] * 2
    assert saturation == 0


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
def test_a_constant_gate_has_its_level_always(level: float) -> None:
    course = ConstantGate(level=level).course(context([-400.0, 0.0, 900.0], [300.0, np.nan]))
    assert (course == level).all()


def test_a_phase_gate_is_open_strictly_between_its_times() -> None:
    gate = PhaseGate(start_ms=-10.0, stop_ms=20.0)
    times = [-15.0, -10.0, -9.999, 0.0, 19.999, 20.0, 25.0]
    assert gate.course(context(times)).tolist() == [[0, 0, 1, 1, 1, 0, 0]]


def test_a_cue_gate_opens_at_the_cue_and_falls_by_e_in_its_time_constant() -> None:
    course = CueGate(tau_ms=100.0).course(context([-5.0, -1e-9, 0.0, 100.0, 200.0], [300.0, np.nan]))
    np.testing.assert_allclose(course, [[0, 0, 1, np.exp(-1), np.exp(-2)]] * 2, rtol=1e-14)


def test_an_outcome_gate_waits_for_the_outcome_of_its_own_replica() -> None:
    course = OutcomeGate(tau_ms=50.0).course(context([95.0, 100.0, 150.0], [100.0, 150.0, np.nan]))
    np.testing.assert_allclose(course, [[0, 1, np.exp(-1)], [0, 0, 1], [0, 0, 0]], rtol=1e-14)


def with_others(times: list[float], outcome_ms: list[float], others_ms: list[list[float]]) -> GateContext:
    return attrs.evolve(context(times, outcome_ms), others_ms=np.array(others_ms))


def test_an_outcome_gate_opens_for_every_outcome_whosever_it_is() -> None:
    seen = with_others([0.0, 50.0, 100.0], [50.0, np.nan], [[0.0, np.nan], [100.0, 0.0]])
    course = OutcomeGate(tau_ms=50.0).course(seen)
    np.testing.assert_allclose(course, [[1, 1, np.exp(-1)], [1, np.exp(-1), 1]], rtol=1e-14)


def test_an_attention_gate_is_closed_around_outcomes_that_are_not_the_trials_own() -> None:
    seen = with_others([0.0, 79.0, 80.0, 120.0, 121.0], [300.0] * 3, [[100.0], [np.nan], [0.0]])
    course = AttentionGate(half_width_ms=20.0, leak=0.25).course(seen)
    assert course.tolist() == [[1, 1, 0.25, 0.25, 1], [1] * 5, [0.25, 1, 1, 1, 1]]


def test_an_attention_gate_is_open_where_nothing_distracts() -> None:
    assert AttentionGate().course(context([-5.0, 0.0, 300.0], [300.0, np.nan])).all()


def test_a_surprise_gate_rises_from_its_floor_and_saturates() -> None:
    gate = SurpriseGate(floor=0.2, saturation=0.5)
    course = gate.course(context([0.0, 5.0], [0.0] * 4, [0.0, 0.25, 0.5, 7.0]))
    np.testing.assert_allclose(course, [[0.2] * 2, [0.6] * 2, [1.0] * 2, [1.0] * 2], rtol=1e-14)


def test_an_error_gate_is_left_to_the_rule_and_hands_it_its_saturation() -> None:
    course, saturation = combine((ErrorGate(saturation=0.3), ConstantGate(level=0.5)), context([0.0]))
    assert (course.tolist(), saturation) == ([[0.5]], 0.3)


@pytest.mark.parametrize(
    ("make", "settings"),
    [
        (ConstantGate, {"level": 1.1}),
        (ConstantGate, {"level": -0.1}),
        (PhaseGate, {"start_ms": 5.0, "stop_ms": 5.0}),
        (PhaseGate, {"stop_ms": float("nan")}),
        (CueGate, {"tau_ms": 0.0}),
        (OutcomeGate, {"tau_ms": -1.0}),
        (ErrorGate, {"saturation": 0.0}),
        (AttentionGate, {"half_width_ms": 0.0}),
        (AttentionGate, {"leak": 1.5}),
        (SurpriseGate, {"floor": 2.0}),
        (LearnedGate, {"floor": 0.0}),
        (LearnedGate, {"trials": 0.5}),
        (LearnedGate, {"start_ms": 0.0, "stop_ms": 50.0}),
        (LesionGate, {"start_ms": 300.0}),
        (LesionGate, {"level": 1.1}),
        (SurpriseGate, {"saturation": 0.0}),
    ],
    ids=lambda value: getattr(value, "kind", None) or str(value),
)
def test_settings_outside_their_domain_are_refused(make: type[Any], settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="; it must be "):
        make(**settings)
