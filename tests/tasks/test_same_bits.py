"""The promise: same configuration, same bits, whatever interrupts, batches, threads or computes it."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest

from neurogate.plasticity.force import Force
from neurogate.plasticity.gates import AttentionGate, ErrorGate, PhaseGate, ShuffledErrorGate, ShuffledGate
from neurogate.plasticity.rules import RULES
from neurogate.plasticity.three_factor import ThreeFactor
from tests.tasks.sessions import DISTRACTED, EVERYTHING, TASK, assert_same, finish, make, stored

SHORT = attrs.evolve(
    TASK, habituation=1, blocks=tuple(attrs.evolve(block, trials=2) for block in TASK.blocks)
)
"""Two trials to settle and habituate, two of each block, four probes."""

OPEN: dict[str, Any] = {}
CLOSED: dict[str, Any] = {"feedback": 2.0}
loops = pytest.mark.parametrize("loop", [OPEN, CLOSED], ids=["open", "feedback"])
dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def assert_same_result(left: Any, right: Any) -> None:
    assert_same(left.arrays, right.arrays)
    np.testing.assert_equal(dict(left.metrics), dict(right.metrics))


@loops
@dtypes
def test_a_session_resumes_at_every_trial_with_the_same_bits(loop: dict[str, Any], dtype: str) -> None:
    def fresh() -> Any:
        return make(dtype=dtype, task=SHORT, record=EVERYTHING, **loop)

    session = fresh()
    states = [stored(session.state())]
    while not session.done:
        session.advance()
        states.append(stored(session.state()))
    uninterrupted = session.result()
    for position, state in enumerate(states):
        resumed = fresh()
        resumed.restore(state)
        assert resumed.position == position
        finish(resumed)
        assert_same(resumed.state(), states[-1])
        assert_same_result(resumed.result(), uninterrupted)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_resumes_with_the_same_bits(rule: type[Any]) -> None:
    whole = make(rules={"rule": rule()}, task=SHORT)
    for _ in range(4):
        whole.advance()
    resumed = make(rules={"rule": rule()}, task=SHORT)
    resumed.restore(stored(whole.state()))
    assert_same(finish(resumed).state(), finish(whole).state())


def test_a_stored_state_is_not_touched_by_the_session_that_goes_on() -> None:
    session = make(record=EVERYTHING)
    for _ in range(12):
        session.advance()
    state = session.state()
    before = {key: value.copy() for key, value in state.items()}
    other = make(record=EVERYTHING)
    other.restore(state)
    finish(session)
    finish(other)
    assert_same(state, before)


@loops
@dtypes
@pytest.mark.parametrize("rule", [None, *RULES.values()], ids=["default", *RULES])
def test_a_replica_is_the_same_alone_and_in_a_batch(
    rule: type[Any] | None, loop: dict[str, Any], dtype: str
) -> None:
    rules = {"rules": {"rule": rule()}} if rule else {}
    together, alone = (
        finish(make(seeds, dtype=dtype, task=SHORT, record=EVERYTHING, **loop, **rules))
        for seeds in ((5, 6, 7), (6,))
    )
    arrays, single = together.result().arrays, alone.result().arrays
    with_replicas = [key for key in single if "." in key or key == "mean_rate_hz"]
    for key in with_replicas:
        np.testing.assert_array_equal(arrays[key][1:2], single[key], err_msg=key)
    np.testing.assert_array_equal(together.memory.network.values[1:2], alone.memory.network.values)
    for key in set(single) - set(with_replicas):
        if not key.startswith("raster_"):
            np.testing.assert_array_equal(arrays[key], single[key], err_msg=key)
    assert single["mean_rate_hz"] > 0


@loops
def test_threads_change_no_bit(loop: dict[str, Any]) -> None:
    one, two = (
        finish(make((1, 2, 3), threads=threads, task=SHORT, record=EVERYTHING, **loop)) for threads in (1, 2)
    )
    assert_same(one.state(), two.state())
    assert_same_result(one.result(), two.result())


@loops
def test_numpy_and_numba_agree_on_every_bit_of_a_session(loop: dict[str, Any]) -> None:
    numpy, numba = (
        finish(make(backend=backend, task=SHORT, record=EVERYTHING, **loop)) for backend in ("numpy", "numba")
    )
    assert_same_result(numpy.result(), numba.result())
    assert numba.result().arrays["record.spikes"].any()
    assert numba.result().arrays["three_factor.when_weights"].any()
    left, right = numpy.state(), numba.state()
    for key in left:
        # The upper triangle of an inverse means nothing.
        alike = np.tril if key.endswith("_inverse") else np.asarray
        np.testing.assert_array_equal(alike(left[key]), alike(right[key]), err_msg=key)


GATED = {
    "attentive": ThreeFactor(gates=(PhaseGate(), ErrorGate(), AttentionGate(half_width_ms=10.0))),
    "shuffled": ThreeFactor(gates=(PhaseGate(stop_ms=100.0), ShuffledGate())),
    "shuffled_errors": ThreeFactor(gates=(PhaseGate(), ShuffledErrorGate())),
    "force": Force(),
}


def distracted(**changes: Any) -> Any:
    return finish(make(**{"task": DISTRACTED, "rules": GATED, "record": EVERYTHING, **changes}))


def test_everything_that_a_task_can_ask_for_is_the_same_alone_and_in_a_batch() -> None:
    together, alone = distracted(seeds=(5, 6, 7)), distracted(seeds=(6,))
    left, right = together.result().arrays, alone.result().arrays
    for key in (key for key in right if "." in key):
        np.testing.assert_array_equal(left[key][1:2], right[key], err_msg=key)


def test_everything_that_a_task_can_ask_for_is_the_same_on_both_backends_and_after_a_break() -> None:
    numba, numpy = distracted(), distracted(backend="numpy")
    assert_same_result(numpy.result(), numba.result())
    begun = make(task=DISTRACTED, rules=GATED, record=EVERYTHING)
    for _ in range(8):
        begun.advance()
    resumed = make(task=DISTRACTED, rules=GATED, record=EVERYTHING)
    resumed.restore(stored(begun.state()))
    assert_same_result(finish(resumed).result(), numba.result())


@dtypes
def test_other_seeds_give_other_bits(dtype: str) -> None:
    arrays = [finish(make(seeds=(seed,), dtype=dtype)).result().arrays for seed in (1, 2)]
    for key in ("three_factor.when", "force.what_weights", "mean_rate_hz"):
        assert not np.array_equal(*(a[key] for a in arrays)), key
