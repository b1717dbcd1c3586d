"""What happens in each trial: drawn from the seeds, each random thing by itself."""

from __future__ import annotations

import attrs
import numpy as np
from scipy.stats import binom

from neurogate.neurons.distributions import Uniform
from neurogate.tasks.jitter import Jitter
from neurogate.tasks.schedule import Schedule, shuffled_groups
from neurogate.tasks.what_when import Block, WhatWhen

TASK = WhatWhen()
BEFORE = TASK.settling + TASK.habituation


def with_trials(*trials: int) -> WhatWhen:
    blocks = tuple(attrs.evolve(b, trials=t) for b, t in zip(TASK.blocks, trials, strict=True))
    return attrs.evolve(TASK, blocks=blocks)


def test_every_group_of_trials_holds_each_cue_once() -> None:
    schedule = Schedule.draw(TASK, (1, 2, 3))
    groups = schedule.cue.reshape(3, -1, 4)
    assert (np.sort(groups, axis=-1) == np.arange(4)).all()
    assert len(np.unique(groups.reshape(-1, 4), axis=0)) == 24


def test_groups_end_early_if_trials_run_out(rng: np.random.Generator) -> None:
    cue = shuffled_groups(rng, 3, 8)
    assert cue.shape == (8,)
    assert sorted(cue[:3]) == sorted(cue[3:6]) == [0, 1, 2]
    assert len(set(cue[6:].tolist())) == 2


def test_outcomes_come_as_often_as_their_probability_says() -> None:
    schedule = Schedule.draw(with_trials(2000, 2000, 2000), range(5))
    truth = TASK.probability()
    for block in range(3):
        for cue in range(4):
            here = (schedule.block == block) & (schedule.cue == cue)
            count = here.sum()
            for outcome, p in enumerate([*truth[block, cue], 1 - truth[block, cue].sum()]):
                which = -1 if outcome == 2 else outcome
                seen = ((schedule.outcome == which) & here).sum()
                low, high = binom.ppf([1e-4, 1 - 1e-4], count, max(p, 0))
                assert low <= seen <= high, (block, cue, which)


def test_outcomes_do_not_follow_from_the_trial_before() -> None:
    schedule = Schedule.draw(with_trials(4000, 1, 1), (11,))
    came = (schedule.outcome[0] >= 0).astype(float)
    assert abs(np.corrcoef(came[:-1], came[1:])[0, 1]) < 4 / np.sqrt(came.size)


def test_a_certain_outcome_always_comes_and_an_impossible_one_never() -> None:
    block = Block(name="A", trials=500, latency_ms=(300.0, 600.0), probability=((1.0, 0.0), (0.0, 0.7)))
    schedule = Schedule.draw(WhatWhen(blocks=(block,)), (1,))
    assert (schedule.outcome[schedule.cue == 0] == 0).all()
    assert set(schedule.outcome[schedule.cue == 1].tolist()) == {-1, 1}


def test_latencies_are_those_of_the_block_also_when_the_outcome_is_omitted() -> None:
    schedule = Schedule.draw(TASK, (1, 2))
    expected = TASK.latency_ms()[np.broadcast_to(schedule.block, schedule.cue.shape), schedule.cue]
    np.testing.assert_array_equal(schedule.latency_ms, expected)
    assert (schedule.outcome == -1).any()


def test_trials_before_training_are_like_those_of_the_first_block() -> None:
    schedule = Schedule.draw(TASK, (1,))
    assert np.bincount(schedule.block).tolist() == [BEFORE + 320, 240, 240]
    assert (np.diff(schedule.block) >= 0).all()


def test_the_schedule_of_a_replica_depends_on_its_own_seed_only() -> None:
    together, alone = Schedule.draw(TASK, (7, 8, 9)), Schedule.draw(TASK, (8,))
    for name in ("cue", "outcome", "latency_ms", "replay"):
        np.testing.assert_array_equal(getattr(together, name)[1], getattr(alone, name)[0])
        assert not np.array_equal(getattr(together, name)[0], getattr(together, name)[1])


def test_longer_blocks_keep_the_order_of_the_cues() -> None:
    short, long = Schedule.draw(with_trials(40, 8, 8), (5,)), Schedule.draw(with_trials(80, 40, 8), (5,))
    np.testing.assert_array_equal(long.cue[:, : short.cue.shape[1]], short.cue)


def test_other_odds_change_neither_cues_nor_replays() -> None:
    sure = attrs.evolve(TASK.blocks[0], probability=((1.0, 0.0),) * 4)
    one, other = (Schedule.draw(attrs.evolve(TASK, blocks=(b,)), (5,)) for b in (TASK.blocks[0], sure))
    for name in ("cue", "latency_ms", "replay"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_replayed_moments_are_uniform_over_their_span() -> None:
    replay = Schedule.draw(TASK, (1,)).replay
    assert replay.shape == (1, BEFORE + 800, 8)
    assert replay.min() >= 0
    assert replay.max() < 1
    counts = np.histogram(replay, bins=10, range=(0, 1))[0]
    low, high = binom.ppf([1e-4, 1 - 1e-4], replay.size, 0.1)
    assert (counts >= low).all()
    assert (counts <= high).all()


DRIFTING = attrs.evolve(
    TASK.blocks[0], trials=3000, probability_to=((0.1, 0.9), (0.8, 0.1), (0.1, 0.1), (0.0, 0.0))
)
UNSTEADY = attrs.evolve(TASK.blocks[0], jitter=Jitter(shift_ms=(Uniform(low=-100.0, high=100.0),)))


def test_outcomes_follow_odds_that_drift() -> None:
    task = attrs.evolve(TASK, blocks=(DRIFTING,))
    schedule = Schedule.draw(task, range(4))
    training = schedule.cue[:, BEFORE:], schedule.outcome[:, BEFORE:]
    first, last = np.array(DRIFTING.probability), np.array(DRIFTING.probability_to)
    for part, share in ((slice(0, 600), 0.1), (slice(1200, 1800), 0.5), (slice(2400, 3000), 0.9)):
        expected = (1 - share) * first + share * last  # in the middle of the part
        cue, outcome = (values[:, part] for values in training)
        for c in range(4):
            for k in range(2):
                seen = (outcome[cue == c] == k).mean()
                assert abs(seen - expected[c, k]) < 4 * np.sqrt(0.25 / (cue == c).sum())


def test_trials_before_training_have_the_odds_with_which_the_drift_begins() -> None:
    sure = attrs.evolve(DRIFTING, probability=((1.0, 0.0),) * 4, probability_to=((0.0, 1.0),) * 4)
    schedule = Schedule.draw(attrs.evolve(TASK, blocks=(sure,), habituation=50), (1,))
    assert not schedule.outcome[0, : TASK.settling + 50 + 1].any()
    assert schedule.outcome[0, -1] == 1


def test_a_drift_changes_only_outcomes() -> None:
    steady = attrs.evolve(DRIFTING, probability_to=None)
    one, other = (Schedule.draw(attrs.evolve(TASK, blocks=(b,)), (5,)) for b in (steady, DRIFTING))
    for name in ("cue", "latency_ms", "replay"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert not np.array_equal(one.outcome, other.outcome)


def test_jitter_changes_only_times() -> None:
    one, other = (Schedule.draw(attrs.evolve(TASK, blocks=(b,)), (5, 6)) for b in (TASK.blocks[0], UNSTEADY))
    for name in ("cue", "outcome", "replay"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    shift = other.latency_ms - one.latency_ms
    assert (abs(shift) <= 100).all()
    assert shift.std() > 50
    assert len(np.unique(shift)) > 100


def test_jitter_of_one_block_leaves_the_times_of_the_others() -> None:
    both = attrs.evolve(TASK, blocks=(UNSTEADY, attrs.evolve(UNSTEADY, name="B")))
    one = attrs.evolve(TASK, blocks=(TASK.blocks[0], attrs.evolve(UNSTEADY, name="B")))
    drawn, alone = Schedule.draw(both, (5,)), Schedule.draw(one, (5,))
    np.testing.assert_array_equal(
        drawn.latency_ms[:, drawn.block == 1], alone.latency_ms[:, drawn.block == 1]
    )


def test_jittered_times_of_a_replica_depend_on_its_own_seed_only() -> None:
    task = attrs.evolve(TASK, blocks=(UNSTEADY,))
    together, alone = Schedule.draw(task, (7, 8)), Schedule.draw(task, (8,))
    np.testing.assert_array_equal(together.latency_ms[1], alone.latency_ms[0])
