"""The honest test: frozen omission probes show what was learned, and controls learn nothing of it."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
import pytest

from neurogate.network.features import Features
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.plasticity.episode import Call, Episode, Readouts, RuleState
from neurogate.plasticity.force import Force
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.tasks.probes import Probes
from neurogate.tasks.session import Session
from neurogate.tasks.what_when import WhatWhen

SEEDS = (21, 22, 23)
TRIALS = (160, 120)
TASK = WhatWhen(
    blocks=tuple(attrs.evolve(b, trials=n) for b, n in zip(WhatWhen().blocks, TRIALS, strict=False))
)
TIMING_A_MS, TIMING_B_MS, PROBABILITY = 60.0, 120.0, 0.15


class Shuffled(ThreeFactor):
    """The same rule on the same traces, told the time and the outcome of a trial of any cue."""

    def online(self, call: Call, state: RuleState, episode: Episode) -> tuple[RuleState, Readouts]:
        return super().online(call, state, _shuffled(episode))

    def offline(self, call: Call, state: RuleState, episode: Episode) -> RuleState:
        return super().offline(call, state, _shuffled(episode))


def _shuffled(episode: Episode) -> Episode:
    rng = np.random.default_rng(episode.number)
    block = TASK.blocks[int(episode.number >= TRIALS[0])]
    cue = rng.integers(TASK.cues, size=len(episode.outcome))
    latency_ms, probability = np.array(block.latency_ms)[cue], np.array(block.probability)[cue]
    drawn = (rng.random(len(cue))[:, None] >= probability.cumsum(axis=1)).sum(axis=1)
    outcome = np.eye(3)[drawn][:, :2]
    came = outcome.any(axis=1)
    distance = (episode.time_ms - latency_ms[:, None]) / TASK.target_sd_ms
    return attrs.evolve(
        episode,
        target=np.exp(-0.5 * distance**2) * came[:, None],
        outcome=outcome,
        outcome_ms=np.where(came, latency_ms, np.nan),
    )


@pytest.fixture(scope="module")
def arrays() -> Mapping[str, np.ndarray]:
    rules = {
        "three_factor": ThreeFactor(),
        "force": Force(),
        "shuffled": Shuffled(),
        "asleep": ThreeFactor(eta_when=0.0, eta_what=0.0, eta_novelty=0.0),
    }
    reservoir = Reservoir.build(
        ReservoirSpec(n=300), SEEDS, TASK.cues + len(TASK.outcomes), dtype="float32", threads=2
    )
    session = Session(reservoir, Features(), TASK, rules, Probes(), SEEDS)
    while not session.done:
        session.advance()
    return session.result().arrays


def at_the_end(arrays: Mapping[str, np.ndarray], key: str, block: int) -> np.ndarray:
    """Return the error of each replica at the end of a block (its last three judgements)."""
    last = int(np.flatnonzero(arrays["probe_trial"] == arrays["block_start"][block + 1])[0])
    error: np.ndarray = arrays[key][:, last - 2 : last + 1].mean(axis=(1, 2))
    return error


def test_the_three_factor_rule_learns_when_and_learns_it_anew(arrays: Mapping[str, np.ndarray]) -> None:
    assert at_the_end(arrays, "three_factor.timing_error_ms", 0).mean() < TIMING_A_MS
    assert at_the_end(arrays, "three_factor.timing_error_ms", 1).mean() < TIMING_B_MS


def test_the_three_factor_rule_learns_how_probable_each_outcome_is(
    arrays: Mapping[str, np.ndarray],
) -> None:
    for block in (0, 1):
        assert at_the_end(arrays, "three_factor.probability_error", block).mean() < PROBABILITY


@pytest.mark.parametrize("control", ["shuffled", "asleep"])
def test_controls_fail_every_bound_clearly(arrays: Mapping[str, np.ndarray], control: str) -> None:
    for block, bound_ms in enumerate((TIMING_A_MS, TIMING_B_MS)):
        assert at_the_end(arrays, f"{control}.timing_error_ms", block).mean() > 1.5 * bound_ms
        assert at_the_end(arrays, f"{control}.probability_error", block).mean() > 1.25 * PROBABILITY


def test_force_without_forgetting_learns_once_and_stays_off_after_the_switch(
    arrays: Mapping[str, np.ndarray],
) -> None:
    assert at_the_end(arrays, "force.timing_error_ms", 0).mean() < TIMING_A_MS
    assert at_the_end(arrays, "force.timing_error_ms", 1).mean() > TIMING_B_MS
    for block in (0, 1):
        assert at_the_end(arrays, "force.probability_error", block).mean() < PROBABILITY


def test_the_network_fires_neither_too_little_nor_too_much(arrays: Mapping[str, np.ndarray]) -> None:
    assert (arrays["mean_rate_hz"] > 3).all()
    assert (arrays["mean_rate_hz"] < 20).all()
