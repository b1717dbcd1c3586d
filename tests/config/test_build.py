"""What is built from a configuration: seeds, channels, threads, and a session that runs."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.backends.allotment import cores
from neurogate.config.build import replica_seeds, reservoir, session
from neurogate.config.parts import Run
from neurogate.config.schema import Simulation
from neurogate.errors import RequestError
from neurogate.network.inputs import Inputs
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.tasks.record import Record
from tests.tasks.sessions import PROBES, TASK, assert_same, finish

ONE_RULE = {"three_factor": ThreeFactor()}


def small(*, feedback: float = 0.0, **run: Any) -> Simulation:
    """Return a simulation that takes a moment."""
    inputs = Inputs(feedback=Constant(value=feedback))
    changes: dict[str, Any] = {"rules": ONE_RULE} if feedback else {}
    run = {"threads": 1, **run}
    return Simulation(
        run=Run(**run), reservoir=ReservoirSpec(n=20, inputs=inputs), task=TASK, probes=PROBES, **changes
    )


def test_replicas_have_the_seeds_that_follow_the_seed_of_the_run() -> None:
    assert replica_seeds(small(seed=5, replicas=4)) == (5, 6, 7, 8)
    assert replica_seeds(small(seed=5)) == (5,)


def test_the_largest_seed_can_be_built() -> None:
    largest = 2**63 - 1
    built = reservoir(small(seed=largest, replicas=2))
    assert built.arrays.seed.tolist() == [largest, largest + 1]
    assert replica_seeds(small(seed=largest, replicas=2)) == (largest, largest + 1)
    session(small(seed=largest, replicas=2)).advance()


@pytest.mark.parametrize("feedback", [0.0, 1.5])
def test_replica_b_of_seed_s_is_the_only_replica_of_seed_s_plus_b(feedback: float) -> None:
    together = finish(session(small(seed=10, replicas=3, feedback=feedback))).result().arrays
    for b in range(3):
        alone = finish(session(small(seed=10 + b, feedback=feedback))).result().arrays
        for key in alone:
            if "." in key or key == "mean_rate_hz":
                np.testing.assert_array_equal(together[key][b : b + 1], alone[key], err_msg=key)


def test_there_is_a_channel_for_each_cue_and_outcome_and_none_for_feedback_that_is_zero() -> None:
    assert reservoir(small()).shape == (1, 20, 4)
    assert session(small()).feedback_channels == 0


def test_readouts_that_are_fed_back_get_a_channel_each() -> None:
    built = reservoir(small(feedback=1.5))
    assert built.shape == (1, 20, 4 + 3)
    assert (built.arrays.input_weights[:, 4:] == 1.5).all()
    assert session(small(feedback=1.5)).feedback_channels == 3


def test_everything_that_the_configuration_says_reaches_the_session() -> None:
    simulation = attrs.evolve(small(dtype="float64", backend="numpy"), record=Record(variables=("v",)))
    made = session(simulation)
    assert made.reservoir.dtype == np.float64
    assert made.reservoir.backend == "numpy"
    assert (made.features, made.task) == (simulation.features, simulation.task)
    assert (made.rules, made.probes) == (dict(simulation.rules), simulation.probes)
    assert (made.record, made.seeds) == (simulation.record, (1,))


def test_threads_are_those_asked_for_and_0_takes_all_cores_that_the_process_may_use() -> None:
    assert reservoir(small(threads=3)).threads == 3
    assert reservoir(small(threads=0)).threads == cores()


def test_threads_change_no_bit() -> None:
    states = [finish(session(small(replicas=3, threads=threads))).state() for threads in (1, 2, 0)]
    assert_same(states[0], states[1])
    assert_same(states[0], states[2])


def test_a_backend_that_cannot_run_here_is_refused() -> None:
    with pytest.raises(RequestError, match="The backend 'cuda' cannot run here"):
        session(small(backend="cuda"))
