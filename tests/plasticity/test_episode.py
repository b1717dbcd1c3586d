"""What a rule sees of a trial."""

from __future__ import annotations

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


def test_the_base_of_the_rules_cannot_learn(rng: np.random.Generator) -> None:
    rule, episode = Rule(), make_episode(rng)
    state = rule.start((1, 5, 2), np.dtype("float64"))
    for learn in (rule.online, rule.offline):
        with pytest.raises(NotImplementedError):
            learn(caller(), state, episode)
