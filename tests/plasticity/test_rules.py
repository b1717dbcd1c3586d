"""What every learning rule promises, asked of each of them."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.plasticity.change import ChangeDetector
from neurogate.plasticity.delta import Delta
from neurogate.plasticity.e_prop import EProp
from neurogate.plasticity.episode import Episode, Rule
from neurogate.plasticity.force import Force
from neurogate.plasticity.force_alarm import ForceAlarm
from neurogate.plasticity.gates import (
    GATES,
    ErrorGate,
    LearnedGate,
    LesionGate,
    OutcomeGate,
    PhaseGate,
    ShuffledErrorGate,
    ShuffledGate,
    SurpriseGate,
)
from neurogate.plasticity.outcome_channels import OutcomeChannels
from neurogate.plasticity.reward_hebbian import RewardHebbian
from neurogate.plasticity.ridge import Ridge
from neurogate.plasticity.rules import RULES
from neurogate.plasticity.shared_synapses import SharedSynapses
from neurogate.plasticity.surprise_replay import SurpriseReplay
from neurogate.plasticity.three_factor import ThreeFactor
from tests.plasticity.episodes import BIN_MS, CUE_BIN, SHAPE, assert_same, caller, live, make_episode

VARIANTS: dict[str, Rule] = {
    "three_factor": ThreeFactor(),
    "three_factor, all gates": ThreeFactor(
        gates=tuple(gate() for gate in GATES.values() if gate is not ShuffledErrorGate)
    ),
    "three_factor, shuffled errors": ThreeFactor(gates=(PhaseGate(), ShuffledErrorGate())),
    "three_factor, surprise": ThreeFactor(gates=(SurpriseGate(), OutcomeGate(), ErrorGate())),
    "delta": Delta(),
    "force": Force(),
    "force, forgetting": Force(forgetting_when=0.99, forgetting_what=0.98),
    "force, reset": Force(reset=True),
    "force_alarm": ForceAlarm(),
    "force_alarm, alarmed": ForceAlarm(detector=ChangeDetector(deaf_trials=0, alarm=0.1, startle=1.0)),
    "force_alarm, omissions": ForceAlarm(omission=0.3),
    "ridge": Ridge(),
    "ridge, forgetting": Ridge(forgetting_when=0.99, forgetting_what=0.98, reset=True),
    "three_factor, gated what": ThreeFactor(
        gates_what=(SurpriseGate(), ErrorGate(), LearnedGate(), LesionGate(stop_ms=50.0), ShuffledGate())
    ),
    "three_factor, Hebb": ThreeFactor(hebbian_decay=0.25),
    "reward_hebbian": RewardHebbian(),
    "e_prop": EProp(),
    "surprise_replay": SurpriseReplay(),
    "surprise_replay, patient": SurpriseReplay(
        explained=1e-3, gates=(PhaseGate(), ShuffledGate()), detector=ChangeDetector(deaf_trials=0, alarm=0.1)
    ),
    "outcome_channels": OutcomeChannels(),
    "shared_synapses": SharedSynapses(),
    "three_factor, what online": ThreeFactor(online_ms=30.0),
    "three_factor, Hebb, what online": ThreeFactor(hebbian_decay=0.25, online_ms=30.0, gates=()),
}
ONLINE = {name for name in VARIANTS if name.endswith("what online")}
APART = {RewardHebbian, OutcomeChannels, SharedSynapses}
EAGER: dict[str, Rule] = {
    "three_factor": ThreeFactor(eta_when=0.7, eta_what=0.7, gates=(PhaseGate(start_ms=-1e3, stop_ms=1e3),)),
    "delta": Delta(eta_when=0.7, eta_what=0.7),
    "force": Force(ridge_when=1e-2, ridge_what=1e-2, sample_ms=5.0, start_ms=-1e3),
    "force_alarm": ForceAlarm(ridge_when=1e-2, ridge_what=1e-2, sample_ms=5.0, start_ms=-1e3, omission=1.0),
    "ridge": Ridge(ridge_when=1e-2, ridge_what=1e-2, sample_ms=5.0, start_ms=-1e3),
    "e_prop": EProp(eta_when=0.7, eta_what=0.7, start_ms=-1e3, tau_ms=BIN_MS),
    "surprise_replay": SurpriseReplay(
        eta_when=0.7, eta_what=0.7, omission=1.0, gates=(PhaseGate(start_ms=-1e3, stop_ms=1e3),)
    ),
}
rules = pytest.mark.parametrize("rule", VARIANTS.values(), ids=VARIANTS)
eager = pytest.mark.parametrize("rule", EAGER.values(), ids=EAGER)
dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def some_trials(rng: np.random.Generator, count: int = 4, **changes: Any) -> list[Episode]:
    return [make_episode(rng, number=i, block_starts=i == 2, **changes) for i in range(count)]


def test_every_rule_has_a_variant_in_both_batteries() -> None:
    assert {type(rule) for rule in VARIANTS.values()} == set(RULES.values())
    # What learns from a reward alone is too slow for these problems, and readouts that share weights cannot
    # solve two at once; they have tests of their own.
    assert {type(rule) for rule in EAGER.values()} == set(RULES.values()) - APART
    assert {kind: rule.kind for kind, rule in RULES.items()} == {kind: kind for kind in RULES}


@rules
@dtypes
def test_learning_starts_from_zero_weights_of_the_simulated_type(rule: Rule, dtype: str) -> None:
    batch, n, outcomes = SHAPE
    state = rule.start(SHAPE, np.dtype(dtype))
    assert state["when"].shape == (batch, 1, n)
    assert state["what"].shape == (batch, outcomes, n if isinstance(rule, OutcomeChannels) else n + 1)
    assert all(not state[key].any() and state[key].dtype == dtype for key in ("when", "what"))


@rules
@dtypes
def test_types_and_shapes_stay_as_they_are(rule: Rule, dtype: str, rng: np.random.Generator) -> None:
    episode = make_episode(rng, dtype=dtype)
    state = rule.start(SHAPE, np.dtype(dtype))
    after, readouts = rule.online(caller(), state, episode)
    after = rule.offline(caller(), after, episode)
    assert {k: (v.shape, v.dtype) for k, v in after.items()} == {
        k: (v.shape, v.dtype) for k, v in state.items()
    }
    for part in readouts:
        assert part.shape == episode.target.shape
        assert part.dtype == dtype
    assert ((readouts.gate >= 0) & (readouts.gate <= 1)).all()


@rules
def test_nothing_that_a_rule_is_given_changes(rule: Rule, rng: np.random.Generator) -> None:
    episodes = some_trials(rng)
    given = [{k: np.copy(v) for k, v in attrs.asdict(e).items()} for e in episodes]
    state = live(rule, episodes[:2])
    kept = {key: value.copy() for key, value in state.items()}
    live(rule, episodes[2:], state)
    assert_same(state, kept)
    for episode, copy in zip(episodes, given, strict=True):
        for key, value in attrs.asdict(episode).items():
            np.testing.assert_array_equal(value, copy[key], err_msg=key)


@rules
@dtypes
def test_the_same_trials_give_the_same_bits(rule: Rule, dtype: str, rng: np.random.Generator) -> None:
    episodes = some_trials(rng, dtype=dtype)
    assert_same(live(rule, episodes), live(rule, episodes))


@rules
def test_numpy_and_numba_agree_bit_for_bit(rule: Rule, rng: np.random.Generator) -> None:
    episodes = some_trials(rng)
    for key, value in live(rule, episodes, backend="numpy").items():
        # The upper triangle of an inverse means nothing.
        alike = np.tril if key.endswith("_inverse") else np.asarray
        np.testing.assert_array_equal(alike(live(rule, episodes)[key]), alike(value), err_msg=key)


@rules
@dtypes
def test_a_replica_learns_the_same_alone(rule: Rule, dtype: str, rng: np.random.Generator) -> None:
    episodes = some_trials(rng, dtype=dtype, shape=(3, 12, 2))
    together = live(rule, episodes)
    alone = live(rule, [_replica(episode, 1) for episode in episodes])
    for key, value in alone.items():
        whole = together[key][1:2]
        np.testing.assert_array_equal(value, whole, err_msg=key)


@rules
@pytest.mark.parametrize("size", [1, 5])
def test_a_trial_in_pieces_teaches_the_same_bits_as_the_whole(
    rule: Rule, size: int, rng: np.random.Generator
) -> None:
    first, episode = make_episode(rng), make_episode(rng, number=1, block_starts=True)
    start = live(rule, [first])
    whole, read = rule.online(caller(), start, episode)
    state, parts = start, []
    for begin in range(0, len(episode.bins), size):
        state, part = rule.online(caller(), state, _piece(episode, begin, begin + size))
        parts.append(part)
    if isinstance(rule, Ridge):
        # Its sums over samples are products of matrices, whose order is not ours.
        for key, value in whole.items():
            np.testing.assert_allclose(state[key], value, rtol=1e-12, atol=1e-12, err_msg=key)
    else:
        assert_same(state, whole)
    gate = np.concatenate([part.gate for part in parts], axis=1)
    np.testing.assert_array_equal(gate, read.gate)
    # Between two samples a whole trial is read with the weights of its beginning by FORCE.
    taught = gate > 0 if isinstance(rule, Force) else np.ones_like(gate, bool)
    when = np.concatenate([part.when for part in parts], axis=1)
    np.testing.assert_array_equal(when[taught], read.when[taught])


@rules
def test_readouts_are_those_before_any_update_of_the_bin(rule: Rule, rng: np.random.Generator) -> None:
    episode = make_episode(rng)
    state = live(rule, some_trials(rng))
    bin_ = _piece(episode, CUE_BIN + 3, CUE_BIN + 4)
    _, readouts = rule.online(caller(), state, bin_)
    expected = (state["when"] * bin_.phasic).sum(axis=-1)
    np.testing.assert_allclose(readouts.when, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    "rule", [rule for rule in VARIANTS.values() if not isinstance(rule, RewardHebbian)], ids=str
)
def test_without_anything_to_learn_weights_stay_zero(rule: Rule, rng: np.random.Generator) -> None:
    nothing = [
        attrs.evolve(e, target=np.zeros_like(e.target), outcome=np.zeros_like(e.outcome))
        for e in some_trials(rng)
    ]
    state = live(rule, nothing)
    assert not state["when"].any()
    assert not state["what"].any()


@pytest.mark.parametrize("name", sorted(VARIANTS.keys() - ONLINE))
def test_online_leaves_what_alone_and_offline_learns_it(name: str, rng: np.random.Generator) -> None:
    rule, episode = VARIANTS[name], make_episode(rng)
    start = rule.start(SHAPE, np.dtype("float64"))
    heard, _ = rule.online(caller(), start, episode)
    assert not heard["what"].any()
    assert rule.offline(caller(), heard, episode)["what"][0].any()


@eager
def test_a_linearly_realisable_target_is_learned(rule: Rule, rng: np.random.Generator) -> None:
    batch, n, outcomes = SHAPE
    true_when, true_what = rng.standard_normal((batch, 1, n)), rng.standard_normal((batch, outcomes, n + 1))
    true_what[..., -1] /= 3
    still = rng.standard_normal((batch, n + 1))
    still[:, -1] = 3
    goal = (true_what * still[:, None]).sum(-1)
    episodes = []
    for number in range(40):
        made = make_episode(rng, number=number)
        target = (true_when * made.phasic).sum(-1)
        tonic = np.repeat(still[:, None], made.tonic.shape[1], axis=1)
        episodes.append(attrs.evolve(made, target=target, outcome=goal, tonic=tonic))
    state = live(rule, episodes)
    assert np.abs(state["when"] - true_when).max() < 0.02
    assert np.abs((state["what"] * still[:, None]).sum(-1) - goal).max() < 0.02


@eager
def test_what_converges_to_the_frequency_of_each_outcome(rule: Rule, rng: np.random.Generator) -> None:
    slow = (
        attrs.evolve(rule, eta_what=0.01)
        if isinstance(rule, ThreeFactor | Delta | EProp | SurpriseReplay)
        else rule
    )
    patterns = rng.standard_normal((2, SHAPE[1] + 1))
    patterns[:, -1] = 3
    probability = np.array([[0.8, 0.1], [0.2, 0.5]])
    episodes, read = [], []
    for number in range(1200):
        made, cue = make_episode(rng, number=number, snapshots=4), number % 2
        drawn = rng.random(SHAPE[0])[:, None] >= probability[cue].cumsum()
        outcome = np.eye(3)[drawn.sum(axis=1)][:, :2]
        tonic = np.broadcast_to(patterns[cue], made.tonic.shape)
        episodes.append(attrs.evolve(made, tonic=np.ascontiguousarray(tonic), outcome=outcome))
    state = live(slow, episodes[:600])
    for episode in episodes[600:]:
        state = live(slow, [episode], state)
        read.append((state["what"][:, None] * patterns[:, None]).sum(-1))
    # 600 trials of each cue: the frequency itself wanders by 0.02.
    np.testing.assert_allclose(np.mean(read, axis=0), np.stack([probability] * 2), atol=0.06)


def _piece(episode: Episode, first: int, last: int) -> Episode:
    cut = slice(first, last)
    parts = {key: getattr(episode, key)[:, cut] for key in ("phasic", "tonic", "target")}
    return attrs.evolve(episode, bins=episode.bins[cut], time_ms=episode.time_ms[cut], **parts)


def _replica(episode: Episode, b: int) -> Episode:
    names = ("phasic", "tonic", "target", "outcome", "outcome_ms", "replay", "due_ms", "seed")
    return attrs.evolve(episode, **{name: getattr(episode, name)[b : b + 1] for name in names})
