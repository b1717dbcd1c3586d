"""What a rule sees of a trial."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from neurogate.plasticity.episode import Rule
from tests.plasticity.episodes import caller, make_episode


def test_replayed_samples_are_those_of_the_chosen_bins_with_the_outcome_of_their_trial(
    rng: np.random.Generator,
) -> None:
    episode = make_episode(rng, snapshots=5)
    samples, targets = episode.replayed()
    for b, bins in enumerate(episode.replay):
        for s, bin_ in enumerate(bins):
            np.testing.assert_array_equal(samples[b, s], episode.tonic[b, bin_])
            np.testing.assert_array_equal(targets[b, s], episode.outcome[b])


def test_moments_of_other_outcomes_are_paired_with_them(rng: np.random.Generator) -> None:
    plain = make_episode(rng)
    outcome = np.eye(2)[rng.integers(2, size=(2, 4))]
    np.testing.assert_array_equal(attrs.evolve(plain, replay_outcome=outcome).replayed()[1], outcome)
    np.testing.assert_array_equal(
        attrs.evolve(plain, replay_outcome=outcome).replayed()[0], plain.replayed()[0]
    )


def test_a_gate_lets_pass_what_came_while_it_was_open(rng: np.random.Generator) -> None:
    plain = make_episode(rng)
    course = rng.random((2, len(plain.time_ms)))
    assert plain.let_pass(course) is None
    bins = np.array([[0, 7, 7, 20], [47, 3, 0, 1]])
    before_the_end = plain.time_ms[bins] - [[0.0, 1.0, 4.9, 0.0]]
    passed = attrs.evolve(plain, replay_ms=before_the_end).let_pass(course)
    np.testing.assert_array_equal(passed, np.take_along_axis(course, bins, axis=1))


def test_a_moment_counts_by_the_gate_at_it_and_at_its_outcome(rng: np.random.Generator) -> None:
    plain = make_episode(rng)
    course = rng.random((2, len(plain.time_ms)))
    own = course[:, plain.time_ms == 120] * np.take_along_axis(course, plain.replay, axis=1)
    np.testing.assert_array_equal(plain.modulated(course), own)
    bins = np.array([[0, 7, 7, 20], [47, 3, 0, 1]])
    others = attrs.evolve(plain, replay_ms=plain.time_ms[bins]).modulated(course)
    both = np.take_along_axis(course, plain.replay, axis=1) * np.take_along_axis(course, bins, axis=1)
    np.testing.assert_array_equal(others, both)
    undated = attrs.evolve(plain, due_ms=np.full(2, np.nan)).modulated(course)
    np.testing.assert_array_equal(undated, np.take_along_axis(course, plain.replay, axis=1))


def test_a_stretch_knows_the_times_of_its_trial_and_the_length_of_a_bin(rng: np.random.Generator) -> None:
    whole = make_episode(rng)
    stretch = attrs.evolve(whole, time_ms=whole.time_ms[7:8], bins=whole.bins[7:8])
    np.testing.assert_array_equal(stretch.trial_ms, whole.time_ms)
    assert stretch.bin_ms == whole.bin_ms == 5.0


def test_the_base_of_the_rules_cannot_learn(rng: np.random.Generator) -> None:
    rule, episode = Rule(), make_episode(rng)
    state = rule.start((1, 5, 2), np.dtype("float64"))
    for learn in (rule.online, rule.offline):
        with pytest.raises(NotImplementedError):
            learn(caller(), state, episode)
