"""Networks without spikes: both backends agree bit for bit, and one unit does what its equation says."""

from __future__ import annotations

import itertools
import math
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurogate.backends import numba_cpu, numpy_reference
from neurogate.backends.layout import ACTIVATIONS, RATE_ROWS, RateArrays, RateCodes, StateArrays
from neurogate.backends.numpy_reference.rates import tanh
from neurogate.network.recording import Recording, pack_plan, unpack_records
from tests.backends.cases import Outcome, assert_same_bits, assert_same_run, assert_same_state
from tests.tolerances import TOLERANCE

N, STEPS, DT_MS = 37, 120, 0.5
BACKENDS = [numpy_reference, numba_cpu]
BOTH = pytest.mark.parametrize("backend", BACKENDS, ids=lambda module: module.__name__.rpartition(".")[2])
ALL = (Recording(variable="trace", stride=3),)


def network(
    degree: int, noisy: bool, dtype: str, replicas: int = 2, n: int = N, adapting: bool = False
) -> RateArrays:
    rng = np.random.default_rng([degree, n])
    arrays = RateArrays(
        seed=rng.integers(2**63, size=replicas).astype(np.uint64),
        bias=rng.normal(0, 0.5, (replicas, n)),
        input_weights=rng.normal(0, 1, (replicas, 2, n)),
        noise_sd=rng.uniform(0.1, 1, (replicas, n if noisy else 0)),
        sources=np.sort(rng.integers(0, n, (replicas, degree, n)), axis=1).astype(np.int32),
        weights=rng.normal(0, 0.01, (replicas, degree, n)),
        step=rng.uniform(0.01, 1, (replicas, n)),
        scale_hz=rng.uniform(5, 40, (replicas, n)),
        adaptation=rng.uniform(-0.01, 0.05, (replicas, n if adapting else 0)),
        adaptation_step=rng.uniform(0.01, 0.2, (replicas, n if adapting else 0)),
    )
    return RateArrays(*(a.astype(dtype) if a.dtype == np.float64 else a for a in arrays))


def at_rest(arrays: RateArrays) -> StateArrays:
    batch, n = arrays.bias.shape
    shapes = ((2, n), (0, n), (0,), (0, n), (0, 0), (0, n))
    return StateArrays(*(np.zeros((batch, *shape), arrays.bias.dtype) for shape in shapes), 0)


def pulses(arrays: RateArrays, steps: int = STEPS) -> np.ndarray:
    inputs = np.zeros((len(arrays.seed), steps, 2), arrays.bias.dtype)
    inputs[:, steps // 4 : steps // 2, 0] = 1
    inputs[:, :, 1] = np.sin(np.arange(steps))
    return inputs


def run(
    backend: ModuleType,
    arrays: RateArrays,
    inputs: np.ndarray,
    activation: str = "tanh",
    state: StateArrays | None = None,
    threads: int = 1,
) -> Outcome:
    state = state or at_rest(arrays)
    n = arrays.bias.shape[1]
    plan = pack_plan(ALL, n, state.step, inputs.shape[1], rows=RATE_ROWS)
    codes = RateCodes(ACTIVATIONS[activation], DT_MS)
    state, flat, status = backend.run_rates(codes, arrays, state, inputs, plan, threads=threads)
    return Outcome(state, unpack_records(plan, ALL, flat), status)


@pytest.mark.parametrize(
    ("activation", "degree", "noisy", "adapting", "dtype"),
    itertools.product(ACTIVATIONS, (0, 5), *[(False, True)] * 2, ("float64", "float32")),
)
def test_backends_agree_bit_for_bit(
    activation: str, degree: int, noisy: bool, adapting: bool, dtype: str
) -> None:
    arrays = network(degree, noisy, dtype, adapting=adapting)
    ours, theirs = (run(backend, arrays, pulses(arrays), activation) for backend in BACKENDS)
    assert_same_run(ours, theirs)
    assert ours.status.code.tolist() == [-1, -1]
    assert (np.ptp(ours.records["trace"], axis=1) > 0).mean() > 0.8


@pytest.mark.parametrize("change", ["degree", "noisy", "activation", "adapting"])
def test_every_part_makes_a_difference(change: str) -> None:
    both = []
    for flag in (False, True):
        chosen: dict[str, Any] = {"degree": 5, "noisy": True, "activation": "tanh", "adapting": True}
        off: dict[str, Any] = {"degree": 0, "noisy": False, "activation": "rectified", "adapting": False}
        chosen |= {} if flag else {change: off[change]}
        arrays = network(5, True, "float64", adapting=True)
        if not chosen["degree"]:
            arrays = arrays._replace(sources=arrays.sources[:, :0], weights=arrays.weights[:, :0])
        if not chosen["noisy"]:
            arrays = arrays._replace(noise_sd=arrays.noise_sd[:, :0])
        if not chosen["adapting"]:
            arrays = arrays._replace(adaptation=arrays.adaptation[:, :0])
        both.append(run(numba_cpu, arrays, pulses(arrays), chosen["activation"]).records["trace"])
    assert (both[0] != both[1]).any()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_replica_is_the_same_alone_in_a_batch_and_on_any_number_of_threads(dtype: str) -> None:
    batch = network(5, True, dtype, replicas=7, adapting=True)
    together = run(numba_cpu, batch, pulses(batch))
    for threads in (2, 30):
        assert_same_run(run(numba_cpu, batch, pulses(batch), threads=threads), together)
    for b in range(7):
        alone = RateArrays(*(array[b : b + 1] for array in batch))
        single = run(numba_cpu, alone, pulses(alone))
        assert_same_bits(single.state.values[0], together.state.values[b])
        assert_same_bits(single.records["trace"][0], together.records["trace"][b])


@BOTH
def test_a_run_in_pieces_is_the_whole_run(backend: ModuleType) -> None:
    arrays = network(5, True, "float64", adapting=True)
    inputs, state = pulses(arrays), None
    for first, last in itertools.pairwise([0, 1, 50, 51, 97, STEPS]):
        state = run(backend, arrays, inputs[:, first:last].copy(), state=state).state
    assert state is not None
    assert_same_state(state, run(backend, arrays, inputs).state)


@BOTH
def test_a_run_modifies_nothing_that_it_is_given(backend: ModuleType) -> None:
    arrays = network(5, True, "float64", adapting=True)
    state, inputs = at_rest(arrays), pulses(arrays)
    before = [array.copy() for array in (*arrays, *state[:-1], inputs)]
    run(backend, arrays, inputs, state=state)
    for array, kept in zip((*arrays, *state[:-1], inputs), before, strict=True):
        assert_same_bits(array, kept)


@BOTH
def test_a_linear_unit_goes_to_its_drive_exponentially(backend: ModuleType) -> None:
    arrays = network(0, False, "float64", replicas=1)
    inputs = np.ones((1, STEPS, 2))
    drive = arrays.bias[0] + arrays.input_weights[0].sum(axis=0)
    left = (1 - arrays.step[0]) ** np.arange(3, STEPS + 1, 3)[:, None]
    expected = arrays.scale_hz[0] * drive * (1 - left)
    found = run(backend, arrays, inputs, "linear").records["trace"][0]
    atol = TOLERANCE["filter", "float64"] * np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol)


@BOTH
def test_an_adapting_unit_overshoots_and_ends_at_what_its_strength_leaves(backend: ModuleType) -> None:
    """A linear unit and its adaptation obey x' = A x + b, whose solution is known at every step."""
    n, steps, strength, scale = 3, 900, 2.0, 20.0
    arrays = network(0, False, "float64", replicas=1, n=n, adapting=True)._replace(
        bias=np.zeros((1, n)),
        input_weights=np.tile([[[1.0], [0.0]]], n),
        step=np.full((1, n), 0.1),
        scale_hz=np.full((1, n), scale),
        adaptation=np.full((1, n), strength / scale),
        adaptation_step=np.full((1, n), 0.02),
    )
    a = np.array([[0.9, -0.1 * strength], [0.02, 0.98]])
    fixed = np.linalg.solve(np.eye(2) - a, [0.1 * scale, 0.0])
    expected = [(fixed - np.linalg.matrix_power(a, t) @ fixed)[0] for t in range(3, steps + 1, 3)]
    found = run(backend, arrays, np.ones((1, steps, 2)), "linear").records["trace"][0]
    assert fixed[0] == pytest.approx(scale / (1 + strength))
    assert found.max() > 1.3 * fixed[0]
    atol = TOLERANCE["filter", "float64"] * scale
    np.testing.assert_allclose(found, np.tile(np.array(expected)[:, None], n), rtol=0, atol=atol)


@BOTH
def test_units_hear_the_rates_of_the_step_before(backend: ModuleType) -> None:
    """In a ring without leak, what enters the first unit is in unit k after k more steps."""
    n = 5
    ring = network(1, False, "float64", replicas=1, n=n)._replace(
        bias=np.zeros((1, n)),
        input_weights=np.eye(n)[None, :2] * [[[1.0], [0.0]]],
        sources=np.roll(np.arange(n), 1).astype(np.int32).reshape(1, 1, n),
        weights=np.ones((1, 1, n)),
        step=np.ones((1, n)),
        scale_hz=np.ones((1, n)),
    )
    inputs = np.zeros((1, 3, 2))
    inputs[0, 0, 0] = 0.5
    state = run(backend, ring, inputs, "linear").state
    assert state.values[0, 0].tolist() == [0.0, 0.0, 0.5, 0.0, 0.0]


@BOTH
def test_rectified_units_never_go_below_zero(backend: ModuleType) -> None:
    arrays = network(5, True, "float64")
    assert run(backend, arrays, pulses(arrays), "rectified").records["trace"].min() >= 0
    assert run(backend, arrays, pulses(arrays), "linear").records["trace"].min() < 0


@BOTH
def test_white_noise_spreads_a_unit_as_the_equation_says(backend: ModuleType) -> None:
    """Of r' = (1 - a) r + a s x with x of sd 1 the sd is s sqrt(a / (2 - a))."""
    n, share = 2000, 0.2
    arrays = network(0, True, "float64", replicas=1, n=n)._replace(
        bias=np.zeros((1, n)),
        noise_sd=np.ones((1, n)),
        step=np.full((1, n), share),
        scale_hz=np.full((1, n), 10.0),
    )
    rates = run(backend, arrays, np.zeros((1, 60, 2)), "linear").state.values[0, 0]
    assert rates.std() == pytest.approx(10 * math.sqrt(share / (2 - share)), rel=0.1)
    assert abs(rates.mean()) < 0.5


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("activation", ["linear", "tanh"])
def test_what_is_not_finite_is_found_within_50_steps_by_both(bad: float, activation: str) -> None:
    arrays = network(5, False, "float64")
    inputs = pulses(arrays)
    inputs[1, 60, 1] = bad
    ours, theirs = (run(backend, arrays, inputs, activation) for backend in BACKENDS)
    expected = [-1, -1 if math.isinf(bad) and activation == "tanh" else 0]
    for outcome in (ours, theirs):
        assert outcome.status.code.tolist() == expected
        assert outcome.status.step[1] == (100 if expected[1] == 0 else 0)
    assert ours.status.neuron.tolist() == theirs.status.neuron.tolist()


@given(st.floats(-30, 30))
def test_tanh_is_the_hyperbolic_tangent(x: float) -> None:
    for dtype in ("float64", "float32"):
        given_, rel = np.array([x], dtype), TOLERANCE["arithmetic", dtype]
        least = float(np.finfo(dtype).tiny)
        assert float(tanh(given_)[0]) == pytest.approx(math.tanh(given_[0]), rel=rel, abs=least)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_tanh_is_odd_never_above_one_and_nowhere_falls_by_more_than_rounding(dtype: str) -> None:
    x = np.linspace(-25, 25, 100_001).astype(dtype)
    y = tanh(x)
    assert_same_bits(tanh(-x), -y)
    assert np.abs(y).max() == 1
    assert np.diff(y).min() > -4 * np.finfo(dtype).eps
