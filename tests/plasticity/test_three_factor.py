"""The three-factor rule: its equations, what omissions teach, how novelty fades."""

from __future__ import annotations

import itertools
import math

import attrs
import numpy as np
import pytest

from neurogate.plasticity.episode import Episode
from neurogate.plasticity.gates import (
    ConstantGate,
    CueGate,
    ErrorGate,
    Gate,
    GateContext,
    OutcomeGate,
    PhaseGate,
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


def test_a_rate_of_zero_learns_nothing(rng: np.random.Generator) -> None:
    rule = ThreeFactor(eta_when=0.0, eta_what=0.0, eta_novelty=0.0)
    episodes = [make_episode(rng, number=i) for i in range(3)]
    state = live(rule, episodes)
    assert_same({**state, "surprise": np.zeros(2)}, rule.start(SHAPE, np.dtype("float64")))


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
