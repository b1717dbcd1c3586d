"""A session that explodes ends with the step, and one that cannot be is refused."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError, RunDiverged
from neurogate.network.features import Features
from neurogate.network.reservoir import Reservoir
from neurogate.network.specification import ReservoirSpec
from neurogate.neurons.distributions import Constant
from neurogate.plasticity.episode import Call, Episode, Readouts, RuleState
from neurogate.plasticity.three_factor import ThreeFactor
from neurogate.tasks.record import Record
from neurogate.tasks.session import Session
from tests.tasks.sessions import ONE_RULE, PROBES, RULES, TASK, finish, make

STEPS = 230
BROKEN_BIN = 30


def test_weights_that_explode_end_the_run_with_the_step() -> None:
    session = make(rules={"wild": ThreeFactor(eta_novelty=1e9, novelty_trials=1e9)})
    with np.errstate(all="ignore"), pytest.raises(RunDiverged) as caught:
        finish(session)
    diverged = caught.value
    assert diverged.quantity == "the norm of the what weights"
    assert diverged.step == (session.position + 1) * STEPS
    assert not diverged.value < 1e6
    assert 0 <= diverged.neuron <= 30
    assert diverged.replica in (0, 1)
    assert "step" in str(diverged)


def test_a_network_that_explodes_ends_the_run() -> None:
    session = make(inputs={"noise_sd": Constant(value=1e9)})
    with np.errstate(all="ignore"), pytest.raises(RunDiverged, match="v_mV") as caught:
        session.advance()
    assert caught.value.step == 50


def test_results_wait_for_the_end_and_the_end_is_the_end() -> None:
    session = make()
    with pytest.raises(RequestError, match="done 0 of 14 trials; finish it first"):
        session.result()
    finish(session)
    with pytest.raises(RequestError, match="done all its 14 trials"):
        session.advance()
    assert session.position == 14


def test_what_does_not_fit_together_is_refused_all_at_once() -> None:
    reservoir = Reservoir.build(ReservoirSpec(n=10), (1, 2), 5)
    with pytest.raises(RequestError) as caught:
        Session(reservoir, Features(), TASK, dict(ONE_RULE), PROBES, (1, 2, 3), Record(every_ms=25.0))
    assert [problem.split(";")[0] for problem in caught.value.problems] == [
        "There are 3 seeds and 2 replicas",
        "The reservoir has 5 input channels",
        "record.every_ms is 25",
    ]


def test_readouts_can_be_fed_back_for_one_rule_only() -> None:
    with pytest.raises(RequestError, match="2 rules learn; with feedback exactly one rule may learn"):
        make(feedback=1.0, rules=RULES)


class Wild(ThreeFactor):
    """Breaks its weights in one bin of the second trial."""

    def online(self, call: Call, state: RuleState, episode: Episode) -> tuple[RuleState, Readouts]:
        state, readouts = super().online(call, state, episode)
        if episode.number == 1 and BROKEN_BIN in episode.bins:
            state = {**state, "when": state["when"] + np.inf}
        return state, readouts


def test_when_weights_that_explode_inside_a_trial_are_found_within_100_steps() -> None:
    session = make(rules={"wild": Wild()})
    with pytest.raises(RunDiverged) as caught:
        finish(session)
    began = session.position * STEPS + 5 * BROKEN_BIN
    assert began < caught.value.step <= began + 100
    assert caught.value.quantity == "the norm of the when weights"
