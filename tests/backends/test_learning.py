"""Learning rules: both backends agree bit for bit, and least squares are what a solver finds."""

from __future__ import annotations

import itertools
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.backends import numba_cpu, numpy_reference
from tests.backends.cases import assert_same_bits
from tests.tolerances import TOLERANCE

BOTH = pytest.mark.parametrize(
    "backend", [numpy_reference, numba_cpu], ids=lambda module: module.__name__.rpartition(".")[2]
)
DTYPE = pytest.mark.parametrize("dtype", ["float64", "float32"])
EXACT, FLOAT32 = TOLERANCE["least squares", "float64"], TOLERANCE["least squares", "float32"]


class Problem(NamedTuple):
    """Weights, samples and targets."""

    weights: np.ndarray  # (B, K, N)
    samples: np.ndarray  # (B, S, N)
    targets: np.ndarray  # (B, S, K)
    course: np.ndarray  # (B, S)
    rate: np.ndarray  # (B,)

    def least_squares(self, ridge: float) -> tuple[np.ndarray, ...]:
        """Return weights, inverse, samples, targets; the unused triangle of the inverse is NaN."""
        batch, _, n = self.weights.shape
        inverse = np.tile(np.eye(n, dtype=self.weights.dtype) / self.weights.dtype.type(ridge), (batch, 1, 1))
        inverse[:, *np.triu_indices(n, 1)] = np.nan
        return self.weights, inverse, self.samples, self.targets


def problem(
    batch: int = 2, samples: int = 50, readouts: int = 2, n: int = 11, dtype: str = "float64"
) -> Problem:
    """Draw a problem; a third of the gates are closed, a third open, the rest in between."""
    rng = np.random.default_rng([batch, samples, readouts, n])
    course = np.clip(rng.uniform(-1, 2, (batch, samples)), 0, 1)
    parts = (
        rng.standard_normal((batch, readouts, n)),
        rng.standard_normal((batch, samples, n)),
        rng.standard_normal((batch, samples, readouts)),
        course,
        rng.uniform(0, 1, batch),
    )
    return Problem(*(part.astype(dtype) for part in parts))


SHAPE = {
    "batch": st.integers(1, 3),
    "samples": st.integers(0, 9),
    "readouts": st.integers(1, 9),
    "n": st.integers(1, 40),
    "dtype": st.sampled_from(["float64", "float32"]),
}


def assert_unchanged(before: list[bytes], *arrays: np.ndarray) -> None:
    assert [array.tobytes() for array in arrays] == before


@settings(max_examples=60)
@given(**SHAPE, threads=st.integers(1, 3))
def test_readouts_agree_bit_for_bit(
    batch: int, samples: int, readouts: int, n: int, dtype: str, threads: int
) -> None:
    p = problem(batch, samples, readouts, n, dtype)
    ours = numba_cpu.readout(p.weights, p.samples, threads)
    assert_same_bits(ours, numpy_reference.readout(p.weights, p.samples))


@settings(max_examples=100)
@given(**SHAPE, saturation=st.sampled_from([0.0, 1e-30, 0.3, 2.0]), threads=st.integers(1, 3))
def test_delta_rules_agree_bit_for_bit(
    batch: int, samples: int, readouts: int, n: int, dtype: str, saturation: float, threads: int
) -> None:
    p = problem(batch, samples, readouts, n, dtype)
    before = [array.tobytes() for array in p]
    ours = numba_cpu.normalised_delta(*p, saturation, threads)
    for mine, theirs in zip(ours, numpy_reference.normalised_delta(*p, saturation), strict=True):
        assert_same_bits(mine, theirs)
    assert_unchanged(before, *p)


@settings(max_examples=100)
@given(
    **SHAPE,
    forgetting=st.sampled_from([1.0, 0.99, 0.7]),
    leak=st.sampled_from([0.0, 0.01, 1.0]),
    turn=st.integers(0, 100),
    threads=st.integers(1, 3),
)
def test_least_squares_agree_bit_for_bit(
    batch: int,
    samples: int,
    readouts: int,
    n: int,
    dtype: str,
    forgetting: float,
    leak: float,
    turn: int,
    threads: int,
) -> None:
    arrays = problem(batch, samples, readouts, n, dtype).least_squares(0.5)
    before = [array.tobytes() for array in arrays]
    ours = numba_cpu.recursive_least_squares(*arrays, forgetting, leak, turn, threads)
    theirs = numpy_reference.recursive_least_squares(*arrays, forgetting, leak, turn)
    lower = np.tril_indices(n)
    for name, mine, reference in zip(("weights", "inverse", "outputs"), ours, theirs, strict=True):
        used = (slice(None), *lower) if name == "inverse" else ...
        assert np.isfinite(reference[used]).all()
        assert_same_bits(mine[used], reference[used])
    assert_unchanged(before, *arrays)


@BOTH
@DTYPE
def test_arrays_that_are_not_contiguous_are_read_right(backend: ModuleType, dtype: str) -> None:
    p = problem(dtype=dtype)
    wide = np.repeat(p.samples, 2, axis=2)[..., ::2]
    turned = np.asfortranarray(p.samples)
    for samples in (wide, turned):
        assert not samples.flags.c_contiguous
        q = p._replace(samples=samples)
        assert_same_bits(backend.readout(p.weights, samples), backend.readout(p.weights, p.samples))
        assert_same_bits(backend.normalised_delta(*q, 0.3)[0], backend.normalised_delta(*p, 0.3)[0])
        ours = backend.recursive_least_squares(*q.least_squares(1.0), 1.0, 0.0, 0)
        assert_same_bits(ours[0], backend.recursive_least_squares(*p.least_squares(1.0), 1.0, 0.0, 0)[0])


# The delta rule


@BOTH
@DTYPE
def test_a_closed_gate_changes_nothing(backend: ModuleType, dtype: str) -> None:
    p = problem(dtype=dtype)
    weights, outputs, gates = backend.normalised_delta(*p._replace(course=0 * p.course), 0.3)
    assert_same_bits(weights, p.weights)
    assert_same_bits(outputs, backend.readout(p.weights, p.samples))
    assert not gates.any()


@BOTH
@DTYPE
@pytest.mark.parametrize("saturation", [0.0, 0.3])
def test_no_error_changes_nothing(backend: ModuleType, dtype: str, saturation: float) -> None:
    p = problem(dtype=dtype)
    exact = p._replace(targets=backend.readout(p.weights, p.samples))
    weights, outputs, gates = backend.normalised_delta(*exact, saturation)
    assert_same_bits(weights, p.weights)
    assert_same_bits(outputs, exact.targets)
    expected = 0 * exact.targets if saturation else np.broadcast_to(p.course[..., None], outputs.shape)
    np.testing.assert_array_equal(gates, expected)


@BOTH
@DTYPE
def test_a_tiny_saturation_is_as_good_as_none(backend: ModuleType, dtype: str) -> None:
    p = problem(dtype=dtype)
    tiny, none = backend.normalised_delta(*p, 1e-30), backend.normalised_delta(*p, 0.0)
    for mine, theirs in zip(tiny, none, strict=True):
        assert_same_bits(mine, theirs)


@BOTH
def test_each_sample_shrinks_its_own_error_by_the_documented_factor(backend: ModuleType) -> None:
    p = problem(batch=1, samples=20)
    for s in range(20):
        one = p._replace(**{key: getattr(p, key)[:, s : s + 1] for key in ("samples", "targets", "course")})
        weights, outputs, gates = backend.normalised_delta(*one, 0.5)
        error = (one.targets - outputs)[0, 0]
        gate = p.course[0, s] * np.minimum(1, np.abs(error) / 0.5)
        np.testing.assert_array_equal(gates[0, 0], gate)
        square = (one.samples**2).sum()
        left = error * (1 - p.rate[0] * gate * square / (1 + square))
        after = one.targets - backend.readout(weights, one.samples)
        np.testing.assert_allclose(after[0, 0], left, rtol=0, atol=20 * TOLERANCE["arithmetic", "float64"])
        p = p._replace(weights=weights)


@BOTH
@settings(max_examples=15)
@given(cuts=st.lists(st.integers(0, 50), max_size=4))
def test_learning_in_pieces_is_learning_at_once(backend: ModuleType, cuts: list[int]) -> None:
    p = problem(dtype="float32")
    weights, outputs, _ = backend.normalised_delta(*p, 0.3)
    done, pieces = p.weights, []
    for first, last in itertools.pairwise([0, *sorted(cuts), 50]):
        now = slice(first, last)
        part = Problem(done, p.samples[:, now], p.targets[:, now], p.course[:, now], p.rate)
        done, out, _ = backend.normalised_delta(*part, 0.3)
        pieces.append(out)
    assert_same_bits(done, weights)
    assert_same_bits(np.concatenate(pieces, axis=1), outputs)


@BOTH
def test_replicas_learn_each_by_itself(backend: ModuleType) -> None:
    p = problem(batch=3)
    together = backend.normalised_delta(*p, 0.3)
    squares = backend.recursive_least_squares(*p.least_squares(2.0), 0.9, 0.1, 5)
    for b in range(3):
        one = Problem(*(part[b : b + 1] for part in p))
        for mine, batched in zip(backend.normalised_delta(*one, 0.3), together, strict=True):
            assert_same_bits(mine[0], batched[b])
        single = backend.recursive_least_squares(*one.least_squares(2.0), 0.9, 0.1, 5)
        assert_same_bits(single[0][0], squares[0][b])


# Recursive least squares


def relative(actual: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference over the largest number."""
    return float(np.abs(actual - expected).max() / np.abs(expected).max())


def symmetric(lower: np.ndarray) -> np.ndarray:
    """Return the matrix whose lower triangle is given."""
    return np.tril(lower) + np.tril(lower, -1).T


@BOTH
@pytest.mark.parametrize("forgetting", [1.0, 0.9])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", EXACT), ("float32", FLOAT32)])
def test_without_leak_it_is_weighted_ridge_regression(
    backend: ModuleType, forgetting: float, dtype: str, tolerance: float
) -> None:
    p, ridge = problem(dtype=dtype), 2.0
    weights, inverse, _ = backend.recursive_least_squares(*p.least_squares(ridge), forgetting, 0.0, 0)
    count, n = p.samples.shape[1:]
    weight = forgetting ** np.arange(count - 1, -1, -1)
    for b in range(2):
        x, d = p.samples[b].astype(float), p.targets[b].astype(float)
        prior = ridge * forgetting**count * np.eye(n)
        normal = prior + x.T @ (weight[:, None] * x)
        solution = np.linalg.solve(normal, prior @ p.weights[b].T + x.T @ (weight[:, None] * d))
        assert relative(weights[b], solution.T) < tolerance
        assert relative(symmetric(inverse[b]), np.linalg.inv(normal)) < tolerance


@BOTH
def test_an_output_is_read_before_its_own_sample_is_learned(backend: ModuleType) -> None:
    p = problem(samples=4)
    arrays = p.least_squares(1.0)
    outputs = backend.recursive_least_squares(*arrays, 1.0, 0.0, 0)[2]
    for s in range(4):
        before = backend.recursive_least_squares(
            *arrays[:2], p.samples[:, :s].copy(), p.targets[:, :s], 1.0, 0.0, 0
        )[0]
        assert_same_bits(outputs[:, s : s + 1], backend.readout(before, p.samples[:, s : s + 1]))


@BOTH
def test_the_leak_gives_one_coordinate_after_the_other_its_ridge_back(backend: ModuleType) -> None:
    p, ridge, forgetting, turn = problem(batch=1, samples=40), 2.0, 0.9, 7
    leak, n = ridge * (1 - forgetting), p.samples.shape[2]
    weights, inverse, _ = backend.recursive_least_squares(*p.least_squares(ridge), forgetting, leak, turn)
    normal, w = ridge * np.eye(n), p.weights[0].copy()
    for s, (x, d) in enumerate(zip(p.samples[0], p.targets[0], strict=True)):
        normal = forgetting * normal + np.outer(x, x)
        w += np.outer(d - w @ x, np.linalg.solve(normal, x))
        i = (turn + s) % n
        normal[i, i] += n * leak
    assert relative(weights[0], w) < EXACT
    assert relative(symmetric(inverse[0]), np.linalg.inv(normal)) < EXACT


@BOTH
@settings(max_examples=15)
@given(cuts=st.lists(st.integers(0, 50), max_size=4))
def test_least_squares_in_pieces_are_those_at_once(backend: ModuleType, cuts: list[int]) -> None:
    p = problem()
    w, inverse, *_ = p.least_squares(1.0)
    whole = backend.recursive_least_squares(w, inverse, p.samples, p.targets, 0.95, 0.1, 3)
    pieces = []
    for first, last in itertools.pairwise([0, *sorted(cuts), 50]):
        part = p.samples[:, first:last], p.targets[:, first:last]
        w, inverse, outputs = backend.recursive_least_squares(w, inverse, *part, 0.95, 0.1, 3 + first)
        pieces.append(outputs)
    lower = (slice(None), *np.tril_indices(p.samples.shape[2]))
    assert_same_bits(w, whole[0])
    assert_same_bits(inverse[lower], whole[1][lower])
    assert_same_bits(np.concatenate(pieces, axis=1), whole[2])


@DTYPE
def test_the_leak_bounds_what_the_plain_recursion_lets_overflow(dtype: str) -> None:
    rng = np.random.default_rng(4)
    count, n, ridge, forgetting = 20_000, 9, 1.0, 0.95
    samples = rng.standard_normal((1, count, 2)) @ rng.standard_normal((2, n))  # all in one plane
    targets = samples @ rng.standard_normal((n, 1)) + 0.1 * rng.standard_normal((1, count, 1))
    start = np.zeros((1, 1, n)), np.eye(n)[None] / ridge
    arrays = [array.astype(dtype) for array in (*start, samples, targets)]
    plain = numba_cpu.recursive_least_squares(*arrays, forgetting, 0.0, 0)
    assert not all(np.isfinite(array).all() for array in plain)
    leak = ridge * (1 - forgetting)
    weights, inverse, outputs = numba_cpu.recursive_least_squares(*arrays, forgetting, leak, 0)
    # A coordinate has lost most of its ridge just before its turn comes.
    least = n * leak * forgetting**n / (1 - forgetting**n)
    eigenvalues = np.linalg.eigvalsh(symmetric(inverse[0].astype(float)))
    assert eigenvalues[0] > 0
    assert eigenvalues[-1] < 1 / least
    assert np.abs(weights).max() < 10
    error = (targets - outputs)[0, count // 2 :]
    assert np.sqrt((error**2).mean()) < 0.12  # the noise of the targets is 0.1
