"""The three-factor rule: its equations, its gates, what omissions teach, how novelty fades."""

from __future__ import annotations

import itertools
import math

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
    ShuffledGate,
    SurpriseGate,
    combine,
)
from neurogate.plasticity.three_factor import ThreeFactor
from tests.plasticity.episodes import SHAPE, assert_same, caller, live, make_episode


def omitted(episode: Episode) -> Episode:
    """Return the trial as it would be taught without its outcome."""
    return attrs.evolve(
        episode,
        target=np.zeros_like(episode.target),
        outcome=np.zeros_like(episode.outcome),
        outcome_ms=np.full_like(episode.outcome_ms, np.nan),
    )


@pytest.mark.parametrize(
    "gates",
    [
        (),
        (ConstantGate(level=0.4),),
        (PhaseGate(start_ms=0.0, stop_ms=100.0), ErrorGate(saturation=0.3)),
        (CueGate(tau_ms=80.0), OutcomeGate(tau_ms=30.0), ErrorGate()),
        (SurpriseGate(),),
    ],
    ids=lambda gates: " ".join(gate.kind for gate in gates) or "none",
)
def test_when_moves_by_rate_times_gate_times_error_times_eligibility(
    gates: tuple[Gate, ...], rng: np.random.Generator
) -> None:
    rule = ThreeFactor(eta_when=0.3, gates=gates)
    state = live(rule, [make_episode(rng) for _ in range(3)])
    episode = make_episode(rng, number=3)
    context = GateContext(episode.time_ms, episode.outcome_ms, state["surprise"])
    course, saturation = combine(gates, context)
    w, when, gate = state["when"][:, 0].copy(), [], []
    for t in range(len(episode.bins)):
        h = episode.phasic[:, t]
        when.append((w * h).sum(-1))
        error = episode.target[:, t] - when[-1]
        gate.append(course[:, t] * (np.minimum(1, np.abs(error) / saturation) if saturation else 1))
        w += (0.3 * gate[-1] * error / (1 + (h**2).sum(-1)))[:, None] * h
    after, readouts = rule.online(caller(), state, episode)
    np.testing.assert_allclose(after["when"][:, 0], w, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(readouts.when, np.transpose(when), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(readouts.gate, np.transpose(gate), rtol=1e-12, atol=1e-15)


def test_what_moves_by_rate_times_error_times_trace_at_each_replayed_moment(rng: np.random.Generator) -> None:
    rule, episode = ThreeFactor(), make_episode(rng, number=30)
    state = live(rule, [make_episode(rng)])
    w = state["what"].copy()
    for s in range(episode.replay.shape[1]):
        x = np.stack([episode.tonic[b, episode.replay[b, s]] for b in range(SHAPE[0])])
        error = episode.outcome - (w * x[:, None]).sum(-1)
        w += rule.rate_what(30) * error[..., None] * (x / (1 + (x**2).sum(-1, keepdims=True)))[:, None]
    np.testing.assert_allclose(rule.offline(caller(), state, episode)["what"], w, rtol=1e-12, atol=1e-15)


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


def test_omissions_push_when_to_zero_and_what_to_zeros(rng: np.random.Generator) -> None:
    rule = ThreeFactor(eta_when=0.5, eta_what=0.1, gates=(PhaseGate(),))
    episode = make_episode(rng, shape=(1, 40, 2), snapshots=8)
    learned = live(rule, [episode] * 60)
    after = live(rule, [omitted(episode)] * 150, learned)

    def size(state: dict[str, np.ndarray]) -> tuple[float, float]:
        inside = episode.phasic[:, episode.time_ms > 0]
        when = (state["when"] * inside).sum(-1)
        what = (state["what"][:, None] * episode.replayed()[0][:, :, None]).sum(-1)
        return float(np.abs(when).mean()), float(np.abs(what).mean())

    assert size(learned)[0] > 0.2
    assert size(learned)[1] > 0.4
    assert size(after)[0] < 0.1 * size(learned)[0]
    assert size(after)[1] < 0.1 * size(learned)[1]


def test_one_omission_moves_readouts_towards_zero(rng: np.random.Generator) -> None:
    rule = ThreeFactor(gates=(PhaseGate(),))
    episode = make_episode(rng, shape=(1, 40, 2), snapshots=1)
    learned = live(rule, [episode] * 30)
    after = live(rule, [omitted(episode)], learned)
    sample = episode.replayed()[0][:, 0]
    before_what, after_what = (
        (state["what"] * sample[:, None]).sum(-1)[episode.outcome > 0] for state in (learned, after)
    )
    assert (after_what > 0).all()
    assert (after_what < before_what).all()


def test_novelty_fades_from_its_start_to_its_floor() -> None:
    rule = ThreeFactor(eta_what=0.02, eta_novelty=0.06, novelty_trials=50.0)
    assert rule.rate_what(0) == pytest.approx(0.08)
    assert rule.rate_what(50) == pytest.approx(0.02 + 0.06 / math.e)
    assert rule.rate_what(100_000) == pytest.approx(0.02)
    rates = [rule.rate_what(trial) for trial in range(300)]
    assert all(later < earlier for earlier, later in itertools.pairwise(rates))


def test_the_step_of_what_follows_the_number_of_the_trial_and_not_the_block(rng: np.random.Generator) -> None:
    rule = ThreeFactor()
    episode = make_episode(rng, snapshots=1)
    start = rule.start(SHAPE, np.dtype("float64"))
    steps = {
        number: rule.offline(caller(), start, attrs.evolve(episode, number=number, block_starts=switch))[
            "what"
        ]
        for number, switch in ((0, False), (400, True))
    }
    ratio = rule.rate_what(400) / rule.rate_what(0)
    np.testing.assert_allclose(steps[400], ratio * steps[0], rtol=1e-12)
    assert steps[0].any()


def test_surprise_is_a_running_mean_of_the_absolute_error_of_what(rng: np.random.Generator) -> None:
    rule = ThreeFactor(surprise_trials=4.0)
    state = rule.start(SHAPE, np.dtype("float64"))
    assert state["surprise"].tolist() == [0, 0]
    episodes = [make_episode(rng, number=i, snapshots=1) for i in range(3)]
    expected = np.zeros(2)
    for episode in episodes:
        x = episode.replayed()[0][:, 0]
        error = np.abs(episode.outcome - (state["what"] * x[:, None]).sum(-1)).mean(-1)
        expected = 0.75 * expected + 0.25 * error
        state = rule.offline(caller(), state, episode)
        np.testing.assert_allclose(state["surprise"], expected, rtol=1e-12)


def test_after_surprising_trials_the_surprise_gate_is_wider_open(rng: np.random.Generator) -> None:
    rule, episode = ThreeFactor(gates=(SurpriseGate(floor=0.1),)), make_episode(rng)
    calm = rule.start(SHAPE, np.dtype("float64"))
    alarmed = {**calm, "surprise": np.array([0.0, 0.4])}
    gates = [rule.online(caller(), state, episode)[1].gate for state in (calm, alarmed)]
    np.testing.assert_array_equal(gates[0][0], gates[1][0])
    assert (gates[1][1] > gates[0][1] + 0.5).all()


def test_a_rate_of_zero_learns_nothing(rng: np.random.Generator) -> None:
    rule = ThreeFactor(eta_when=0.0, eta_what=0.0, eta_novelty=0.0)
    episodes = [make_episode(rng, number=i) for i in range(3)]
    state = live(rule, episodes)
    assert_same({**state, "surprise": np.zeros(2)}, rule.start(SHAPE, np.dtype("float64")))


def test_two_error_gates_are_refused() -> None:
    with pytest.raises(ValueError, match="gates holds 2 error gates; it must hold at most one"):
        ThreeFactor(gates=(ErrorGate(), PhaseGate(), ErrorGate(saturation=0.3)))


@pytest.mark.parametrize(
    "settings",
    [
        {"eta_when": 2.5},
        {"eta_when": float("nan")},
        {"eta_what": -0.1},
        {"eta_novelty": -1.0},
        {"novelty_trials": 0.0},
        {"surprise_trials": 0.5},
    ],
    ids=str,
)
def test_settings_outside_their_domain_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="; it must be "):
        ThreeFactor(**settings)


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


def test_without_an_error_weights_move_by_the_target_and_decay(rng: np.random.Generator) -> None:
    rule = ThreeFactor(hebbian_decay=0.2, gates=(PhaseGate(),), eta_when=0.3)
    state = live(rule, [make_episode(rng, number=n) for n in range(2)])
    episode, w = make_episode(rng, number=2), state["when"][:, 0].copy()
    for t in np.flatnonzero(episode.time_ms > 0):
        h = episode.phasic[:, t]
        drive = (episode.target[:, t] / (1 + (h**2).sum(-1)))[:, None] * h
        w += 0.3 * (drive - 0.2 * w)
    np.testing.assert_allclose(rule.online(caller(), state, episode)[0]["when"][:, 0], w, rtol=1e-10)
    what = state["what"].copy()
    for x, o in zip(*(part.transpose(1, 0, 2) for part in episode.replayed()), strict=True):
        drive = o[..., None] * (x / (1 + (x**2).sum(-1, keepdims=True)))[:, None]
        what += rule.rate_what(2) * (drive - 0.2 * what)
    np.testing.assert_allclose(rule.offline(caller(), state, episode)["what"], what, rtol=1e-10)


def test_what_online_learns_in_the_bins_after_the_outcome_came_or_was_due(rng: np.random.Generator) -> None:
    rule, episode = ThreeFactor(online_ms=20.0), make_episode(rng)
    state = live(ThreeFactor(), [make_episode(rng)])
    expected = state["what"].copy()
    for t in np.flatnonzero((episode.time_ms > 120) & (episode.time_ms <= 140)):
        x = episode.tonic[:, t]
        error = episode.outcome - (expected * x[:, None]).sum(-1)  # zeros where it is omitted
        expected += 0.05 * error[..., None] * (x / (1 + (x**2).sum(-1, keepdims=True)))[:, None]
    heard, _ = rule.online(caller(), state, episode)
    np.testing.assert_allclose(heard["what"], expected, rtol=1e-10)
    after = rule.offline(caller(), heard, episode)
    np.testing.assert_array_equal(after["what"], heard["what"])
    assert after["surprise"][0] != heard["surprise"][0]


@pytest.mark.parametrize("name", ["gates", "gates_what"])
@pytest.mark.parametrize("gate", [ErrorGate(), LearnedGate(), ShuffledGate()], ids=lambda g: g.kind)
def test_gates_of_which_there_can_be_one_are_refused_twice(name: str, gate: Gate) -> None:
    with pytest.raises(ValueError, match=f"{name} holds 2 {gate.kind} gates; it must hold at most one"):
        ThreeFactor(**{name: (gate, gate)})  # type: ignore[arg-type]


def test_learned_gates_of_when_and_what_share_what_is_learned_and_so_must_be_alike() -> None:
    assert ThreeFactor(gates=(LearnedGate(),), gates_what=(LearnedGate(),)).gates_what == (LearnedGate(),)
    with pytest.raises(ValueError, match="gates_what holds another learned gate than gates; they must be"):
        ThreeFactor(gates=(LearnedGate(),), gates_what=(LearnedGate(width_ms=50.0),))
