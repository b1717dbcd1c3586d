"""Jitter: outcomes early, late and on time, and never outside the cue."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from neurogate.errors import RequestError
from neurogate.neurons.distributions import Constant, FromFile, Gamma, LogUniform, Normal, Uniform
from neurogate.tasks.jitter import Jitter

WINDOW_MS = (100.0, 1600.0)
EXPONENTIAL = Jitter(shift_ms=(Gamma(shape=1.0, scale=200.0),))


def times(jitter: Jitter, latency_ms: float, n: int, step_ms: float = 1.0) -> np.ndarray:
    return jitter.times(np.random.default_rng(5), np.full(n, latency_ms), WINDOW_MS, step_ms)


def test_a_mixture_takes_each_distribution_by_its_odds() -> None:
    jitter = Jitter(shift_ms=(Constant(value=0.0), Uniform(low=-90.0, high=-80.0)), odds=(0.8, 0.2))
    shifts = jitter.sample(np.random.default_rng(0), 10_000)
    early = shifts < 0
    low, high = stats.binom.ppf([1e-4, 1 - 1e-4], shifts.size, 0.2)
    assert low <= early.sum() <= high
    assert ((shifts[early] >= -90) & (shifts[early] <= -80)).all()
    assert not shifts[~early].any()


def test_without_odds_all_are_equally_frequent() -> None:
    shifts = Jitter(shift_ms=tuple(Constant(value=v) for v in (-5.0, 0.0, 5.0))).sample(
        np.random.default_rng(0), 9000
    )
    assert stats.chisquare(np.unique(shifts, return_counts=True)[1]).pvalue > 1e-4


def test_an_outcome_at_a_constant_hazard_is_exponential_up_to_the_end_of_the_cue() -> None:
    drawn = times(EXPONENTIAL, 400.0, 20_000, step_ms=0.01) - 400.0
    assert stats.kstest(drawn, stats.truncexpon(b=1200 / 200, scale=200.0).cdf).pvalue > 1e-4


@given(
    latency=st.floats(150, 1500),
    sd=st.floats(0, 3000),
    step=st.sampled_from([0.1, 0.5, 1.0, 5.0]),
)
def test_times_are_whole_steps_inside_the_window(latency: float, sd: float, step: float) -> None:
    drawn = times(Jitter(shift_ms=(Normal(mean=0.0, sd=sd),)), latency, 50, step)
    assert ((drawn > WINDOW_MS[0]) & (drawn <= WINDOW_MS[1])).all()
    np.testing.assert_allclose(drawn / step, np.rint(drawn / step), atol=1e-6)


def test_times_that_never_fit_are_given_up_with_a_sentence() -> None:
    with pytest.raises(RequestError, match="jitter moves outcomes from 1500 ms out of the cue nearly always"):
        times(Jitter(shift_ms=(Constant(value=500.0),)), 1500.0, 3)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"shift_ms": ()}, "shift_ms is empty"),
        ({"shift_ms": (FromFile(path="a.npy"),)}, r"shift_ms\[0\] is a file"),
        ({"odds": (0.5, 0.5)}, "odds holds 2 numbers; it must hold one per distribution in shift_ms, 1"),
        (
            {"shift_ms": (Constant(value=0.0), Constant(value=1.0)), "odds": (0.5, 0.4)},
            r"odds is \[0.5, 0.4\]; the odds must sum to 1, not to 0.9",
        ),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(settings: dict[str, Any], sentence: str) -> None:
    (problem,) = Jitter(**settings).problems()
    assert re.search(sentence, problem)


@pytest.mark.parametrize(
    ("distribution", "latency_ms", "fits"),
    [
        (Uniform(low=-100.0, high=100.0), 300.0, True),
        (Uniform(low=-250.0, high=100.0), 300.0, False),
        (Uniform(low=-100.0, high=100.0), 1500.0, True),
        (Uniform(low=-100.0, high=101.0), 1500.0, False),
        (LogUniform(low=1.0, high=1000.0), 900.0, False),
        (Constant(value=-200.0), 300.0, False),
        (Gamma(shape=1.0, scale=300.0), 900.0, True),
        (Gamma(shape=1.0, scale=3000.0), 900.0, False),
        (Normal(mean=0.0, sd=1e4), 900.0, True),
    ],
)
def test_bounds_must_lie_in_the_cue_and_of_the_unbounded_the_mean(
    distribution: Any, latency_ms: float, fits: bool
) -> None:
    fact = Jitter(shift_ms=(distribution,)).outside(latency_ms, *WINDOW_MS)
    assert (fact is None) == fits
    assert fits or fact.startswith("jitter.shift_ms[0] makes a latency of")
