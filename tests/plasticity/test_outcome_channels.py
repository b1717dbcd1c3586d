"""One matrix tells what, when and how probable: peaks at the time, heights that are probabilities."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.plasticity.gates import LearnedGate, PhaseGate, SurpriseGate
from neurogate.plasticity.outcome_channels import OutcomeChannels
from tests.plasticity.episodes import SHAPE, caller, live, make_episode

BINS = 48
ALWAYS = (PhaseGate(start_ms=-1e3, stop_ms=1e3),)


def clocked(rng: np.random.Generator, number: int, probability: tuple[float, float]):
    """Return a trial whose bins each have a neuron of their own, with one of two outcomes or none."""
    made = make_episode(rng, shape=(1, BINS, 2), bins=BINS, number=number)
    came = np.eye(3)[(rng.random() >= np.cumsum(probability)).sum()][None, :2]
    bump = np.exp(-0.5 * ((made.time_ms - 120) / 40) ** 2)[None]
    phasic = 4 * np.eye(BINS)[None]
    return attrs.evolve(made, phasic=phasic, outcome=came, target=bump * came.sum())


def test_when_is_the_sum_of_the_channels_and_what_the_channels_times_a_gain(rng: np.random.Generator) -> None:
    state = live(OutcomeChannels(gain=1.5), [make_episode(rng, number=n) for n in range(3)])
    assert state["channels"].any()
    np.testing.assert_allclose(state["when"], state["channels"].sum(axis=1, keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(state["what"], 1.5 * state["channels"], rtol=1e-12)


def test_what_reads_the_phasic_traces(rng: np.random.Generator) -> None:
    batch, n, outcomes = SHAPE
    assert live(OutcomeChannels(), [make_episode(rng)])["what"].shape == (batch, outcomes, n)


def test_a_channel_peaks_at_the_time_and_its_height_is_the_probability(rng: np.random.Generator) -> None:
    rule = OutcomeChannels(eta=0.03, gain=1.0, gates=ALWAYS)
    probability = (0.6, 0.2)
    state, heights = live(rule, [clocked(rng, n, probability) for n in range(300)]), []
    for number in range(300, 1200):
        episode = clocked(rng, number, probability)
        state = live(rule, [episode], state)
        heights.append(4 * state["channels"][0].max(axis=-1))
    peak_ms = episode.time_ms[state["channels"][0].argmax(axis=-1)]
    np.testing.assert_array_equal(peak_ms, [120.0, 120.0])
    # 900 trials: the frequency itself wanders by 0.016.
    np.testing.assert_allclose(np.mean(heights, axis=0), probability, atol=0.05)


def test_an_outcome_teaches_no_channel_but_its_own_and_unteaches_the_others(rng: np.random.Generator) -> None:
    rule = OutcomeChannels(eta=0.2, gates=ALWAYS)
    before = live(rule, [clocked(rng, n, (1.0, 0.0)) for n in range(5)])
    assert not before["channels"][0, 1].any()
    after = live(rule, [clocked(rng, n, (0.0, 1.0)) for n in range(5)], before)
    assert after["channels"][0, 1].max() > 0
    assert 0 < after["channels"][0, 0].max() < before["channels"][0, 0].max()


def test_outcomes_that_are_not_the_trials_own_are_refused(rng: np.random.Generator) -> None:
    rule, episode = OutcomeChannels(), attrs.evolve(make_episode(rng), others_ms=np.full((2, 1), 50.0))
    with pytest.raises(RequestError, match="outcomes that are not the trial's own"):
        rule.online(caller(), rule.start(SHAPE, np.dtype("float64")), episode)


@pytest.mark.parametrize("gate", [LearnedGate(), SurpriseGate()])
def test_gates_that_need_what_it_does_not_keep_are_refused(gate: LearnedGate | SurpriseGate) -> None:
    with pytest.raises(ValueError, match="gates holds a"):
        OutcomeChannels(gates=(gate,))
