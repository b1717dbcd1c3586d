"""Reward-modulated Hebbian learning: the delta rule in the mean, from a scalar and noise alone."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from neurogate.plasticity.delta import Delta
from neurogate.plasticity.reward_hebbian import RewardHebbian
from tests.plasticity.episodes import SHAPE, caller, live, make_episode

RULE = RewardHebbian(start_ms=-1e3, stop_ms=1e3)


def begun(rule: RewardHebbian, rng: np.random.Generator) -> dict[str, np.ndarray]:
    state = dict(rule.start(SHAPE, np.dtype("float64")))
    return {**state, "when": rng.standard_normal((SHAPE[0], 1, SHAPE[1]))}


def test_the_mean_step_over_the_exploration_is_that_of_the_delta_rule(rng: np.random.Generator) -> None:
    rule, made = attrs.evolve(RULE, eta_when=0.1), make_episode(rng, bins=9)
    episode = attrs.evolve(
        made, **{k: getattr(made, k)[:, 8:] for k in ("phasic", "tonic", "target")}, bins=made.bins[8:],
        time_ms=made.time_ms[8:],
    )  # fmt: skip
    state = begun(rule, rng)
    steps = []
    for number in range(20_000):
        after, _ = rule.online(caller(), state, attrs.evolve(episode, number=number))
        steps.append(after["when"] - state["when"])
    delta, _ = Delta(eta_when=0.1).online(caller(), state, episode)
    error = np.std(steps, axis=0) / np.sqrt(len(steps))
    assert (np.abs(np.mean(steps, axis=0) - (delta["when"] - state["when"])) < 5 * error).all()


def test_a_reward_above_its_mean_strengthens_what_was_explored(rng: np.random.Generator) -> None:
    made = make_episode(rng, bins=9)
    state = begun(RULE, rng)
    high, low = ({**state, "reward": np.full((SHAPE[0], 2), mean)} for mean in (1e3, -1e3))
    cut = attrs.evolve(
        made, **{k: getattr(made, k)[:, 8:] for k in ("phasic", "tonic", "target")}, bins=made.bins[8:],
        time_ms=made.time_ms[8:],
    )  # fmt: skip
    up, down = (RULE.online(caller(), s, cut)[0]["when"] - state["when"] for s in (low, high))
    alike = (up * down).sum(axis=-1) / np.sqrt((up**2).sum(axis=-1) * (down**2).sum(axis=-1))
    np.testing.assert_allclose(alike, -1, rtol=1e-9)


def test_the_mean_reward_follows_the_reward(rng: np.random.Generator) -> None:
    rule = attrs.evolve(RULE, eta_when=0.0, eta_what=0.0, reward_samples=10.0)
    state = live(rule, [make_episode(rng, number=n) for n in range(60)])
    # Weights of zero read zero: the reward is minus the squared target, less that of the exploration.
    assert (state["reward"] < 0).all()
    assert np.abs(state["reward"][1, 1] + 2 * rule.noise_sd**2) < 0.1  # two outcomes, always omitted


def test_exploration_differs_between_trials_and_replicas_and_repeats_itself(rng: np.random.Generator) -> None:
    episode = make_episode(rng)
    alike = attrs.evolve(episode, **{
        key: np.repeat(getattr(episode, key)[:1], 2, axis=0)
        for key in ("phasic", "tonic", "target", "outcome", "outcome_ms", "replay")
    })  # fmt: skip
    first, again, later = (live(RULE, [attrs.evolve(alike, number=n)]) for n in (0, 0, 1))
    for key in ("when", "what"):
        np.testing.assert_array_equal(first[key], again[key])
        assert not np.array_equal(first[key], later[key])
        assert not np.array_equal(first[key][0], first[key][1])


def test_a_constant_target_is_learned(rng: np.random.Generator) -> None:
    rule = attrs.evolve(RULE, eta_when=0.05, eta_what=0.05)
    made = [make_episode(rng, number=n) for n in range(150)]
    phasic, tonic = (np.broadcast_to(getattr(made[0], k)[:, :1], getattr(made[0], k).shape).copy()
                     for k in ("phasic", "tonic"))  # fmt: skip
    goal = np.array([[0.9, 0.2], [0.1, 0.6]])
    episodes = [
        attrs.evolve(e, phasic=phasic, tonic=tonic, target=np.full(e.target.shape, 0.7), outcome=goal)
        for e in made
    ]
    state = live(rule, episodes)
    assert np.abs((state["when"] * phasic[:, :1]).sum(-1) - 0.7).max() < 0.15
    assert np.abs((state["what"] * tonic[:, :1]).sum(-1) - goal).max() < 0.15


def test_outside_its_window_nothing_is_learned_or_expected(rng: np.random.Generator) -> None:
    rule = attrs.evolve(RULE, start_ms=500.0, stop_ms=600.0)
    state = begun(rule, rng)
    after, readouts = rule.online(caller(), state, make_episode(rng))
    for key, value in state.items():
        np.testing.assert_array_equal(after[key], value)
    assert not readouts.gate.any()


@pytest.mark.parametrize(
    "settings",
    [{"noise_sd": 0.0}, {"reward_samples": 0.5}, {"eta_when": -0.1}, {"start_ms": 100.0, "stop_ms": 100.0}],
    ids=str,
)
def test_settings_outside_their_domain_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="; it must be "):
        RewardHebbian(**settings)
