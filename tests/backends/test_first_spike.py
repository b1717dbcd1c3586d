"""Who spikes first wins, alike in both backends, bit for bit, and whatever else is in the batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.backends.first_spike import DT_MS, FORGETTING, INHIBITED_MV, MAP
from neurogate.backends.numba_cpu import first_spike as compiled
from neurogate.backends.numpy_reference import first_spike as reference

LONGEST = 700
MAPS = st.lists(st.integers(0, 1000), min_size=1, max_size=40).map(lambda x: np.array([x]) / 1000)
BACKENDS = pytest.mark.parametrize("backend", [compiled, reference], ids=["numba", "numpy"])


def run(backend: Any, salience: np.ndarray, noise: float = 0.0, longest: int = LONGEST) -> Any:
    batch, n = salience.shape
    seeds = np.arange(batch) + 5
    return backend.first_spike(
        np.zeros((batch, 3, n)), salience, noise, 100 * np.arange(batch), seeds, longest
    )


@settings(max_examples=10)
@given(MAPS, st.sampled_from([0.0, 2.0]), st.integers(0, 9))
def test_both_backends_have_the_same_bits(salience: np.ndarray, noise: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    state = rng.random((1, 3, salience.shape[1])) * [[[0.5], [0.2], [-20.0]]]
    asked = state, salience, noise, np.array([3]), np.array([seed]), LONGEST
    for a, b in zip(compiled.first_spike(*asked), reference.first_spike(*asked), strict=True):
        assert np.array_equal(a, b)


@settings(max_examples=25)
@given(MAPS)
def test_without_noise_the_winner_is_the_highest_of_the_map(salience: np.ndarray) -> None:
    _, steps, winner = run(compiled, salience, longest=4000)
    if winner[0] < 0:
        assert steps[0] == 4000
        assert salience.max() < 0.05
    else:
        assert winner[0] == salience[0].argmax()


def test_what_is_more_salient_is_found_sooner() -> None:
    _, steps, _ = run(compiled, np.array([[0.2], [0.5], [1.0], [5.0]]), longest=4000)
    assert (np.diff(steps) < 0).all()
    # While charge is small, the layer follows s t² / 2000, in mV and ms.
    np.testing.assert_allclose(steps[3] * DT_MS, np.sqrt(2000 / 5), rtol=0.15)


@BACKENDS
def test_winning_inhibits_the_whole_layer(backend: Any) -> None:
    state, _, winner = run(backend, np.array([[0.3, 1.0, 0.0]]))
    assert winner[0] == 1
    np.testing.assert_allclose(state[0, 2], INHIBITED_MV, rtol=1e-2)


@BACKENDS
def test_a_map_without_input_discharges_with_its_time_constant(backend: Any) -> None:
    state = np.zeros((1, 3, 1))
    state[0, :, 0] = 0.01, 0.5, -20.0
    new, steps, winner = backend.first_spike(
        state, np.zeros((1, 1)), 0.0, np.zeros(1, int), np.zeros(1, int), 50
    )
    assert (steps[0], winner[0]) == (50, -1)
    assert new[0, 1, 0] == pytest.approx(0.5 * FORGETTING**50)
    leak = MAP[1] + 0.5 * FORGETTING**25
    ends = INHIBITED_MV * 0.5 / (0.5 + MAP[1])
    expected = ends + (0.01 - ends) * np.exp(-50 * DT_MS * leak / MAP[0])
    assert new[0, 0, 0] == pytest.approx(expected, rel=0.02)


def test_a_replica_does_not_depend_on_the_batch_or_the_threads() -> None:
    salience = np.random.default_rng(1).random((3, 20))
    seeds, first = np.array([4, 5, 6]), np.array([0, 7, 9])
    state = np.zeros((3, 3, 20))
    together = compiled.first_spike(state, salience, 3.0, first, seeds, LONGEST, threads=2)
    for b in range(3):
        own = slice(b, b + 1)
        alone = compiled.first_spike(
            state[own], salience[own], 3.0, first[own], seeds[own], LONGEST, threads=1
        )
        assert all(np.array_equal(x[own], y) for x, y in zip(together, alone, strict=True))
    assert not state.any()
