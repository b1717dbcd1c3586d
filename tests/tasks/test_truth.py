"""The truth that predictions are held against."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from neurogate.neurons.distributions import Constant, Gamma, Uniform
from neurogate.tasks.jitter import Jitter
from neurogate.tasks.truth import due_ms, expected_when, true_probability
from neurogate.tasks.what_when import WhatWhen

TASK = WhatWhen()
TIME_MS = np.arange(5.0, 1655.0, 5.0)
STEADY = attrs.evolve(TASK.blocks[0], trials=100)


def with_jitter(
    *shift_ms: Uniform | Constant | Gamma, odds: tuple[float, ...] = (), **task: float
) -> WhatWhen:
    block = attrs.evolve(STEADY, jitter=Jitter(shift_ms=shift_ms, odds=odds))
    return attrs.evolve(TASK, blocks=(block,), **task)


def test_without_jitter_outcomes_are_due_at_their_latency() -> None:
    np.testing.assert_array_equal(due_ms(TASK), TASK.latency_ms())


def test_outcomes_spread_evenly_are_due_in_the_middle() -> None:
    due = due_ms(with_jitter(Uniform(low=-100.0, high=100.0)))
    np.testing.assert_allclose(due, TASK.latency_ms()[:1], atol=5)


def test_the_most_frequent_part_of_a_mixture_is_when_outcomes_are_due() -> None:
    due = due_ms(with_jitter(Constant(value=0.0), Constant(value=-190.0), odds=(0.3, 0.7)))
    np.testing.assert_allclose(due, TASK.latency_ms()[:1] - 190, atol=1)


def test_at_a_constant_hazard_outcomes_are_due_soon_after_they_can_come() -> None:
    due = due_ms(with_jitter(Gamma(shape=1.0, scale=200.0)))
    t, width = np.arange(0.0, 1650.0), 40.0
    density = np.convolve(np.exp(-t / 200), np.exp(-0.5 * (np.arange(-200, 201) / width) ** 2), "full")[200:]
    peak = t[density[: t.size].argmax()]
    np.testing.assert_allclose(due, TASK.latency_ms()[:1] + peak, atol=8)


def test_the_mean_target_is_the_density_of_times_by_the_odds_of_any_outcome(rng: np.random.Generator) -> None:
    task = with_jitter(Uniform(low=-150.0, high=150.0), target_sd_ms=30.0)
    expected = expected_when(task, TIME_MS)[0]
    for c, latency in enumerate(STEADY.latency_ms):
        drawn = latency + np.rint(rng.uniform(-150, 150, 40_000))
        bumps = np.exp(-0.5 * ((TIME_MS - drawn[:, None]) / 30) ** 2).mean(axis=0)
        np.testing.assert_allclose(expected[c], sum(STEADY.probability[c]) * bumps, atol=0.01)


def test_the_bump_is_wider_for_later_outcomes_if_asked_for() -> None:
    task = attrs.evolve(TASK, blocks=(STEADY,), target_sd_ms=20.0, target_weber=0.1)
    bump = expected_when(task, TIME_MS)[0, 3] / 0.8
    sd = np.hypot(20.0, 120.0)
    np.testing.assert_allclose(bump, np.exp(-0.5 * ((TIME_MS - 1200) / sd) ** 2), rtol=1e-12)


@pytest.mark.parametrize("trials", [100, 101, 2])
def test_odds_that_drift_end_exactly_where_they_should(trials: int) -> None:
    to = ((0.1, 0.2), (0.3, 0.4), (0.1, 0.7), (0.6, 0.2))
    block = attrs.evolve(STEADY, trials=trials, probability_to=to)
    task = attrs.evolve(TASK, blocks=(attrs.evolve(STEADY, name="Z"), block))
    ends = true_probability(task, np.array([100, 101, 100 + trials]))
    np.testing.assert_array_equal(ends[0], STEADY.probability)
    np.testing.assert_array_equal(ends[1], STEADY.probability)
    np.testing.assert_array_equal(ends[2], to)
    np.testing.assert_array_equal(task.probability(), [STEADY.probability, to])


def test_odds_that_do_not_drift_stay_to_the_bit() -> None:
    trial = np.arange(1, 801)
    block = np.repeat([0, 1, 2], [320, 240, 240])
    np.testing.assert_array_equal(true_probability(TASK, trial), TASK.probability()[block])
