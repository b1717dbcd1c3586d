"""The order of a step, on two neurons whose numbers can be worked out by hand.

Neuron 0 starts so high that it fires in the first step; neuron 1 rests and hears it.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from neurogate.backends import noise, numba_cpu, numpy_reference
from neurogate.backends.layout import MODELS, SCHEMES, STATE_ROWS, Codes, NetworkArrays, StateArrays
from neurogate.network.recording import Recording
from tests.backends.cases import Case, Outcome, run

pytestmark = pytest.mark.parametrize(
    "backend", [numpy_reference, numba_cpu], ids=lambda module: module.__name__.rpartition(".")[2]
)
SCHEME = pytest.mark.parametrize("scheme", SCHEMES)

DT, WEIGHT, DECAY, RISE, KICK = 0.5, 3.7, 0.9, 0.6, 1.3
A, B, C, D, V_PEAK = 0.1, 0.2, -65.0, 8.0, 30.0
SEED, FIRST = 77, 1000
V_0, U_0 = (29.0, -70.0), (0.0, -14.0)
RECORD = [Recording(variable=v) for v in ("spikes", "v", "u", "synaptic_current", "trace")]


def pair(
    scheme: str = "euler",
    *,
    double: bool = False,
    delay: int = 0,
    dtype: str = "float64",
    readout_weights: np.ndarray | None = None,
    **changes: Any,
) -> Case:
    """Return two neurons of which the first sends to the second; `delay` 0 leaves the delays out."""

    def each(value: float) -> np.ndarray:
        return np.full((1, 2), value, dtype)

    none = np.zeros((1, 0))
    rows = np.repeat(np.array([[A], [B], [C], [D], [V_PEAK]]), 2, axis=1)
    network = NetworkArrays(
        seed=np.array([SEED], np.uint64),
        parameters=rows[None].astype(dtype),
        bias=each(0),
        input_weights=np.zeros((1, 1, 2), dtype),
        noise_sd=none.astype(dtype),
        poisson_mean=none,
        poisson_none=none,
        poisson_weight=each(0),
        feedback_weights=np.zeros((1, 0, 2), dtype),
        synapse_decay=each(DECAY),
        synapse_rise=each(RISE),
        trace_decay=each(DECAY),
        trace_rise=each(RISE),
        trace_kick=each(KICK),
        indptr=np.array([[0, 1, 1]], np.int64),
        targets=np.array([[1]], np.int32),
        weights=np.array([[WEIGHT]], dtype),
        delays=np.full((1, min(delay, 1)), delay, np.int32),
        use=none.astype(dtype),
        facilitation_decay=none.astype(dtype),
        depression_decay=none.astype(dtype),
    )._replace(**changes)
    values = np.zeros((1, len(STATE_ROWS), 2), dtype)
    values[0, 0], values[0, 1] = V_0, U_0
    phi = np.zeros((1, 0, 2), dtype) if readout_weights is None else readout_weights
    pending, z, p = np.zeros((1, delay, 2), dtype), np.zeros(phi.shape[:2], dtype), np.zeros((1, 0, 0), dtype)
    state = StateArrays(values, pending, z, phi, p, np.zeros((1, 0, 2), dtype), FIRST)
    return Case(Codes(MODELS["izhikevich_2003"], SCHEMES[scheme], double, double, DT), network, state)


def advance(backend: ModuleType, case: Case, steps: int = 6, pulse: float = 0.0) -> Outcome:
    """Run with a pulse in the first step."""
    inputs = np.zeros((1, steps, 1), case.network.bias.dtype)
    inputs[0, 0, 0] = pulse
    return run(backend, case, inputs, RECORD)


def course(outcome: Outcome, variable: str, neuron: int) -> list[float]:
    """Return what was recorded of one neuron."""
    return outcome.records[variable][0, :, neuron].tolist()


def slope(v: float, u: float, current: float) -> float:
    return (0.04 * v + 5) * v + 140 - u + current


def moved(scheme: str, v: float, u: float, current: float) -> tuple[float, float]:
    """Return v and u after one step without a spike."""
    if scheme == "euler":
        return v + DT * slope(v, u, current), u + DT * A * (B * v - u)
    for _ in range(2):
        v = v + DT / 2 * slope(v, u, current)
    return v, u + DT * A * (B * v - u)


@pytest.mark.parametrize("delay", [0, 1, 2, 5])
@pytest.mark.parametrize("double", [False, True])
def test_a_spike_moves_its_receiver_first_after_its_delay(
    backend: ModuleType, delay: int, double: bool
) -> None:
    cases = pair(double=double, delay=delay), pair(double=double, delay=delay, weights=np.zeros((1, 1)))
    heard, unheard = (advance(backend, case, 9) for case in cases)
    assert course(heard, "spikes", 0) == [1] + [0] * 8
    differs = np.array(course(heard, "v", 1)) != course(unheard, "v", 1)
    assert np.flatnonzero(differs)[0] == max(delay, 1) + double


@pytest.mark.parametrize("delay", [0, 1, 3])
def test_an_exponential_synapse_jumps_where_the_spike_arrives_and_decays(
    backend: ModuleType, delay: int
) -> None:
    current = course(advance(backend, pair(delay=delay)), "synaptic_current", 1)
    before = max(delay - 1, 0)
    expected = [0.0] * before + [WEIGHT, DECAY * WEIGHT, DECAY * (DECAY * WEIGHT)]
    assert current[: before + 3] == expected


@pytest.mark.parametrize("delay", [0, 1, 3])
def test_a_double_exponential_synapse_rises_from_the_old_h(backend: ModuleType, delay: int) -> None:
    current = course(advance(backend, pair(double=True, delay=delay)), "synaptic_current", 1)
    before = max(delay - 1, 0)
    first = DT * WEIGHT
    second = RISE * first + DT * (DECAY * WEIGHT)
    third = RISE * second + DT * (DECAY * (DECAY * WEIGHT))
    assert current[: before + 4] == [0.0] * before + [0.0, first, second, third]


def test_an_exponential_trace_includes_the_spike_of_its_own_step(backend: ModuleType) -> None:
    outcome = advance(backend, pair(), 3)
    assert course(outcome, "trace", 0) == [KICK, DECAY * KICK, DECAY * (DECAY * KICK)]
    assert course(outcome, "trace", 1) == [0, 0, 0]


def test_a_double_exponential_trace_rises_from_the_old_g(backend: ModuleType) -> None:
    first = DT * KICK
    expected = [0, first, RISE * first + DT * (DECAY * KICK)]
    assert course(advance(backend, pair(double=True), 3), "trace", 0) == expected


@SCHEME
def test_u_follows_the_old_v_in_euler_and_the_new_v_in_half_step(backend: ModuleType, scheme: str) -> None:
    weights = np.array([[[0.0, 2.0]]])
    outcome = advance(backend, pair(scheme, input_weights=weights), 2, pulse=5.0)
    v, u = moved(scheme, V_0[1], U_0[1], 2.0 * 5.0)
    assert (course(outcome, "v", 1)[0], course(outcome, "u", 1)[0]) == (v, u)
    v, u = moved(scheme, v, u, WEIGHT)
    assert (course(outcome, "v", 1)[1], course(outcome, "u", 1)[1]) == (v, u)


@SCHEME
def test_a_neuron_that_fired_is_reset_before_it_is_recorded(backend: ModuleType, scheme: str) -> None:
    outcome = advance(backend, pair(scheme), 1)
    v, u = moved(scheme, V_0[0], U_0[0], 0)
    assert v >= V_PEAK
    assert (course(outcome, "v", 0), course(outcome, "u", 0)) == ([C], [u + D])


def test_a_readout_is_fed_back_at_the_next_step(backend: ModuleType) -> None:
    phi, back = np.array([[[0.5, 0.0], [2.0, 1.0]]]), np.array([[[0.0, 3.0], [0.0, -1.0]]])
    silent = np.zeros((1, 1))
    case = pair(readout_weights=phi, feedback_weights=back, weights=silent)
    outcome = advance(backend, case, 2)
    assert outcome.state.feedback.tolist() == [[0.5 * (DECAY * KICK), 2.0 * (DECAY * KICK)]]
    v, u = moved("euler", V_0[1], U_0[1], 0)
    assert course(outcome, "v", 1)[0] == v
    assert course(outcome, "v", 1)[1] == moved("euler", v, u, 3.0 * (0.5 * KICK) - 2.0 * KICK)[0]


def test_a_state_carries_the_readouts_that_are_fed_back_first(backend: ModuleType) -> None:
    one = np.array([[[0.0, 1.0]]])
    case = pair(readout_weights=one, feedback_weights=3 * one)
    case = case._replace(state=case.state._replace(feedback=np.array([[4.0]])))
    assert course(advance(backend, case, 1), "v", 1) == [moved("euler", V_0[1], U_0[1], 12.0)[0]]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_noise_is_that_of_the_absolute_step(backend: ModuleType, dtype: str) -> None:
    noisy = np.array([[0.0, 2.0]], dtype)
    outcome = advance(backend, pair(noise_sd=noisy, dtype=dtype), 2)
    draws = [noise.normals(SEED, noise.STREAMS["membrane"], FIRST + t, 2, dtype)[1] for t in range(2)]
    number = np.dtype(dtype).type
    v, u = moved("euler", *map(number, (V_0[1], U_0[1], number(2) * draws[0])))
    second = moved("euler", number(v), number(u), number(WEIGHT) + number(2) * draws[1])[0]
    assert course(outcome, "v", 1) == [v, second]


def test_external_spikes_pass_the_synapse_like_recurrent_ones(backend: ModuleType) -> None:
    mean = np.array([[0.0, 1.5]])
    external = {
        "poisson_mean": mean,
        "poisson_none": np.exp(-mean),
        "poisson_weight": np.array([[5.0, 0.25]]),
    }
    outcome = advance(backend, pair(**external), 4)
    counts = [
        noise.poisson_counts(SEED, noise.STREAMS["poisson"], FIRST + t, mean[0], np.exp(-mean[0]))[1]
        for t in range(4)
    ]
    current, expected = 0.0, []
    for t, count in enumerate(counts):
        current = (DECAY * current + 0.25 * count) + (WEIGHT if t == 0 else 0.0)
        expected.append(current)
    assert sum(counts) > 2
    assert course(outcome, "synaptic_current", 1) == expected
    v, u = moved("euler", V_0[1], U_0[1], 0)
    assert course(outcome, "v", 1)[:2] == [v, moved("euler", v, u, expected[0])[0]]


def test_currents_are_added_in_the_documented_order(backend: ModuleType) -> None:
    bias, weight, x, s, z, sd = 1e12, 0.7, 0.3, -1e12, 0.1, 1.0
    one = np.array([[[0.0, 1.0]]])
    case = pair(
        bias=bias * one[0],
        input_weights=weight * one,
        readout_weights=one,
        feedback_weights=one,
        noise_sd=sd * one[0],
    )
    values = case.state.values.copy()
    values[0, 2, 1] = s
    case = case._replace(state=case.state._replace(values=values, feedback=np.array([[z]])))
    noisy = sd * noise.normals(SEED, noise.STREAMS["membrane"], FIRST, 2)[1]
    documented = (((bias + weight * x) + z) + noisy) + s
    v = moved("euler", V_0[1], U_0[1], documented)[0]
    assert course(advance(backend, case, 1, pulse=x), "v", 1) == [v]
    for other in ((((bias + weight * x) + s) + z) + noisy, ((bias + s) + weight * x + z) + noisy):
        assert moved("euler", V_0[1], U_0[1], other)[0] != v
