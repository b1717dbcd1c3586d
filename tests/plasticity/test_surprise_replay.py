"""Replay until it is explained, novelty that begins anew, and the three-factor rule where neither happens."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.plasticity.change import ChangeDetector
from neurogate.plasticity.episode import Episode
from neurogate.plasticity.gates import ConstantGate, LearnedGate, PhaseGate, SurpriseGate
from neurogate.plasticity.surprise_replay import SurpriseReplay
from neurogate.plasticity.three_factor import ThreeFactor
from tests.plasticity.episodes import SHAPE, assert_same, caller, live, make_episode

GATES = (PhaseGate(),)
NEVER = ChangeDetector(deaf_trials=1e9)


def passes(rule: SurpriseReplay, episode: Episode, state: dict[str, np.ndarray]) -> np.ndarray:
    """Return *when* after so many presentations of a trial by the three-factor rule, (P, B, 1, N)."""
    plain = ThreeFactor(eta_when=rule.eta_when, gates=rule.gates)
    state, course = {**state, "surprise": np.zeros(len(state["when"]))}, []
    for _ in range(rule.replays + 1):
        state = dict(plain.online(caller(), state, episode)[0])
        course.append(state["when"])
    return np.array(course)


def test_a_trial_is_replayed_until_it_is_explained(rng: np.random.Generator) -> None:
    episode = make_episode(rng, shape=(3, 40, 2))
    inside = episode.time_ms > 0
    rule = SurpriseReplay(eta_when=0.7, replays=12, explained=1e-3, omission=1.0, gates=GATES)
    start = dict(rule.start((3, 40, 2), np.dtype("float64")))
    course = passes(rule, episode, start)
    after = live(rule, [episode], start)["when"]
    counts = []
    for b in range(3):
        count = np.flatnonzero((course[:, b] == after[b]).all(axis=(1, 2)))[0]
        counts.append(int(count))
        for p in range(1, count + 1):
            # Errors are those that the replay meets, each before its own update.
            _, read = rule.online(caller(), {**start, "when": course[p - 1]}, episode)
            error = ((episode.target - read.when)[b, inside] ** 2).mean()
            assert (error < 1e-3) == (p == count) or p == rule.replays
    assert len(set(counts)) > 1
    assert counts[2] < min(counts[:2])  # nothing came in the last replica, and nothing was expected


def test_patience_ends(rng: np.random.Generator) -> None:
    episode = make_episode(rng)
    rule = SurpriseReplay(eta_when=0.1, replays=3, explained=1e-9, omission=1.0, gates=GATES)
    start = dict(rule.start(SHAPE, np.dtype("float64")))
    np.testing.assert_array_equal(live(rule, [episode], start)["when"], passes(rule, episode, start)[3])


def test_what_is_explained_is_replayed_once(rng: np.random.Generator) -> None:
    episode = make_episode(rng)
    rule = SurpriseReplay(explained=1e9, omission=1.0, gates=GATES)
    start = dict(rule.start(SHAPE, np.dtype("float64")))
    np.testing.assert_array_equal(live(rule, [episode], start)["when"], passes(rule, episode, start)[1])


@pytest.mark.parametrize("omission", [0.0, 0.4])
def test_trials_in_which_nothing_came_teach_when_less(omission: float, rng: np.random.Generator) -> None:
    rule = SurpriseReplay(omission=omission, gates=GATES)
    learned = live(SurpriseReplay(gates=GATES), [make_episode(rng, number=n) for n in range(3)])
    learned = {**learned, "when": np.ones_like(learned["when"])}
    episode = make_episode(rng)
    gate = rule.online(caller(), learned, episode)[1].gate
    inside = episode.time_ms > 0
    assert (gate[0, inside] == 1).all()
    np.testing.assert_allclose(gate[1, inside], omission)
    # Another outcome came: that teaches.
    others = attrs.evolve(episode, others_ms=np.full((2, 1), 50.0))
    assert (rule.online(caller(), learned, others)[1].gate[1, inside] == 1).all()
    none = attrs.evolve(episode, others_ms=np.full((2, 1), np.nan))
    np.testing.assert_array_equal(rule.online(caller(), learned, none)[1].gate, gate)


def test_a_closed_gate_is_a_lesion_of_when_and_of_nothing_else(rng: np.random.Generator) -> None:
    episodes = [make_episode(rng, number=n) for n in range(3)]
    state = live(SurpriseReplay(gates=(ConstantGate(level=0.0),)), episodes)
    assert not state["when"].any()
    np.testing.assert_array_equal(state["what"], live(SurpriseReplay(), episodes)["what"])


def test_without_alarms_what_is_that_of_the_three_factor_rule(rng: np.random.Generator) -> None:
    episodes = [make_episode(rng, number=n) for n in range(12)]
    settings: dict[str, Any] = {"eta_what": 0.02, "eta_novelty": 0.05, "novelty_trials": 5.0}
    state = live(SurpriseReplay(**settings, detector=NEVER), episodes)
    # The trial itself has been counted when its rate is chosen.
    plain = live(ThreeFactor(**settings), [attrs.evolve(e, number=e.number + 1) for e in episodes])
    # One takes the exponential of NumPy, the other that of C; on some processors their last bits differ.
    np.testing.assert_allclose(state["what"], plain["what"], rtol=1e-13)
    labile = live(ThreeFactor(eta_what=0.06, eta_novelty=0.0), episodes)
    np.testing.assert_array_equal(state["labile"], labile["what"])


def test_after_an_alarm_novelty_begins_anew(rng: np.random.Generator) -> None:
    rule = SurpriseReplay(detector=ChangeDetector(deaf_trials=0, alarm=5.0))
    still, alarmed = (dict(rule.start(SHAPE, np.dtype("float64"))) for _ in range(2))
    episode = make_episode(rng, snapshots=1)
    for state, evidence in ((still, 0.0), (alarmed, 10.0)):
        state["calm"] = np.full(SHAPE[0], 500.0)
        state["evidence"] = np.full((SHAPE[0], 2), evidence)
    calm, stirred = (live(rule, [episode], state) for state in (still, alarmed))
    assert (calm["calm"] == 501).all()
    assert (stirred["calm"] == 0).all()
    ratio = rule.rate_what(np.zeros(1)) / rule.rate_what(np.full(1, 501.0))
    np.testing.assert_allclose(stirred["what"], ratio * calm["what"], rtol=1e-12)
    np.testing.assert_array_equal(stirred["labile"], calm["labile"])


def test_a_change_of_the_odds_is_followed_faster_than_at_the_same_floor(rng: np.random.Generator) -> None:
    x = rng.standard_normal(SHAPE[1] + 1)
    trials = []
    for number in range(460):
        made, likely = make_episode(rng, shape=(1, 12, 2), snapshots=8), 0 if number < 400 else 1
        outcome = np.eye(2)[[likely]] * (rng.random() < 0.8)
        tonic = np.broadcast_to(x, made.tonic.shape).copy()
        trials.append(attrs.evolve(made, number=number, tonic=tonic, outcome=outcome))
    settings: dict[str, Any] = {"eta_what": 0.003, "eta_novelty": 0.04, "novelty_trials": 30.0}
    ours, plain = (live(rule, trials)["what"][0] @ x for rule in (
        SurpriseReplay(**settings), ThreeFactor(**settings)))  # fmt: skip
    truth = np.array([0.0, 0.8])
    assert np.abs(ours - truth).mean() < 0.2
    assert np.abs(ours - truth).mean() < 0.5 * np.abs(plain - truth).mean()


def test_a_change_of_times_begins_novelty_anew_too(rng: np.random.Generator) -> None:
    rule = SurpriseReplay(eta_when=0.7, detector=ChangeDetector(deaf_trials=10, chance=2.0))
    made = make_episode(rng, shape=(1, 60, 2))
    later = attrs.evolve(made, target=np.roll(made.target, 12, axis=1))
    state = live(rule, [made] * 40)
    assert state["calm"].item() >= 30
    trials, calm = 0, state["calm"].item()
    while calm > 0 and trials < 5:
        state = live(rule, [later], state)
        trials, calm = trials + 1, state["calm"].item()
    assert calm == 0


@pytest.mark.parametrize("gate", [LearnedGate(), SurpriseGate()], ids=lambda gate: gate.kind)
def test_gates_that_need_what_it_does_not_keep_are_refused(gate: Any) -> None:
    with pytest.raises(ValueError, match=f"gates holds a {gate.kind} gate; it must hold none, or use kind"):
        SurpriseReplay(gates=(gate,))


@pytest.mark.parametrize(
    "settings",
    [{"replays": 0}, {"explained": 0.0}, {"omission": 1.5}, {"eta_labile": -1.0}, {"novelty_trials": 0.0}],
    ids=str,
)
def test_settings_outside_their_domain_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="; it must be "):
        SurpriseReplay(**settings)


def test_a_state_resumes_with_the_same_bits(rng: np.random.Generator) -> None:
    rule = SurpriseReplay(detector=ChangeDetector(deaf_trials=0, alarm=0.1))
    episodes = [make_episode(rng, number=n) for n in range(6)]
    assert_same(live(rule, episodes[3:], live(rule, episodes[:3])), live(rule, episodes))
