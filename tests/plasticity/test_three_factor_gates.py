"""The three-factor rule behind gates: what each lets through, of when and of what."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from neurogate.plasticity.episode import Episode
from neurogate.plasticity.gates import (
    AttentionGate,
    ConstantGate,
    CueGate,
    ErrorGate,
    Gate,
    GateContext,
    LearnedGate,
    LesionGate,
    OutcomeGate,
    PhaseGate,
    ShuffledErrorGate,
    ShuffledGate,
    SurpriseGate,
    combine,
)
from neurogate.plasticity.three_factor import ThreeFactor
from tests.plasticity.episodes import SHAPE, assert_same, caller, live, make_episode


def test_a_closed_gate_is_a_lesion_of_when_and_of_nothing_else(rng: np.random.Generator) -> None:
    episodes = [make_episode(rng, number=i) for i in range(5)]
    rule = ThreeFactor()
    intact = live(rule, episodes)
    lesion = live(attrs.evolve(rule, gates=(*rule.gates, ConstantGate(level=0.0))), episodes, intact)
    np.testing.assert_array_equal(lesion["when"], intact["when"])
    np.testing.assert_array_equal(lesion["what"], live(rule, episodes, intact)["what"])
    assert not np.array_equal(live(rule, episodes, intact)["when"], intact["when"])


def test_a_gate_that_opens_late_leaves_earlier_bins_untaught(rng: np.random.Generator) -> None:
    episode, rule = make_episode(rng), ThreeFactor(gates=(PhaseGate(start_ms=50.0, stop_ms=1e3),))
    start = rule.start(SHAPE, np.dtype("float64"))
    _, readouts = rule.online(caller(), start, episode)
    closed = episode.time_ms <= 50
    assert not readouts.gate[:, closed].any()
    assert (readouts.gate[:, ~closed] == 1).all()
    # One bin after the gate opens the readout is still the one before the first update.
    assert not readouts.when[:, : closed.sum() + 1].any()
    assert readouts.when[0, closed.sum() + 1 :].all()


def test_an_outcome_gate_teaches_only_after_the_outcome(rng: np.random.Generator) -> None:
    episode, rule = make_episode(rng), ThreeFactor(gates=(OutcomeGate(),))
    after, readouts = rule.online(caller(), rule.start(SHAPE, np.dtype("float64")), episode)
    assert not readouts.gate[0, episode.time_ms < 120].any()
    assert not readouts.gate[1].any()
    assert after["when"][0].any()
    assert not after["when"][1].any()


def test_after_surprising_trials_the_surprise_gate_is_wider_open(rng: np.random.Generator) -> None:
    rule, episode = ThreeFactor(gates=(SurpriseGate(floor=0.1),)), make_episode(rng)
    calm = rule.start(SHAPE, np.dtype("float64"))
    alarmed = {**calm, "surprise": np.array([0.0, 0.4])}
    gates = [rule.online(caller(), state, episode)[1].gate for state in (calm, alarmed)]
    np.testing.assert_array_equal(gates[0][0], gates[1][0])
    assert (gates[1][1] > gates[0][1] + 0.5).all()


def shared(episode: Episode) -> Episode:
    """Return the trial with another outcome at 20 ms, which gets the odd ones of the replayed moments."""
    moments, outcomes = episode.replay.shape[1], episode.outcome.shape[1]
    other = np.arange(moments) % 2 == 1
    due_ms = np.where(other, 20.0, 120.0)
    outcome = np.where(other[None, :, None], np.eye(outcomes)[1], episode.outcome[:, None])
    batch = len(episode.outcome)
    return attrs.evolve(
        episode,
        others_ms=np.full((batch, 1), 20.0),
        replay_ms=np.tile(due_ms, (batch, 1)),
        replay_outcome=outcome,
    )


def test_without_gates_what_learns_from_every_outcome(rng: np.random.Generator) -> None:
    episode = make_episode(rng)
    alike = attrs.evolve(episode, replay_outcome=shared(episode).replay_outcome)
    assert_same(
        live(ThreeFactor(gates=()), [shared(episode)]),
        live(ThreeFactor(gates=()), [alike]),
    )


@pytest.mark.parametrize(
    "gate", [AttentionGate(half_width_ms=50.0), PhaseGate(start_ms=60.0, stop_ms=500.0)], ids=lambda g: g.kind
)
def test_what_learns_nothing_from_outcomes_that_came_while_the_gate_was_closed(
    gate: Gate, rng: np.random.Generator
) -> None:
    rule, episode = ThreeFactor(gates=(gate,)), make_episode(rng)
    own = attrs.evolve(episode, replay=episode.replay[:, ::2])
    np.testing.assert_array_equal(live(rule, [shared(episode)])["what"], live(rule, [own])["what"])
    unattended = live(ThreeFactor(gates=()), [shared(episode)])["what"]
    assert not np.array_equal(unattended, live(rule, [own])["what"])


def test_what_counts_as_much_as_its_gates_were_open_at_the_moment_and_at_the_outcome(
    rng: np.random.Generator,
) -> None:
    episode = make_episode(rng)
    gates = (CueGate(tau_ms=80.0), ConstantGate(level=0.7))
    context = GateContext(episode.time_ms, episode.outcome_ms, np.zeros(SHAPE[0]))
    course, _ = combine(gates, context)
    at_outcome = course[:, episode.time_ms == 120]
    counts = np.take_along_axis(course, episode.replay, axis=1) * at_outcome
    w = np.zeros((SHAPE[0], SHAPE[2], SHAPE[1] + 1))
    for s, (x, count) in enumerate(zip(episode.replayed()[0].transpose(1, 0, 2), counts.T, strict=True)):
        error = episode.replayed()[1][:, s] - (w * x[:, None]).sum(-1)
        step = 0.05 * count / (1 + (x**2).sum(-1))
        w += step[:, None, None] * error[..., None] * x[:, None]
    state = live(ThreeFactor(gates_what=gates), [episode])
    np.testing.assert_allclose(state["what"], w, rtol=1e-10, atol=1e-14)
    assert_same(live(ThreeFactor(gates_what=()), [episode]), live(ThreeFactor(), [episode]))


@pytest.mark.parametrize("anchor", ["cue", "outcome"])
def test_a_lesion_of_a_phase_is_a_lesion_of_what_was_due_in_it(anchor: str, rng: np.random.Generator) -> None:
    at_ms = 120.0 if anchor == "cue" else 0.0
    lesion = LesionGate(anchor=anchor, start_ms=at_ms - 10, stop_ms=at_ms + 10)  # type: ignore[arg-type]
    state = live(ThreeFactor(gates_what=(lesion,)), [make_episode(rng, number=n) for n in range(3)])
    assert not state["what"][0].any()  # the last replica's outcomes are always omitted
    assert state["when"][0].any()


def test_an_error_gate_of_what_slows_small_errors_down(rng: np.random.Generator) -> None:
    episode = make_episode(rng, snapshots=1)
    plain, gated = (live(ThreeFactor(gates_what=g), [episode])["what"] for g in (None, (ErrorGate(),)))
    np.testing.assert_allclose(gated, plain, rtol=1e-12)  # at first the error is all of the outcome
    half = attrs.evolve(episode, outcome=episode.outcome / 2)
    plain, gated = (live(ThreeFactor(gates_what=g), [half])["what"] for g in (None, (ErrorGate(),)))
    np.testing.assert_allclose(gated, plain / 2, rtol=1e-12)


def test_a_shuffled_gate_is_as_open_and_teaches_something_else(rng: np.random.Generator) -> None:
    episode = make_episode(rng)
    gates = (PhaseGate(start_ms=100.0, stop_ms=140.0),)
    start = ThreeFactor().start(SHAPE, np.dtype("float64"))
    plain, mixed = (
        ThreeFactor(gates=g).online(caller(), start, episode) for g in (gates, (*gates, ShuffledGate()))
    )
    assert (mixed[1].gate.sum(axis=1) == plain[1].gate.sum(axis=1)).all()
    assert not np.array_equal(mixed[1].gate, plain[1].gate)
    assert not np.array_equal(mixed[0]["when"], plain[0]["when"])


def test_learned_attention_leaves_random_events_and_stays_with_what_is_predicted(
    rng: np.random.Generator,
) -> None:
    rule = ThreeFactor(eta_when=0.5, gates=(LearnedGate(floor=0.05, width_ms=50.0),))
    first = make_episode(rng, shape=(1, 60, 2))
    state = rule.start((1, 60, 2), np.dtype("float64"))
    for number in range(150):
        random = np.exp(-0.5 * ((first.time_ms - rng.uniform(25, 75)) / 15) ** 2) * (first.time_ms < 85)
        steady = np.exp(-0.5 * ((first.time_ms - 150) / 15) ** 2) * (number % 2)
        phasic = first.phasic.copy()
        phasic[:, first.time_ms > 100, :30] *= number % 2  # the traces tell whether it will come
        episode = attrs.evolve(first, number=number, phasic=phasic, target=(random + steady)[None])
        state, readouts = rule.online(caller(), state, episode)
        state = rule.offline(caller(), state, episode)
    gate = readouts.gate[0]
    assert gate[first.time_ms == 150] > 0.6
    assert gate[first.time_ms == 50] < 0.5 * gate[first.time_ms == 150]


@pytest.mark.parametrize("name", ["gates", "gates_what"])
@pytest.mark.parametrize(
    "gate", [ErrorGate(), LearnedGate(), ShuffledGate(), ShuffledErrorGate()], ids=lambda g: g.kind
)
def test_gates_of_which_there_can_be_one_are_refused_twice(name: str, gate: Gate) -> None:
    with pytest.raises(ValueError, match=f"{name} holds 2 {gate.kind} gates; it must hold at most one"):
        ThreeFactor(**{name: (gate, gate)})  # type: ignore[arg-type]


def test_learned_gates_of_when_and_what_share_what_is_learned_and_so_must_be_alike() -> None:
    assert ThreeFactor(gates=(LearnedGate(),), gates_what=(LearnedGate(),)).gates_what == (LearnedGate(),)
    with pytest.raises(ValueError, match="gates_what holds another learned gate than gates; they must be"):
        ThreeFactor(gates=(LearnedGate(),), gates_what=(LearnedGate(width_ms=50.0),))
    with pytest.raises(ValueError, match="gates_what holds another shuffled_error gate than gates"):
        ThreeFactor(gates=(ShuffledErrorGate(),), gates_what=(ShuffledErrorGate(saturation=0.5),))


def test_the_errors_gate_and_its_control_are_not_had_together() -> None:
    with pytest.raises(ValueError, match="gates holds an error and a shuffled_error gate"):
        ThreeFactor(gates=(ErrorGate(), ShuffledErrorGate()))


def test_what_the_error_opens_is_opened_as_far_a_trial_later_at_other_times(rng: np.random.Generator) -> None:
    window = PhaseGate(start_ms=0.0, stop_ms=250.0)
    kept = ShuffledErrorGate(saturation=0.4, start_ms=0.0, stop_ms=250.0)
    opened, drawn = [], []
    for number in range(60):
        episode = make_episode(rng, number=number)
        rule = ThreeFactor(gates=(window, kept), eta_when=0.0)
        state = rule.start(SHAPE, np.dtype("float64"))
        state, read = rule.online(caller(), state, episode)
        assert (read.gate[:, episode.time_ms == 50] == 1).all()  # in the first trial it is open
        state = rule.offline(caller(), state, episode)
        later = attrs.evolve(episode, number=number + 1)
        gate = rule.online(caller(), state, later)[1].gate
        inside = (episode.time_ms > 0) & (episode.time_ms < 250)
        error = ThreeFactor(gates=(window, ErrorGate(saturation=0.4)), eta_when=0.0)
        opened.append(
            error.online(caller(), error.start(SHAPE, np.dtype("float64")), episode)[1].gate[:, inside]
        )
        drawn.append(gate[:, inside])
        assert not gate[:, ~inside].any()
    as_open, by_chance = (np.array(gates).mean(axis=(0, 2)) for gates in (opened, drawn))
    np.testing.assert_allclose(by_chance, as_open, atol=0.03)
    together = [np.corrcoef(a[0], b[0])[0, 1] for a, b in zip(opened, drawn, strict=True)]
    assert abs(np.mean(together)) < 0.1
