"""A published reservoir, built by hand from its definition: 1249 spikes in the first 60 ms."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.backends import numba_cpu
from neurogate.backends.layout import MODELS, SCHEMES, STATE_ROWS, Codes, NetworkArrays, StateArrays
from neurogate.network.recording import Recording
from tests.backends.cases import Case, run

N, DT_MS, RISE_MS, DECAY_MS = 1000, 0.04, 2.0, 20.0
V_REST, V_PEAK, V_RESET = -60.0, 30.0, -65.0


def force_reservoir(seed: int) -> Case:
    """Return the FORCE reservoir of Nicola & Clopath 2017 (doi:10.1038/s41467-017-01827-3), not learning.

    The draws, in this order: who is connected, how strongly, the weights of the fed-back readout, the
    readout, the initial potentials.
    """
    rng = np.random.default_rng(seed)
    connected = rng.random((N, N)) < 0.1
    weights = 5000 * rng.standard_normal((N, N)) * connected / (0.1 * np.sqrt(N))
    encoder = 5000 * (2 * rng.random(N) - 1)
    decoder = rng.standard_normal(N) * 0.03 * np.sqrt(1000 / N)
    v = V_REST + (V_PEAK - V_REST) * rng.random(N)

    senders, receivers = np.nonzero(connected.T)
    kick = 1 / (RISE_MS * DECAY_MS)
    rows = np.array([250, 2.5, V_REST, -20, V_PEAK, 0.01, 0, V_RESET, 200], np.float64)

    def each(value: float) -> np.ndarray:
        return np.full((1, 1), value, np.float64)

    rise, decay = each(np.exp(-DT_MS / RISE_MS)), each(np.exp(-DT_MS / DECAY_MS))
    none = np.zeros((1, 0))
    network = NetworkArrays(
        seed=np.array([seed], np.uint64),
        parameters=rows[None, :, None],
        bias=np.full((1, N), 1000.0),
        input_weights=np.zeros((1, 0, N)),
        noise_sd=none,
        poisson_mean=none,
        poisson_none=none,
        poisson_weight=np.zeros((1, N)),
        feedback_weights=encoder[None, None],
        synapse_decay=decay,
        synapse_rise=rise,
        trace_decay=decay,
        trace_rise=rise,
        trace_kick=each(kick),
        indptr=np.concatenate([[0], np.cumsum(np.bincount(senders, minlength=N))])[None],
        targets=receivers[None].astype(np.int32),
        weights=kick * weights.T[connected.T][None],
        delays=np.zeros((1, 0), np.int32),
        use=np.zeros((1, 0)),
        facilitation_decay=np.zeros((1, 0)),
        depression_decay=np.zeros((1, 0)),
    )
    values = np.zeros((1, len(STATE_ROWS), N))
    values[0, 0] = v
    nothing = np.zeros((1, 0, N)), np.zeros((1, 1))
    state = StateArrays(values, *nothing, decoder[None, None], np.zeros((1, 0, 0)), np.zeros((1, 0, N)), 0)
    return Case(Codes(MODELS["izhikevich_2007"], SCHEMES["euler"], True, True, DT_MS), network, state)


@pytest.fixture(scope="module")
def case() -> Case:
    return force_reservoir(seed=1)


def test_the_first_60_ms_hold_1249_spikes(case: Case) -> None:
    inputs = np.zeros((1, round(60 / DT_MS), 0))
    spikes = run(numba_cpu, case, inputs, [Recording(variable="spikes")]).records["spikes"]
    assert spikes.sum() == 1249
    assert np.count_nonzero(spikes.sum(axis=(0, 1))) > N / 2


def test_a_second_goes_on_at_its_mean_rate(case: Case) -> None:
    inputs = np.zeros((1, round(1000 / DT_MS), 0))
    spikes = run(numba_cpu, case, inputs, [Recording(variable="spikes", stride=25_000)]).records["spikes"]
    assert round(spikes.mean(), 2) == 6.38
