"""A session can be taken apart by replica and rule, and put together, without changing a bit."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from neurogate.errors import RunDiverged
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.plasticity.force import Force
from neurogate.plasticity.online import OnlineLeastSquares
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.tasks.parts import Part, join, take
from neurogate.tasks.session import Session
from neurogate.tasks.teaching import Teaching
from neurogate.tasks.waveform import Waveform, WaveformSession
from neurogate.tasks.what_when import WhatWhen
from tests.tasks.sessions import DISTRACTED, TASK, make

RULES = {"fast": ThreeFactor(eta_when=0.2), "slow": ThreeFactor(eta_when=0.02), "force": Force()}
SEEDS = (3, 4, 5)
PART = Part((0, 2), {"mine": "slow", "force": "force"})
NOTES = ("mine.when", "force.what")


def advanced(session: Session | WaveformSession, position: int) -> Session | WaveformSession:
    while session.position < position:
        session.advance()
    return session


def same(mine: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> None:
    assert mine.keys() == theirs.keys()
    for name in mine:
        assert mine[name].dtype == theirs[name].dtype, name
        np.testing.assert_array_equal(mine[name], theirs[name], err_msg=name)


@pytest.mark.parametrize("task", [TASK, DISTRACTED], ids=["plain", "distracted"])
def test_a_part_is_what_it_would_have_become_by_itself(task: WhatWhen) -> None:
    whole = make(SEEDS, rules=RULES, task=task)
    alone = whole.part(PART.replicas, PART.rules)
    for position in (2, whole.before + 2, whole.trained + 1, whole.total):
        advanced(whole, position), advanced(alone, position)
        same(take(whole.state(), PART), alone.state())
    taken = whole.part(PART.replicas, PART.rules)
    taken.restore(take(whole.state(), PART))
    mine, theirs = taken.result(), alone.result()
    same(dict(mine.arrays), dict(theirs.arrays))
    np.testing.assert_equal(dict(mine.metrics), dict(theirs.metrics))


@pytest.mark.parametrize("replicas", [(0, 2), (1, 2)], ids=["apart", "side by side"])
def test_a_part_is_judged_without_trials_or_a_copy_of_what_it_needs(
    replicas: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make(SEEDS, rules=RULES)
    before, span = advanced(whole, whole.total).state(), Part(replicas, PART.rules)
    copied, judged = (whole.part(span.replicas, span.rules) for _ in range(2))
    monkeypatch.setattr(Teaching, "of", None)
    copied.restore(take(before, span))
    judged.restore(taken := take(whole.state(copy=False), span), copy=False)
    same(dict(judged.result().arrays), dict(copied.result().arrays))
    same(whole.state(), before)
    assert all(np.shares_memory(judged.memory.notes[name], taken[f"notes/{name}"]) for name in NOTES)


def test_parts_put_together_are_the_whole() -> None:
    whole = advanced(make(SEEDS, rules=RULES), 12)
    rules = [{"x": "fast"}, {"x": "slow", "y": "force"}]
    parts = [Part(rows, names) for rows, names in itertools.product([(0, 2), (1,)], rules)]
    same(join([take(whole.state(), part) for part in parts], parts), whole.state())


def test_a_waveform_has_parts_too() -> None:
    rule = OnlineLeastSquares(start_ms=50.0, stop_ms=200.0, every_ms=2.0, ridge=100.0)
    reservoir = Reservoir.build(ReservoirSpec(n=20), SEEDS, 0, readouts=1)
    whole = WaveformSession(reservoir, Waveform(duration_ms=300.0, piece_ms=50.0), rule, SEEDS)
    alone, part = whole.part(PART.replicas), Part(PART.replicas, {})
    for position in (1, 2, 5, 6):
        advanced(whole, position), advanced(alone, position)
        same(take(whole.state(), part), alone.state())


@pytest.mark.parametrize("position", [1, 6])
def test_the_others_go_on_when_a_replica_diverges(position: int) -> None:
    whole, rest = make(SEEDS, rules=RULES), Part(PART.replicas, {name: name for name in RULES})
    alone = whole.part(rest.replicas)
    advanced(whole, position)
    whole.memory.network.values[1, 0, 7] = np.nan
    before = take(whole.state(), rest)
    with pytest.raises(RunDiverged) as error:
        whole.advance()
    assert error.value.replica == 1
    same(take(whole.state(), rest), before)
    left = whole.part(rest.replicas)
    left.restore(take(whole.state(), rest))
    same(advanced(left, left.total).state(), advanced(alone, alone.total).state())
