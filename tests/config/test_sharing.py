"""Simulations that share a session get the bits that each would get alone, also where a task distracts."""

from __future__ import annotations

import attrs
import numpy as np

from neurogate.config.build import session
from neurogate.config.parts import Run
from neurogate.config.schema import Simulation
from neurogate.config.sharing import groups, share
from neurogate.network.specification import ReservoirSpec
from neurogate.plasticity.delta import Delta
from neurogate.plasticity.gates import AttentionGate, ShuffledGate
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.tasks.parts import take
from tests.tasks.sessions import DISTRACTED, PROBES, assert_same, finish

ATTENTIVE = ThreeFactor(gates=(AttentionGate(half_width_ms=15.0), ShuffledGate()))


def simulation(seed: int, gain: float, **rules: ThreeFactor | Delta) -> Simulation:
    return Simulation(
        run=Run(seed=seed, threads=1, dtype="float64"),
        reservoir=ReservoirSpec(n=25, gain=gain),
        task=DISTRACTED,
        rules=rules,
        probes=PROBES,
    )


def test_a_distracting_task_is_shared_to_the_bit() -> None:
    alike = [
        simulation(3, 1.0, mine=ATTENTIVE, other=Delta()),
        simulation(4, 0.5, mine=ATTENTIVE, other=Delta()),
        simulation(3, 1.0, only=ATTENTIVE),
    ]
    for group in groups(alike):
        members = [alike[place] for place in group]
        (shared,) = share(members)
        finish(shared.session)  # type: ignore[arg-type]
        for place, part in zip(shared.members, shared.parts, strict=True):
            alone = finish(session(members[place]))  # type: ignore[arg-type]
            taken = take(shared.session.state(), part)
            assert_same(taken, alone.state())
            again = session(members[place])
            again.restore(taken)
            assert_same(dict(again.result().arrays), dict(alone.result().arrays))


def test_tasks_that_distract_in_different_ways_are_not_shared() -> None:
    one = simulation(3, 1.0, mine=ATTENTIVE)
    plain = attrs.evolve(one, task=attrs.evolve(DISTRACTED, distraction=None))
    steady = attrs.evolve(DISTRACTED.blocks[0], jitter=None)
    still = attrs.evolve(one, task=attrs.evolve(DISTRACTED, blocks=(steady, DISTRACTED.blocks[1])))
    assert groups([one, plain, still]) == [[0], [1], [2]]
    np.testing.assert_equal(groups([one, one]), [[0, 1]])
