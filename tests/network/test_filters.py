"""Synapses and traces: a spike carries the same charge whatever the filter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.network.filters import Synapse, Trace, kick
from tests.tolerances import TOLERANCE

KINDS = ["exponential", "double_exponential"]
KIND = st.sampled_from(KINDS)


def response(kind: str, amount: float, tau_ms: float, rise_ms: float, dt_ms: float) -> np.ndarray:
    """Return the course of a filter after one spike, until it has died away."""
    steps = int(40 * max(tau_ms, rise_ms) / dt_ms) + 40
    decay, rise = np.exp(-dt_ms / tau_ms), np.exp(-dt_ms / rise_ms)
    x, y, course = 0.0, 0.0, np.zeros(steps)
    for t in range(steps):
        arriving = amount if t == 0 else 0.0
        if kind == "exponential":
            x = decay * x + arriving
        else:
            x, y = rise * x + dt_ms * y, decay * y + arriving
        course[t] = x
    return course


@given(
    kind=KIND,
    tau_ms=st.floats(0.5, 30),
    rise_ms=st.floats(0.2, 10),
    dt_ms=st.sampled_from([0.04, 0.1, 0.5, 1.0]),
    charge=st.floats(0.1, 100),
)
def test_a_spike_carries_its_charge_whatever_the_kind_and_the_time_constants(
    kind: str, tau_ms: float, rise_ms: float, dt_ms: float, charge: float
) -> None:
    synapse = Synapse(kind=kind, charge=charge)
    amount = kick(synapse, np.array([tau_ms]), np.array([rise_ms]), dt_ms)[0]
    total = response(kind, amount, tau_ms, rise_ms, dt_ms).sum() * dt_ms
    assert total == pytest.approx(charge, rel=TOLERANCE["filter", "float64"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_trace_of_one_spike_a_second_is_one_hertz_on_average(kind: str) -> None:
    amount = kick(Trace(kind=kind), np.array([80.0]), np.array([2.0]), 1.0)[0]
    mean = response(kind, amount, 80.0, 2.0, 1.0).sum() / 1000
    assert mean == pytest.approx(1, rel=TOLERANCE["filter", "float64"])


def test_for_short_steps_the_kicks_are_those_of_the_continuous_filters() -> None:
    tau, rise, dt = np.array([5.0, 20.0]), np.array([2.0, 2.0]), 1e-7
    single = kick(Synapse(charge=3.0), tau, rise, dt)
    double = kick(Synapse(kind="double_exponential", charge=3.0), tau, rise, dt)
    np.testing.assert_allclose(single, 3 / tau, rtol=TOLERANCE["continuous filter", "float64"])
    np.testing.assert_allclose(double, 3 / (2 * tau), rtol=TOLERANCE["continuous filter", "float64"])


def test_kinds_that_do_not_exist_are_refused() -> None:
    for cls in (Synapse, Trace):
        with pytest.raises(ValueError, match="kind"):
            cls(kind="alpha")


def test_the_charge_of_a_synapse_is_positive() -> None:
    with pytest.raises(ValueError, match=r"Synapse.charge is 0.0; it must be above 0"):
        Synapse(charge=0.0)
