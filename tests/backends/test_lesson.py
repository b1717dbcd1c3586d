"""Learning inside a run is learning from its records, and a lesson ends where it says."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from neurogate.backends import numba_cpu, numpy_reference
from neurogate.backends.layout import LESSONS
from neurogate.network.recording import Recording
from tests.backends.cases import (
    FULL,
    Case,
    Kind,
    alone,
    assert_same_bits,
    assert_same_run,
    lesson,
    make,
    pulses,
    run,
)

STEPS = 200
TRACES = [Recording(variable="trace"), Recording(variable="readout")]
BOTH = pytest.mark.parametrize(
    "backend", [numpy_reference, numba_cpu], ids=lambda module: module.__name__.rpartition(".")[2]
)
RULES = pytest.mark.parametrize("rule", LESSONS)


def taught(rule: str, **changes: Any) -> Case:
    """Return two replicas whose readouts are taught and not fed back."""
    return make(Kind(noise=True, lesson=rule, **changes), replicas=2)


def updates(first: int = 10, last: int = 170, every: int = 3, offset: int = 2) -> np.ndarray:
    return np.array([t for t in range(first, last) if t % every == offset])


@BOTH
@RULES
def test_learning_inside_a_run_is_learning_from_its_traces(backend: ModuleType, rule: str) -> None:
    case = taught(rule)
    inputs = pulses(case, STEPS)
    outcome = run(backend, case, inputs, TRACES)
    plan, at = lesson(case, inputs), updates()
    assert plan is not None
    samples = np.ascontiguousarray(outcome.records["trace"][:, at])
    targets = np.ascontiguousarray(plan.targets[:, at])
    if rule == "delta":
        course = np.ascontiguousarray(plan.course[:, at])
        weights, outputs, _ = numpy_reference.normalised_delta(
            case.state.readout_weights, samples, targets, course, plan.rate, plan.saturation
        )
    else:
        weights, inverse, outputs = numpy_reference.recursive_least_squares(
            case.state.readout_weights, case.state.inverse, samples, targets, plan.forgetting, plan.leak, 0
        )
        lower = np.tril_indices(inverse.shape[1])
        assert_same_bits(outcome.state.inverse[(slice(None), *lower)], inverse[(slice(None), *lower)])
    assert_same_bits(outcome.state.readout_weights, weights)
    assert_same_bits(outcome.records["readout"][:, at], outputs)
    assert (weights != case.state.readout_weights).mean() > 0.9


@BOTH
@RULES
def test_nothing_is_learned_before_and_after_the_lesson(backend: ModuleType, rule: str) -> None:
    case = taught(rule)
    inputs = pulses(case, 60)
    for window in ({"first": 60, "last": 90}, {"first": 0, "last": 0}, {"every": 61, "offset": 60}):
        state = run(backend, case, inputs, TRACES, **window).state
        assert_same_bits(state.readout_weights, case.state.readout_weights)


@BOTH
def test_the_undivided_gain_is_gamma_times_the_textbooks(backend: ModuleType) -> None:
    case = taught("least_squares")
    once = {"every": 40, "offset": 25, "forgetting": 1.0, "leak": 0.0, "last": 60}
    inputs = pulses(case, 60)
    divided, whole = (
        run(backend, case, inputs, TRACES, divided=divided, **once) for divided in (True, False)
    )
    x = whole.records["trace"][:, 25].astype(np.float64)
    gamma = 1 + np.einsum("bi,bij,bj->b", x, case.state.inverse, x)
    steps = [o.state.readout_weights - case.state.readout_weights for o in (divided, whole)]
    np.testing.assert_allclose(steps[1], gamma[:, None, None] * steps[0], rtol=1e-10)
    assert (gamma > 1.001).all()


@RULES
def test_a_taught_run_in_pieces_alone_and_on_threads_has_the_same_bits(rule: str) -> None:
    case = make(FULL._replace(lesson=rule, dtype="float32"), replicas=3)
    inputs = pulses(case, STEPS)
    whole = run(numba_cpu, case, inputs, TRACES)
    assert_same_run(run(numba_cpu, case, inputs, TRACES, threads=2), whole)
    state = case.state
    for first, last in ((0, 37), (37, 38), (38, 150), (150, STEPS)):
        state = run(numba_cpu, case._replace(state=state), inputs[:, first:last].copy(), TRACES).state
    assert_same_bits(state.readout_weights, whole.state.readout_weights)
    for b in range(3):
        single = run(numba_cpu, alone(case, b), inputs[b : b + 1], TRACES)
        assert_same_bits(single.state.readout_weights[0], whole.state.readout_weights[b])


@BOTH
def test_readouts_that_are_lost_are_noticed(backend: ModuleType) -> None:
    case = taught("delta")
    weights = case.state.readout_weights.copy()
    weights[1, 1, 5] = np.inf
    case = case._replace(state=case.state._replace(readout_weights=weights))
    values = case.state.values.copy()
    values[1, 4] = 1.0
    case = case._replace(state=case.state._replace(values=values))
    status = run(backend, case, pulses(case, 4)[:, :1].copy(), TRACES, first=100).status
    assert [column.tolist() for column in status] == [[-1, 3], [0, 1], [0, 1]]


@pytest.mark.parametrize("model", ["izhikevich_2003", "izhikevich_2007"])
@BOTH
def test_one_number_for_all_neurons_is_a_row_of_it(backend: ModuleType, model: str) -> None:
    case = make(Kind(model=model, double_synapse=True, double_trace=True, uniform=True))
    wide = {
        name: np.repeat(array, 37, axis=-1)
        for name, array in case.network._asdict().items()
        if name in ("parameters", "synapse_decay", "synapse_rise", "trace_decay", "trace_rise", "trace_kick")
    }
    rows = case._replace(network=case.network._replace(**wide))
    inputs = pulses(case, 120)
    assert_same_run(run(backend, rows, inputs), run(backend, case, inputs))


@BOTH
def test_neurons_that_reach_everyone_and_neurons_that_reach_some_add_alike(backend: ModuleType) -> None:
    case = make(Kind())
    n, rng = 37, np.random.default_rng(4)
    weights = rng.normal(0, 1, (n, n))
    weights[::2, 5] = 0  # left out below
    everyone = {
        "indptr": np.arange(0, n * n + 1, n)[None],
        "targets": np.tile(np.arange(n, dtype=np.int32), n)[None],
        "weights": weights.reshape(1, -1),
    }
    some = {
        "indptr": np.concatenate([[0], np.cumsum((weights != 0).sum(axis=1))])[None],
        "targets": np.nonzero(weights)[1].astype(np.int32)[None],
        "weights": weights[weights != 0][None],
    }
    inputs = pulses(case, 120)
    dense, sparse = (
        run(backend, case._replace(network=case.network._replace(**arrays)), inputs)
        for arrays in (everyone, some)
    )
    assert_same_run(dense, sparse)


@BOTH
def test_without_a_trace_everything_else_is_the_same(backend: ModuleType) -> None:
    case = make(Kind(double_trace=True))
    none = dict.fromkeys(("trace_decay", "trace_rise", "trace_kick"), np.zeros((1, 0)))
    inputs = pulses(case, 120)
    with_, without = (
        run(backend, c, inputs) for c in (case, case._replace(network=case.network._replace(**none)))
    )
    assert with_.records["spikes"].sum() > 5
    assert not without.records["trace"].any()
    for name in ("spikes", "v", "u", "synaptic_current"):
        assert_same_bits(without.records[name], with_.records[name])
