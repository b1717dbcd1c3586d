"""The gates that are drawn are those of the configuration."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from neurogate.config import Simulation, WaveformSimulation
from neurogate.plasticity.gates import CueGate, ErrorGate, OutcomeGate, PhaseGate, SurpriseGate
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.runs.gating import gate_courses


def course(*gates, arrays=None):
    simulation = attrs.evolve(Simulation(), rules={"mine": ThreeFactor(gates=gates)})
    return gate_courses(simulation, arrays or {})["mine"]


def test_only_rules_that_have_gates_are_there():
    assert list(gate_courses(Simulation(), {})) == ["three_factor"]
    assert gate_courses(WaveformSimulation(), {}) == {}


def test_a_phase_gate_is_open_in_its_phase_in_every_trial():
    made = course(PhaseGate(start_ms=100.0, stop_ms=200.0))
    on = made.time_ms[made.high[0] > 0]
    assert (on.min(), on.max()) == (105.0, 195.0)
    assert (made.high == made.high[0]).all()


def test_an_outcome_gate_opens_at_each_cues_latency_and_never_in_an_omission():
    made = course(OutcomeGate())
    first = made.time_ms[(made.high[:-1] > 0).argmax(axis=1)]
    assert first.tolist() == [300.0, 600.0, 900.0, 1200.0]
    assert not made.high[-1].any()


def test_gates_multiply():
    both, phase, cue = course(PhaseGate(), CueGate()), course(PhaseGate()), course(CueGate())
    np.testing.assert_array_equal(both.high, phase.high * cue.high)


def test_surprise_reaches_from_its_floor_to_open():
    made = course(SurpriseGate(floor=0.3))
    assert (made.low == 0.3).all()
    assert (made.high == 1.0).all()


def test_the_error_gate_opens_as_far_as_the_stored_readout_errs():
    latency_ms = Simulation().task.latency_ms()
    distance = (np.arange(1, 331) * 5.0 - latency_ms[..., None]) / Simulation().task.target_sd_ms
    perfect = np.exp(-0.5 * distance**2)[None]
    silent = course(ErrorGate(), arrays={"mine.when": np.zeros(perfect.shape)}).opening
    taught = course(ErrorGate(), arrays={"mine.when": perfect}).opening
    assert silent.shape == (3, 330)
    assert silent[0, 59] == pytest.approx(0.25, abs=1e-3)  # one of four cues is due at 300 ms
    assert taught.max() < 1e-12


def test_without_an_error_gate_there_is_nothing_to_say_of_errors():
    assert course(PhaseGate(), arrays={"mine.when": np.zeros((1, 3, 4, 330))}).opening is None
