"""A shuffled gate is as open as the gates it shuffles, at times that only the seed and the trial decide."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.plasticity.gates import CueGate, ErrorGate, GateContext, OutcomeGate, ShuffledGate, combine

TIMES_MS = np.arange(-100.0, 500.0, 5.0)
GATES = (CueGate(), OutcomeGate())


def known(number: int = 0, seed: tuple[int, ...] = (1, 2)) -> GateContext:
    return GateContext(TIMES_MS, np.array([200.0, 300.0]), np.zeros(2), number=number, seed=np.array(seed))


def shuffled(*gates: Any, **changes: Any) -> np.ndarray:
    return combine((*gates, ShuffledGate()), known(**changes))[0]


@given(st.integers(0, 10_000), st.integers(0, 2**63 - 1))
def test_every_opening_occurs_as_often_as_without_the_shuffle(number: int, seed: int) -> None:
    context = known(number, (seed, 0))
    plain = combine(GATES, context)[0]
    mixed = combine((ShuffledGate(), *GATES), context)[0]
    np.testing.assert_array_equal(np.sort(mixed, axis=1), np.sort(plain, axis=1))


def test_the_order_is_another_one_in_every_trial_and_replica_and_the_same_again() -> None:
    one = shuffled(CueGate())
    np.testing.assert_array_equal(shuffled(CueGate()), one)
    assert not np.array_equal(shuffled(CueGate(), number=1), one)
    assert not np.array_equal(one[0], one[1])
    np.testing.assert_array_equal(shuffled(CueGate(), seed=(2, 1))[::-1], one)


def test_over_many_trials_every_bin_is_equally_open() -> None:
    plain = combine((CueGate(),), known())[0]
    mean = np.mean([shuffled(CueGate(), number=n)[0] for n in range(2000)], axis=0)
    # Twelve standard errors.
    assert np.abs(mean - plain[0].mean()).max() < 12 * plain[0].std() / np.sqrt(2000)


@pytest.mark.parametrize("size", [1, 7])
def test_a_stretch_is_that_of_the_shuffled_trial(size: int) -> None:
    whole, parts = shuffled(*GATES), []
    for first in range(0, len(TIMES_MS), size):
        cut = slice(first, first + size)
        bins = np.arange(len(TIMES_MS))[cut]
        stretch = attrs.evolve(known(), time_ms=TIMES_MS[cut], bins=bins)
        parts.append(combine((*GATES, ShuffledGate()), stretch)[0])
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_the_error_gate_is_not_shuffled_but_handed_on() -> None:
    course, saturation = combine((ErrorGate(saturation=0.3), ShuffledGate()), known())
    assert saturation == 0.3
    assert (course == 1).all()
