"""The task: its blocks, and what does not fit into it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from neurogate.config.loading import load
from neurogate.errors import RequestError
from neurogate.neurons.distributions import Gamma, Uniform
from neurogate.tasks.jitter import Jitter
from neurogate.tasks.what_when import Block, WhatWhen

TASK = WhatWhen()


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


def test_outcome_latency_and_odds_are_crossed_over_the_cues_of_the_crossed_task() -> None:
    task = load("what_when_crossed").task
    assert isinstance(task, WhatWhen)
    (latency,), (odds,) = task.latency_ms(), task.probability()
    cues = {(int(row.argmax()), float(ms), float(row.max())) for row, ms in zip(odds, latency, strict=True)}
    assert cues == set(itertools.product((0, 1), (500.0, 900.0), (0.25, 0.75)))
    assert len(cues) == len(latency)
    assert ((odds > 0).sum(axis=1) == 1).all()


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
        ({"probability_to": ()}, "probability_to holds 0 rows; it must hold one per cue, 1"),
        ({"probability_to": ((0.9, 0.2),)}, r"probability_to\[0\] sums to 1.1; the outcomes"),
        (
            {"probability_to": ((0.9,),)},
            r"probability_to\[0\] has 1 entries; it must have one per outcome, 2",
        ),
        ({"jitter": Jitter(shift_ms=())}, r"blocks\[0\].jitter.shift_ms is empty"),
        (
            {"jitter": Jitter(shift_ms=(Uniform(low=-250.0, high=0.0),))},
            r"blocks\[0\].jitter.shift_ms\[0\] makes a latency of 300 ms one of 50 to 300 ms; it",
        ),
        (
            {"jitter": Jitter(shift_ms=(Gamma(shape=1.0, scale=1e4),))},
            "makes a latency of 300 ms one of 10300 ms; it must be above replay_from_ms, 100 ms",
        ),
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
        ({"lead_ms": 120.0}, "lead_ms is 120; it must be at most replay_from_ms, 100 ms"),
        ({"lead_ms": -1.0}, "lead_ms is -1"),
        ({"replay_within_ms": 0.0}, "replay_within_ms is 0.0; it must be above 0 ms"),
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
