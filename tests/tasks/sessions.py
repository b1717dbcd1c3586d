"""Sessions so small that a whole one takes a fraction of a second."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from neurogate.network.features import Features
from neurogate.network.inputs import Inputs
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant, Normal, Uniform
from neurogate.plasticity.episode import Rule
from neurogate.plasticity.force import Force
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.tasks.distraction import Distraction, Distractors, OtherCues, StrayOutcomes
from neurogate.tasks.jitter import Jitter
from neurogate.tasks.probes import Probes
from neurogate.tasks.record import Record
from neurogate.tasks.session import Session
from neurogate.tasks.timeline import Timeline
from neurogate.tasks.what_when import Block, WhatWhen

ODDS = ((0.8, 0.0), (0.2, 0.6))
TIMELINE = Timeline(interval_ms=20.0, onset_ms=20.0, cue_ms=200.0, outcome_ms=15.0, gap_ms=10.0)
TASK = WhatWhen(
    timeline=TIMELINE,
    target_sd_ms=20.0,
    replay_from_ms=20.0,
    replay_to_ms=150.0,
    settling=1,
    habituation=2,
    blocks=(
        Block(name="A", trials=4, latency_ms=(60.0, 120.0), probability=ODDS),
        Block(name="B", trials=3, latency_ms=(120.0, 60.0), probability=ODDS),
    ),
)
DISTRACTED = attrs.evolve(
    TASK,
    target_weber=0.2,
    blocks=(
        attrs.evolve(
            TASK.blocks[0],
            jitter=Jitter(shift_ms=(Constant(value=0.0), Uniform(low=-20.0, high=40.0)), odds=(0.3, 0.7)),
        ),
        attrs.evolve(TASK.blocks[1], probability_to=((0.0, 0.7), (0.6, 0.2))),
    ),
    distraction=Distraction(
        distractors=Distractors(rate_hz=10.0, duration_ms=10.0),
        stray_outcomes=StrayOutcomes(rate_hz=6.0),
        other_cues=OtherCues(count=2, latency_ms=(40.0, 90.0), probability=((0.5, 0.3), (0.0, 0.9))),
    ),
)
"""Everything that a task can ask for at once."""

PROBES = Probes(per_cue=2, every=2, window_ms=(20.0, 180.0))
RULES: Mapping[str, Rule] = {"three_factor": ThreeFactor(eta_when=0.5), "force": Force(ridge_when=1.0)}
ONE_RULE: Mapping[str, Rule] = {"three_factor": RULES["three_factor"]}
EVERYTHING = Record(
    variables=(
        "spikes",
        "v",
        "u",
        "synaptic_current",
        "synapse_rise",
        "trace",
        "trace_rise",
        "when",
        "what",
        "gate",
        "weights",
    ),
    every_ms=10.0,
    neurons=7,
    trials="all",
)


def make(
    seeds: Sequence[int] = (3, 4),
    *,
    n: int = 30,
    dtype: str = "float64",
    backend: str = "numba",
    threads: int = 1,
    feedback: float | None = None,
    rules: Mapping[str, Rule] | None = None,
    task: WhatWhen = TASK,
    probes: Probes = PROBES,
    record: Record | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> Session:
    """Make a small session; `feedback` is the spread of the weights that feed readouts back, if any."""
    back = Constant(value=0.0) if not feedback else Normal(mean=0.0, sd=feedback)
    spec = ReservoirSpec(n=n, inputs=attrs.evolve(Inputs(feedback=back), **(inputs or {})))
    reservoir = Reservoir.build(
        spec,
        seeds,
        task.channels,
        feedback=0 if feedback is None else 1 + len(task.outcomes),
        dtype=dtype,
        backend=backend,
        threads=threads,
    )
    chosen = rules or (RULES if feedback is None else ONE_RULE)
    return Session(reservoir, Features(phasic_tau_ms=100.0), task, chosen, probes, seeds, record)


def finish(session: Session) -> Session:
    """Simulate what is left."""
    while not session.done:
        session.advance()
    return session


def stored(state: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the state as it comes back from a file."""
    file = io.BytesIO()
    np.savez(file, **state)
    file.seek(0)
    with np.load(file, allow_pickle=False) as loaded:
        return {key: loaded[key] for key in loaded}


def assert_same(left: Mapping[str, np.ndarray], right: Mapping[str, np.ndarray]) -> None:
    """Compare arrays bit for bit."""
    assert left.keys() == right.keys()
    for key in left:
        np.testing.assert_array_equal(left[key], right[key], err_msg=key)
        assert np.asarray(left[key]).dtype == np.asarray(right[key]).dtype, key
