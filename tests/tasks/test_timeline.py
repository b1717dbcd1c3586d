"""What enters the network in a trial: which channel, how much, from when to when."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.tasks.timeline import Timeline

CUES, OUTCOMES = 3, 2
WHOLE = st.integers(0, 40)


def inputs(timeline: Timeline, cue: int, outcome: int, latency_ms: float, dt_ms: float = 1.0) -> np.ndarray:
    made = timeline.inputs(
        dt_ms, np.array([cue]), CUES, np.array([outcome]), OUTCOMES, np.array([latency_ms])
    )
    assert made.shape[0] == 1
    return made[0]


@pytest.mark.parametrize("dt_ms", [0.1, 0.5, 1.0])
def test_the_default_trial_is_that_of_the_task(dt_ms: float) -> None:
    x = inputs(Timeline(), cue=1, outcome=0, latency_ms=300.0, dt_ms=dt_ms)
    time_ms = np.arange(round(2200 / dt_ms)) * dt_ms - 400
    assert x.shape == (len(time_ms), CUES + OUTCOMES)

    def within(start_ms: float, stop_ms: float) -> np.ndarray:
        return (time_ms > start_ms - dt_ms / 2) & (time_ms < stop_ms - dt_ms / 2)

    cue = 0.5 * within(0, 1650) + 0.5 * within(0, 100)
    np.testing.assert_array_equal(x[:, 1], cue)
    np.testing.assert_array_equal(x[:, CUES], 0.5 * within(300, 350))
    assert not x[:, [0, 2, CUES + 1]].any()


def test_an_omission_is_the_same_trial_without_the_outcome() -> None:
    timeline = Timeline()
    given, omitted = (inputs(timeline, 2, outcome, 600.0) for outcome in (1, -1))
    assert given[:, CUES + 1].any()
    given[:, CUES + 1] = 0
    np.testing.assert_array_equal(given, omitted)


def test_each_replica_gets_its_own_trial() -> None:
    timeline = Timeline()
    trials = [(0, -1, 300.0), (2, 1, 600.0), (1, 0, 1200.0)]
    cue, outcome, latency_ms = (np.array(column) for column in zip(*trials, strict=True))
    together = timeline.inputs(1.0, cue, CUES, outcome, OUTCOMES, latency_ms)
    for b, trial in enumerate(trials):
        np.testing.assert_array_equal(together[b], inputs(timeline, *trial))


@given(
    interval=WHOLE,
    onset=WHOLE,
    rest=st.integers(1, 40),
    outcome=WHOLE,
    gap=WHOLE,
    latency=WHOLE,
    amplitudes=st.tuples(*[st.floats(-5, 5)] * 3),
    which=st.integers(-1, OUTCOMES - 1),
)
def test_nothing_comes_before_its_time_and_everything_ends(
    interval: int,
    onset: int,
    rest: int,
    outcome: int,
    gap: int,
    latency: int,
    amplitudes: tuple[float, float, float],
    which: int,
) -> None:
    timeline = Timeline(
        interval_ms=interval,
        onset_ms=onset,
        cue_ms=onset + rest,
        outcome_ms=outcome,
        gap_ms=gap,
        onset_amplitude=amplitudes[0],
        cue_amplitude=amplitudes[1],
        outcome_amplitude=amplitudes[2],
    )
    x = inputs(timeline, 0, which, float(latency))
    stop = interval + onset + rest
    assert len(x) == stop + gap == timeline.trial_ms
    assert not x[:interval].any()
    assert not x[stop:, :CUES].any()
    assert (x[interval : interval + onset, 0] == amplitudes[0]).all()
    assert (x[interval + onset : stop, 0] == amplitudes[1]).all()
    pulse = np.zeros((len(x), OUTCOMES))
    if which >= 0:
        pulse[interval + latency : interval + latency + outcome, which] = amplitudes[2]
    np.testing.assert_array_equal(x[:, CUES:], pulse)


def test_a_time_between_two_steps_is_refused() -> None:
    with pytest.raises(ValueError, match=r"300\.5 ms is not a whole number of steps of 1 ms"):
        inputs(Timeline(), 0, 0, 300.5)


def test_an_onset_longer_than_its_cue_is_refused() -> None:
    with pytest.raises(ValueError, match="onset_ms is 200; it must be at most cue_ms, 100 ms"):
        Timeline(onset_ms=200.0, cue_ms=100.0)
