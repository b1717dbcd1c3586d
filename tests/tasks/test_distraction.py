"""What happens beside cue and outcome: what is refused, and when it is drawn to happen."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from scipy import stats

from neurogate.errors import RequestError
from neurogate.tasks.bystanders import Bystanders
from neurogate.tasks.distraction import Distraction, Distractors, OtherCues, StrayOutcomes, Where
from neurogate.tasks.what_when import WhatWhen

TASK = WhatWhen()
STREAM = OtherCues(count=2, latency_ms=(450.0, 1050.0), probability=((0.0, 0.8), (0.7, 0.1)), presence=0.9)
FULL = Distraction(
    distractors=Distractors(kinds=3, rate_hz=2.0),
    stray_outcomes=StrayOutcomes(rate_hz=1.0),
    other_cues=STREAM,
)


def drawn(distraction: Distraction, n: int = 500, seeds: tuple[int, ...] = (1, 2), **how: Any) -> Bystanders:
    return Bystanders.draw(attrs.evolve(TASK, distraction=distraction), seeds, n, **how)


@pytest.mark.parametrize(
    ("where", "low", "high"), [("interval", -400, 0), ("delay", 0, 1650), ("both", -400, 1650)]
)
def test_distractors_come_at_any_time_of_their_window_as_often_as_asked(
    where: Where, low: float, high: float
) -> None:
    made = drawn(Distraction(distractors=Distractors(kinds=2, rate_hz=3.0, where=where)))
    came = np.isfinite(made.distractor_ms)
    counts = came.sum(axis=2).ravel()
    mean = 3.0 * (high - low) / 1000
    assert abs(counts.mean() - mean) < 4 * np.sqrt(mean / counts.size)
    assert abs(counts.var() / mean - 1) < 0.2
    times_ms = made.distractor_ms[came]
    assert ((times_ms >= low) & (times_ms < high)).all()
    assert stats.kstest(times_ms + 0.5, stats.uniform(low, high - low).cdf).pvalue > 1e-4
    assert stats.chisquare(np.bincount(made.distractor[came])).pvalue > 1e-4
    assert not made.outcome_ms.size
    assert (made.cue == -1).all()


def test_times_are_whole_steps() -> None:
    made = drawn(FULL, n=50, step_ms=0.5)
    for times_ms in (made.distractor_ms, made.outcome_ms):
        known = times_ms[np.isfinite(times_ms)]
        np.testing.assert_array_equal(known / 0.5, np.rint(known / 0.5))
        assert (known % 1).any() or times_ms is made.outcome_ms


def test_other_cues_are_shown_as_often_as_asked_and_their_outcomes_follow_their_odds() -> None:
    made = drawn(Distraction(other_cues=STREAM), n=4000, seeds=(3,))
    cue, time_ms, outcome = made.cue[0], made.outcome_ms[0, :, 0], made.outcome[0, :, 0]
    assert abs((cue >= 0).mean() - 0.9) < 0.02
    assert np.isnan(time_ms[cue < 0]).all()
    for c in range(2):
        here = cue == c
        assert abs(here.mean() - 0.45) < 0.03
        came = np.isfinite(time_ms[here])
        assert (time_ms[here][came] == STREAM.latency_ms[c]).all()
        for k in range(2):
            assert abs((came & (outcome[here] == k)).mean() - STREAM.probability[c][k]) < 0.05


def test_other_cues_begin_and_are_followed_at_their_own_time() -> None:
    made = drawn(Distraction(other_cues=attrs.evolve(STREAM, start_ms=-300.0, duration_ms=100.0)))
    known = made.outcome_ms[np.isfinite(made.outcome_ms)]
    assert set(known.tolist()) == {150.0, 750.0}


def test_in_probes_nothing_is_an_outcome_and_the_rest_stays() -> None:
    made = drawn(FULL, probes=True)
    assert made.outcome_ms.shape == made.outcome.shape == (2, 500, 0)
    assert np.isfinite(made.distractor_ms).any()
    assert (made.cue >= 0).any()


def test_asking_for_one_more_thing_changes_no_other() -> None:
    whole = drawn(FULL)
    for name, field in (
        ("distractors", "distractor_ms"),
        ("other_cues", "cue"),
        ("stray_outcomes", "outcome_ms"),
    ):
        alone = drawn(Distraction(**{name: getattr(FULL, name)}))
        mine, theirs = getattr(alone, field), getattr(whole, field)
        came = np.isfinite(mine)
        np.testing.assert_array_equal(
            mine[came], theirs[..., : mine.shape[2]][came] if came.ndim == 3 else theirs[came]
        )
        np.testing.assert_array_equal(alone.share, whole.share)


def test_longer_runs_begin_alike_and_replicas_know_nothing_of_each_other() -> None:
    short, long, alone = drawn(FULL, n=40), drawn(FULL, n=90), drawn(FULL, n=40, seeds=(2,))
    for name in attrs.fields_dict(Bystanders):
        for mine, theirs in (
            (getattr(short, name), getattr(long, name)[:, :40]),
            (getattr(alone, name)[0], getattr(short, name)[1]),
        ):
            if name in ("cue", "share"):
                np.testing.assert_array_equal(mine, theirs)
            elif name.endswith("_ms"):
                assert np.isfinite(mine).sum() == np.isfinite(theirs).sum()
                np.testing.assert_array_equal(mine[np.isfinite(mine)], theirs[np.isfinite(theirs)])


def test_the_first_of_two_distractions_channels_follow_the_outcomes() -> None:
    task = attrs.evolve(TASK, distraction=FULL)
    assert (TASK.channels, task.channels) == (6, 6 + 3 + 2)
    assert Distraction(stray_outcomes=StrayOutcomes()).channels == 0


@pytest.mark.parametrize(
    ("distraction", "teaches"),
    [
        (Distraction(), False),
        (Distraction(distractors=Distractors(), other_cues=OtherCues()), False),
        (Distraction(stray_outcomes=StrayOutcomes()), True),
        (Distraction(other_cues=STREAM), True),
    ],
)
def test_only_outcomes_teach(distraction: Distraction, teaches: bool) -> None:
    assert distraction.teaches == teaches


@pytest.mark.parametrize(
    ("distraction", "sentence"),
    [
        (
            Distraction(distractors=Distractors(rate_hz=1e6)),
            r"distraction.distractors.rate_hz is 1e\+06; it must be at most 487.805 Hz, 1000 events",
        ),
        (
            Distraction(distractors=Distractors(duration_ms=2000.0)),
            "distraction.distractors.duration_ms is 2000; it must be at most the length of the cue, 1650 ms",
        ),
        (
            Distraction(other_cues=OtherCues(start_ms=-500.0)),
            "distraction.other_cues.start_ms is -500; from there to 1150 ms it must lie in the trial",
        ),
        (
            Distraction(other_cues=OtherCues(start_ms=200.0)),
            "distraction.other_cues.start_ms is 200; from there to 1850 ms it must lie in the trial",
        ),
        (
            Distraction(other_cues=OtherCues(latency_ms=(300.0,))),
            "distraction.other_cues.latency_ms holds 1 rows; it must hold one per cue, 2, or both none",
        ),
        (
            Distraction(other_cues=attrs.evolve(STREAM, probability=((0.9, 0.2), (0.0, 0.0)))),
            r"distraction.other_cues.probability\[0\] has 2 entries and sums to 1.1",
        ),
        (
            Distraction(other_cues=attrs.evolve(STREAM, probability=((0.9,), (0.0, 0.0)))),
            r"distraction.other_cues.probability\[0\] has 1 entries and sums to 0.9",
        ),
        (
            Distraction(other_cues=attrs.evolve(STREAM, latency_ms=(300.0, 1700.0))),
            r"distraction.other_cues.latency_ms\[1\] is 1700; its outcome comes at 1700 ms",
        ),
    ],
)
def test_what_does_not_fit_into_the_trial_is_refused(distraction: Distraction, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        attrs.evolve(TASK, distraction=distraction)
