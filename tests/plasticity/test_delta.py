"""The delta rule is the three-factor rule without gates and without novelty."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from neurogate.plasticity.delta import Delta
from neurogate.plasticity.gates import ConstantGate
from neurogate.plasticity.three_factor import ThreeFactor
from tests.plasticity.episodes import live, make_episode


@pytest.mark.parametrize("gates", [(), (ConstantGate(),)], ids=["no gate", "constant gate"])
def test_it_equals_an_ungated_three_factor_rule_without_novelty(
    gates: tuple[ConstantGate, ...], rng: np.random.Generator
) -> None:
    episodes = [make_episode(rng, number=i, block_starts=i == 3) for i in range(6)]
    delta = live(Delta(eta_when=0.2, eta_what=0.03), episodes)
    ungated = live(ThreeFactor(eta_when=0.2, eta_what=0.03, eta_novelty=0.0, gates=gates), episodes)
    for key in ("when", "what"):
        np.testing.assert_array_equal(delta[key], ungated[key])
        assert delta[key].any()


def test_it_learns_in_the_interval_too(rng: np.random.Generator) -> None:
    episode = make_episode(rng)
    early = attrs.evolve(episode, target=np.where(episode.time_ms <= 0, 1.0, episode.target))
    assert not np.array_equal(live(Delta(), [episode])["when"], live(Delta(), [early])["when"])
    gated = [live(ThreeFactor(), [trial])["when"] for trial in (episode, early)]
    np.testing.assert_array_equal(*gated)
