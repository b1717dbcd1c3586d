"""The task and the schedule of its trials."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from scipy.stats import binom

from neurogate.errors import RequestError
from neurogate.tasks.what_when import Block, Schedule, WhatWhen, shuffled_groups

TASK = WhatWhen()
BEFORE = TASK.settling + TASK.habituation


def with_trials(*trials: int) -> WhatWhen:
    blocks = tuple(attrs.evolve(b, trials=t) for b, t in zip(TASK.blocks, trials, strict=True))
    return attrs.evolve(TASK, blocks=blocks)


def test_the_default_task_is_the_published_one() -> None:
    assert [block.trials for block in TASK.blocks] == [320, 240, 240]
    assert TASK.starts == [0, 320, 560, 800]
    assert TASK.latency_ms().tolist() == [[300, 600, 900, 1200], *[[600, 300, 1200, 900]] * 2]
    before, after = (
        [[0.9, 0], [0.1, 0.8], [0.5, 0.3], [0.2, 0.6]],
        [[0.2, 0.7], [0.7, 0.2], [0.1, 0.7], [0.6, 0.2]],
    )
    assert TASK.probability().tolist() == [before, before, after]
    assert (1 - TASK.probability().sum(axis=-1) > 0.09).all()


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


GOOD: dict[str, Any] = {"name": "A", "trials": 4, "latency_ms": (300.0,), "probability": ((0.5, 0.2),)}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"latency_ms": (), "probability": ()}, "latency_ms is empty"),
        ({"probability": ()}, "probability holds 0 rows; it must hold one per cue, 1"),
        ({"probability": ((0.9, 0.2),)}, r"probability\[0\] sums to 1.1; the outcomes"),
        ({"probability": ((1.5, 0.0),)}, r"probability\[0\]\[0\] is 1.5; it must be from 0 to 1"),
        ({"latency_ms": (-5.0,)}, r"latency_ms\[0\] is -5.0; it must be above 0 ms"),
        ({"trials": 0}, "trials is 0; it must be at least 1"),
    ],
)
def test_a_block_that_makes_no_sense_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises((ValueError, RequestError), match=sentence):
        WhatWhen(blocks=(Block(**{**GOOD, **changes}),))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"outcomes": ()}, "outcomes and blocks must each hold at least one entry"),
        ({"blocks": ()}, "outcomes and blocks must each hold at least one entry"),
        ({"outcomes": ("X",)}, r"probability\[0\] has 2 entries; it must have one per outcome, 1"),
        ({"replay_to_ms": 50.0}, "replay_to_ms is 50; it must be above replay_from_ms, 100 ms"),
        ({"replay_to_ms": 1700.0}, "at most the length of the cue, 1650 ms"),
        ({"replay_from_ms": 300.0}, r"latency_ms\[0\] is 300; it must be above replay_from_ms, 300 ms"),
        ({"blocks": (TASK.blocks[0], TASK.blocks[0])}, "blocks are called A, A; each needs a name"),
        ({"blocks": (TASK.blocks[0], Block(**{**GOOD, "name": "B"}))}, r"blocks\[1\] has 1 cues; .* 4"),
        ({"blocks": (Block(**{**GOOD, "latency_ms": (1601.0,)}),)}, "inside the cue, at most 1600 ms"),
        ({"habituation": 0}, "habituation is 0; it must be at least 1"),
    ],
)
def test_a_task_whose_parts_do_not_fit_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises((ValueError, RequestError), match=sentence):
        WhatWhen(**changes)


def test_all_mistakes_of_a_task_are_named_at_once() -> None:
    late = Block(**{**GOOD, "latency_ms": (1640.0,)})
    sure = Block(**{**GOOD, "name": "B", "probability": ((0.9, 0.9),)})
    with pytest.raises(RequestError) as caught:
        WhatWhen(outcomes=("X",), blocks=(late, sure), replay_to_ms=5000.0)
    heard = caught.value.problems
    for part in (
        "blocks[0].probability[0] has 2",
        "1640",
        "blocks[1].probability[0] sums",
        "replay_to_ms is",
    ):
        assert sum(part in problem for problem in heard) == 1
