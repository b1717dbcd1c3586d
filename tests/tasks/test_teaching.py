"""What the network is given and what rules are told, where a trial has outcomes that are not its own."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from neurogate.network.features import Features
from neurogate.tasks.clock import Clock
from neurogate.tasks.distraction import Distraction, Distractors, OtherCues, StrayOutcomes
from neurogate.tasks.teaching import Teaching
from neurogate.tasks.what_when import WhatWhen
from tests.tasks.sessions import TASK

STEPS, CUES, OUTCOMES = 230, 2, 2
STREAM = OtherCues(count=2, latency_ms=(40.0, 90.0), probability=((0.5, 0.3), (0.0, 0.9)), salience=0.5)
FULL = Distraction(
    distractors=Distractors(kinds=2, rate_hz=10.0, duration_ms=10.0, amplitude=3.0),
    stray_outcomes=StrayOutcomes(rate_hz=5.0),
    other_cues=STREAM,
)


def teaching(
    distraction: Distraction | None = FULL, seeds: tuple[int, ...] = (3, 4, 5), **task: object
) -> Teaching:
    changed: WhatWhen = attrs.evolve(TASK, distraction=distraction, **{"replays": 40, **task})
    return Teaching.of(changed, Clock.of(1.0, Features(), TASK.timeline), seeds, per_cue=2)


def trials(made: Teaching) -> range:
    return range(3, len(made.schedule.block))


def test_without_distraction_only_cue_and_outcome_are_given() -> None:
    made = teaching(None)
    for n in trials(made):
        drawn = made.schedule
        expected = TASK.timeline.inputs(
            1.0, drawn.cue[:, n], CUES, drawn.outcome[:, n], OUTCOMES, drawn.latency_ms[:, n]
        )
        np.testing.assert_array_equal(made.inputs(n), expected)
        episode = made.episode(n)
        assert episode.others_ms is episode.replay_ms is episode.replay_outcome is None


def test_distractions_leave_cue_and_outcome_as_they_were() -> None:
    plain, made = (
        teaching(None),
        teaching(Distraction(distractors=FULL.distractors, other_cues=OtherCues(count=2))),
    )
    for n in trials(made):
        np.testing.assert_array_equal(made.inputs(n)[..., : CUES + OUTCOMES], plain.inputs(n))
        for name in ("target", "outcome", "outcome_ms", "replay"):
            np.testing.assert_array_equal(getattr(made.episode(n), name), getattr(plain.episode(n), name))
        assert made.episode(n).replay_ms is None


def test_distractors_and_other_cues_have_channels_of_their_own() -> None:
    made = teaching()
    seen = 0
    for n in trials(made):
        inputs, beside = made.inputs(n), made.bystanders
        for b in range(3):
            expected = np.zeros((STEPS, 4))
            for at, kind in zip(beside.distractor_ms[b, n], beside.distractor[b, n], strict=True):
                if np.isfinite(at):
                    expected[int(at) + 20 : int(at) + 30, kind] = 3.0
                    seen += 1
            expected[20:40, 2 + beside.cue[b, n]] = 0.5 * TASK.timeline.onset_amplitude
            expected[40:220, 2 + beside.cue[b, n]] = 0.5 * TASK.timeline.cue_amplitude
            np.testing.assert_array_equal(inputs[b, :, CUES + OUTCOMES :], expected)
    assert seen > 10


def test_outcomes_that_are_not_the_trials_own_look_like_any_other() -> None:
    plain, made = teaching(None), teaching()
    seen = 0
    for n in trials(made):
        given, own, beside = made.inputs(n), plain.inputs(n), made.bystanders
        for b in range(3):
            pulses = own[b, :, CUES : CUES + OUTCOMES].copy()
            for at, k in zip(beside.outcome_ms[b, n], beside.outcome[b, n], strict=True):
                if np.isfinite(at):
                    pulses[int(at) + 20 : int(at) + 35, k] = TASK.timeline.outcome_amplitude
                    seen += 1
            np.testing.assert_array_equal(given[b, :, CUES : CUES + OUTCOMES], pulses)
    assert seen > 10


def test_there_is_a_bump_around_every_outcome() -> None:
    plain, made = teaching(None), teaching()
    for n in trials(made):
        episode, own = made.episode(n), plain.episode(n)
        expected = own.target.copy()
        for b in range(3):
            for at in made.bystanders.outcome_ms[b, n]:
                if np.isfinite(at):
                    bump = np.exp(-0.5 * ((made.clock.time_ms - at) / TASK.target_sd_ms) ** 2)
                    expected[b] = np.maximum(expected[b], bump)
        np.testing.assert_allclose(episode.target, expected, rtol=1e-12)
        np.testing.assert_array_equal(episode.outcome, own.outcome)
        np.testing.assert_array_equal(episode.outcome_ms, own.outcome_ms)


def test_replays_are_shared_out_evenly_and_paired_with_their_outcome() -> None:
    made = teaching(replays=60)
    shares: dict[int, list[float]] = {}
    for n in trials(made):
        episode, drawn = made.episode(n), made.schedule
        for b in range(3):
            came = np.isfinite(made.bystanders.outcome_ms[b, n])
            others = dict(
                zip(made.bystanders.outcome_ms[b, n][came], made.bystanders.outcome[b, n][came], strict=True)
            )
            due = drawn.latency_ms[b, n]
            for moment, at, hot in zip(
                episode.replay[b], episode.replay_ms[b], episode.replay_outcome[b], strict=True
            ):
                own = at == due and at not in others
                assert own or at in others
                if own:
                    assert hot.tolist() == episode.outcome[b].tolist()
                    end_ms = at if episode.outcome[b].any() else TASK.replay_to_ms
                elif at != due:
                    assert hot.argmax() == others[at]
                    end_ms = at
                else:
                    continue
                time_ms = made.clock.time_ms[moment]
                first = TASK.replay_from_ms if end_ms > TASK.replay_from_ms else -15.0
                assert first <= time_ms < max(end_ms, first + 5.0)
            shares.setdefault(len(others), []).append(float((episode.replay_ms[b] == due).mean()))
    assert np.mean(shares[1]) == pytest.approx(1 / 2, abs=0.06)
    assert np.mean(shares[2]) == pytest.approx(1 / 3, abs=0.06)


def test_probes_leave_out_every_outcome_and_nothing_else() -> None:
    made = teaching()
    for probe in range(made.probe_cues.shape[1]):
        inputs = made.probe_inputs(probe)
        assert not inputs[..., CUES : CUES + OUTCOMES].any()
        assert (inputs[:, 30, :CUES] > 0).sum(axis=1).tolist() == [1] * 3
        assert ((inputs[:, 100, -2:] > 0).sum(axis=1) == 1).all()
    assert any(made.probe_inputs(p)[..., CUES + OUTCOMES : -2].any() for p in range(4))
    assert not made.probe_episode().target.any()


def test_the_bump_of_a_later_outcome_is_wider_if_asked_for() -> None:
    made = teaching(None, target_weber=0.5)
    for n in trials(made):
        episode = made.episode(n)
        sd = np.hypot(TASK.target_sd_ms, 0.5 * made.schedule.latency_ms[:, n])[:, None]
        distance = made.clock.time_ms - made.schedule.latency_ms[:, n, None]
        bump = np.exp(-0.5 * (distance / sd) ** 2) * episode.outcome.any(axis=1)[:, None]
        np.testing.assert_allclose(episode.target, bump, rtol=1e-12)


def test_a_cue_that_ends_with_its_onset_leaves_the_clock_and_the_targets_alone() -> None:
    silent = attrs.evolve(TASK.timeline, cue_amplitude=0.0)
    made, trace = teaching(), teaching(timeline=silent)
    np.testing.assert_array_equal(trace.clock.cue_bins, made.clock.cue_bins)
    for n in trials(made):
        assert not trace.inputs(n)[:, 40:, :CUES].any()
        for name in ("target", "outcome", "replay", "replay_ms", "others_ms"):
            np.testing.assert_array_equal(getattr(trace.episode(n), name), getattr(made.episode(n), name))


def test_with_a_lead_the_bump_lies_that_much_before_its_outcome() -> None:
    plain, ahead = teaching(), teaching(lead_ms=20.0)
    assert plain.task.foretold_ms(plain.clock.time_ms)[0] == plain.clock.time_ms[0]
    shift = round(20.0 / plain.clock.bin_ms)
    for n in trials(plain):
        before, after = plain.episode(n).target, ahead.episode(n).target
        np.testing.assert_array_equal(after[:, :-shift], before[:, shift:])
    assert before.any()


@pytest.mark.parametrize("distraction", [None, FULL], ids=["alone", "distracted"])
def test_moments_lie_within_their_time_before_the_outcome_came_or_was_due(
    distraction: Distraction | None,
) -> None:
    made = teaching(distraction, replay_within_ms=30.0)
    omitted = 0
    for n in trials(made):
        episode = made.episode(n)
        due_ms = episode.due_ms[:, None] if episode.replay_ms is None else episode.replay_ms
        until_ms = due_ms - made.clock.time_ms[episode.replay]
        # A bin is known by its end; an outcome before the first moment leaves no other choice.
        early = due_ms <= TASK.replay_from_ms
        assert ((until_ms > 0) & (until_ms <= 30) | early).all()
        omitted += int(np.isnan(episode.outcome_ms).sum())
    assert omitted > 0
