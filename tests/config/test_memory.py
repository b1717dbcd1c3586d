"""The announced memory covers what a session holds, and is not a multiple of what it takes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping
from typing import Any

import attrs
import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from neurogate.config.build import session
from neurogate.config.memory import memory_mb
from neurogate.config.parts import Run
from neurogate.config.schema import Simulation
from neurogate.network.inputs import Inputs
from neurogate.network.recurrent import Recurrent
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant
from neurogate.plasticity.rules import RULES
from neurogate.tasks.distraction import Distraction, OtherCues, StrayOutcomes
from neurogate.tasks.probes import Probes
from neurogate.tasks.record import LEARNED, SIMULATED, Record
from neurogate.tasks.session import Session
from neurogate.tasks.what_when import WhatWhen
from tests.tasks.sessions import finish

SMALL_MB = 10.0
"""What a session of any size takes: drawing the null of the angle, tables, Python itself."""


def simulation(
    *,
    n: int = 60,
    replicas: int = 1,
    dtype: str = "float32",
    rules: frozenset[str] = frozenset(("three_factor", "force")),
    delay_ms: float = 0.0,
    feedback: float = 0.0,
    trials: tuple[int, int] = (3, 2),
    variables: frozenset[str] = frozenset(),
    keep: str = "probes",
    **record: Any,
) -> Simulation:
    blocks = tuple(attrs.evolve(b, trials=count) for b, count in zip(WhatWhen().blocks, trials, strict=False))
    return Simulation(
        run=Run(replicas=replicas, dtype=dtype, threads=1),  # type: ignore[arg-type]
        reservoir=ReservoirSpec(
            n=n,
            inputs=Inputs(feedback=Constant(value=feedback)),
            recurrent=Recurrent(delay_ms=Constant(value=delay_ms)),
        ),
        task=WhatWhen(blocks=blocks, settling=0, habituation=1),
        rules={name: RULES[name]() for name in (sorted(rules)[:1] if feedback else sorted(rules))},
        probes=Probes(per_cue=1),
        record=Record(variables=tuple(sorted(variables)), trials=keep, **record),  # type: ignore[arg-type]
    )


def held_mb(made: Session) -> float:
    state = sum(value.nbytes for value in made.state().values())
    return (state + sum(array.nbytes for array in made.reservoir.arrays)) / 1e6


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    """Load compiled code before memory is measured."""
    for dtype in ("float32", "float64"):
        finish(session(simulation(n=8, dtype=dtype, rules=frozenset(RULES), delay_ms=5.0))).result()


@hypothesis.settings(max_examples=6)
@hypothesis.given(
    st.fixed_dictionaries(
        {
            "n": st.integers(5, 100),
            "replicas": st.integers(1, 3),
            "dtype": st.sampled_from(["float32", "float64"]),
            "rules": st.frozensets(st.sampled_from(sorted(RULES)), min_size=1),
            "delay_ms": st.sampled_from([0.0, 20.0, 1500.0]),
            "variables": st.frozensets(st.sampled_from([*SIMULATED, *LEARNED])),
            "every_ms": st.sampled_from([5.0, 20.0, 440.0]),
            "neurons": st.integers(0, 5),
            "keep": st.sampled_from(["probes", "all"]),
        }
    )
)
def test_it_covers_what_a_session_holds_and_is_at_most_four_times_what_it_takes(
    chosen: Mapping[str, Any],
) -> None:
    check(simulation(**chosen))


def test_it_covers_a_closed_loop_too() -> None:
    made = simulation(n=40, feedback=0.5, trials=(1, 1))
    assert held_mb(finish(session(made))) <= sum(memory_mb(made).values())


def test_it_covers_a_task_that_distracts_and_many_probes() -> None:
    plain = simulation(n=30)
    few = OtherCues(count=30, latency_ms=(300.0,) * 30, probability=((0.5, 0.5),) * 30)
    distraction = Distraction(stray_outcomes=StrayOutcomes(rate_hz=3.0), other_cues=few)
    check(attrs.evolve(plain, task=attrs.evolve(plain.task, distraction=distraction)))
    many = memory_mb(attrs.evolve(plain, probes=Probes(per_cue=10_000)))
    peaks = 2 * 2 * 4 * 10_000 * 8 / 1e6  # of two rules, in two blocks, after four cues
    assert many["probes"] >= memory_mb(plain)["probes"] + 0.99 * peaks


def check(made: Simulation) -> None:
    announced = sum(memory_mb(made).values())
    tracemalloc.start()
    try:
        done = finish(session(made))
        held = held_mb(done)
        done.result()
        peak = tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
    assert held <= announced
    assert announced < 4 * peak
    assert peak < 1.5 * announced + SMALL_MB


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"n": 120}, "neurons"),
        ({"delay_ms": 500.0}, "neurons"),
        ({"replicas": 2}, "one trial"),
        ({"dtype": "float64"}, "one trial"),
        ({"rules": frozenset(RULES)}, "rules"),
        ({"n": 120}, "connections"),
        ({"n": 120}, "probes"),
        ({"variables": frozenset(["v"])}, "recordings"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_each_part_grows_with_what_makes_it_larger(changes: dict[str, Any], part: str) -> None:
    before, after = memory_mb(simulation()), memory_mb(simulation(**changes))
    assert after[part] > 1.5 * before[part]
    assert all(after[name] >= before[name] for name in before)


def test_recordings_of_all_trials_are_announced_to_the_byte() -> None:
    made = simulation(variables=frozenset([*SIMULATED, *LEARNED]), every_ms=20.0, neurons=4, keep="all")
    kept = finish(session(made)).memory.kept
    exact = sum(np.stack(arrays).nbytes for arrays in kept.values()) / 1e6
    assert memory_mb(made)["recordings"] == pytest.approx(2 * exact, rel=1e-3)


def test_nothing_to_record_takes_nothing() -> None:
    assert memory_mb(simulation())["recordings"] == 0
