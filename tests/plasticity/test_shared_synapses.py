"""Readouts disturb each other by the synapses that they share, and by nothing else."""

from __future__ import annotations

import attrs
import numpy as np

from neurogate.plasticity.gates import ConstantGate
from neurogate.plasticity.shared_synapses import SharedSynapses
from neurogate.plasticity.three_factor import ThreeFactor
from tests.plasticity.episodes import SHAPE, caller, live, make_episode

CLOSED = (ConstantGate(level=0.0),)
N = SHAPE[1]


def trials(rng: np.random.Generator, count: int = 4):
    return [make_episode(rng, number=n) for n in range(count)]


def test_without_spillover_it_is_the_three_factor_rule_bit_for_bit(rng: np.random.Generator) -> None:
    episodes = trials(rng)
    ours, plain = live(SharedSynapses(spillover=0.0), episodes), live(ThreeFactor(), episodes)
    for key, value in plain.items():
        np.testing.assert_array_equal(ours[key], value, err_msg=key)


def test_weights_of_their_own_never_disturb_each_other(rng: np.random.Generator) -> None:
    episodes = trials(rng)
    slow, fast = (live(ThreeFactor(eta_when=eta), episodes) for eta in (0.01, 0.5))
    assert not np.array_equal(slow["when"], fast["when"])
    np.testing.assert_array_equal(slow["what"], fast["what"])
    slow, fast = (live(SharedSynapses(eta_when=eta), episodes) for eta in (0.01, 0.5))
    assert not np.array_equal(slow["what"], fast["what"])


def test_what_alone_learns_is_passed_on_to_when_and_the_other_way_round(rng: np.random.Generator) -> None:
    episodes = trials(rng, 1)
    still = SharedSynapses(spillover=0.4, eta_what=0.0, eta_novelty=0.0)
    state = live(still, episodes)
    np.testing.assert_allclose(state["what"][..., :N], 0.4 * state["when"].repeat(2, axis=1), rtol=1e-12)
    assert not state["what"][..., N:].any()
    state = live(SharedSynapses(spillover=0.4, gates=CLOSED), episodes)
    passed = 0.4 * state["what"][..., :N].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(state["when"], passed, rtol=1e-9, atol=1e-15)


def test_it_is_descent_on_synapses_onto_units_that_both_read(rng: np.random.Generator) -> None:
    # Directions downstream: those of the outcomes are orthogonal, and that of when has 0.5 of each.
    down_when, down_what = np.array([0.5, 0.5, np.sqrt(0.5)]), np.eye(3)[:2]
    rule, (episode,) = SharedSynapses(spillover=0.5), trials(rng, 1)
    start = rule.start(SHAPE, np.dtype("float64"))
    heard, _ = rule.online(caller(), start, episode)
    for_when = heard["when"][:, 0]
    given = np.pad(0.5 * heard["when"].repeat(2, axis=1), ((0, 0), (0, 0), (0, 1)))
    learned = ThreeFactor().offline(caller(), {**heard, "what": given}, episode)["what"]
    for_what = (learned - given)[..., :N]
    plastic = down_when[:, None] * for_when[:, None] + np.einsum("kd,bkn->bdn", down_what, for_what)
    after = rule.offline(caller(), heard, episode)
    np.testing.assert_allclose(after["when"][:, 0], np.einsum("d,bdn->bn", down_when, plastic), rtol=1e-9)
    expected = np.einsum("kd,bdn->bkn", down_what, plastic)
    np.testing.assert_allclose(after["what"][..., :N], expected, rtol=1e-9, atol=1e-15)


def test_what_was_passed_on_is_not_passed_on_again(rng: np.random.Generator) -> None:
    rule = SharedSynapses(spillover=0.4)
    state = live(rule, trials(rng))
    silent = attrs.evolve(rule, eta_what=0.0, eta_novelty=0.0)
    np.testing.assert_array_equal(silent.offline(caller(), state, make_episode(rng))["what"], state["what"])
