"""The high-pass filter: its limits, its course, and the same bits from both backends."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.backends import numba_cpu, numpy_reference
from tests.backends.cases import assert_same_bits
from tests.tolerances import TOLERANCE

BACKEND = pytest.mark.parametrize(
    "backend", [numpy_reference, numba_cpu], ids=lambda module: module.__name__.rpartition(".")[2]
)


def signals(shape: tuple[int, int, int], dtype: str = "float64") -> tuple[np.ndarray, ...]:
    """Draw signals, gains and what is remembered of the past."""
    rng = np.random.default_rng(list(shape))
    batch, _, n = shape
    parts = rng.standard_normal(shape), rng.random((batch, n)), rng.standard_normal((batch, n))
    return tuple(part.astype(dtype) for part in parts)


@settings(max_examples=60)
@given(
    batch=st.integers(1, 3),
    bins=st.integers(0, 20),
    n=st.integers(1, 40),
    rate=st.floats(0, 1),
    dtype=st.sampled_from(["float64", "float32"]),
    threads=st.integers(1, 3),
)
def test_backends_agree_bit_for_bit(
    batch: int, bins: int, n: int, rate: float, dtype: str, threads: int
) -> None:
    x, gain, memory = signals((batch, bins, n), dtype)
    before = x.tobytes(), gain.tobytes(), memory.tobytes()
    reference = numpy_reference.high_pass(x, gain, memory, rate)
    for mine, theirs in zip(numba_cpu.high_pass(x, gain, memory, rate, threads), reference, strict=True):
        assert_same_bits(mine, theirs)
    assert (x.tobytes(), gain.tobytes(), memory.tobytes()) == before


@BACKEND
@given(cuts=st.lists(st.integers(0, 30), max_size=4))
@settings(max_examples=25)
def test_a_signal_in_pieces_is_the_whole_signal(backend: ModuleType, cuts: list[int]) -> None:
    x, gain, memory = signals((2, 30, 11))
    whole, last = backend.high_pass(x, gain, memory, 0.2)
    pieces = []
    for piece in np.split(x, sorted(cuts), axis=1):
        h, memory = backend.high_pass(piece.copy(), gain, memory, 0.2)
        pieces.append(h)
    assert_same_bits(np.concatenate(pieces, axis=1), whole)
    assert_same_bits(memory, last)


@BACKEND
def test_at_rate_one_nothing_passes(backend: ModuleType) -> None:
    x, gain, memory = (np.round(8 * part) for part in signals((2, 30, 11)))  # small integers: no rounding
    h, last = backend.high_pass(x, gain, memory, 1.0)
    assert not h.any()
    np.testing.assert_array_equal(last, x[:, -1])


@BACKEND
def test_at_rate_zero_everything_but_the_past_passes(backend: ModuleType) -> None:
    x, gain, memory = signals((2, 30, 11))
    h, last = backend.high_pass(x, gain, memory, 0.0)
    assert_same_bits(h, gain[:, None] * (x - memory[:, None]))
    assert_same_bits(last, memory)


@BACKEND
def test_a_constant_signal_decays_geometrically(backend: ModuleType) -> None:
    _, gain, memory = signals((2, 1, 11))
    level, rate = 3.0, 5 / 300
    h, last = backend.high_pass(np.full((2, 400, 11), level), gain, memory, rate)
    left = (1 - rate) ** np.arange(1, 401)
    expected = gain[:, None] * (level - memory[:, None]) * left[:, None]
    np.testing.assert_allclose(h, expected, rtol=TOLERANCE["filter", "float64"])
    np.testing.assert_allclose(last, level - (level - memory) * left[-1], rtol=TOLERANCE["filter", "float64"])


@BACKEND
def test_the_gain_scales_and_does_nothing_else(backend: ModuleType) -> None:
    x, gain, memory = signals((2, 30, 11))
    h, last = backend.high_pass(x, gain, memory, 0.1)
    twice, same = backend.high_pass(x, 2 * gain, memory, 0.1)
    assert_same_bits(twice, 2 * h)
    assert_same_bits(same, last)
