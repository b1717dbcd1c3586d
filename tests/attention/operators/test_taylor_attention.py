"""Attention whose exponential is cut behind the square."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import taylor_attention
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE


def near(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(
        np.abs(a - b).max(initial=0) <= TOLERANCE["two ways", "float64"] * max(1.0, np.abs(b).max(initial=0))
    )


def drawn(rng: np.random.Generator, length: int) -> dict[str, np.ndarray]:
    return {name: rng.standard_normal((2, length, width)) for name, width in (("q", 3), ("k", 3), ("v", 4))}


@settings(max_examples=6)
@given(st.integers(1, 7), st.integers(1, 9), st.booleans(), st.integers(0, 9))
def test_gradients_are_those_of_finite_differences(length: int, chunk: int, carried: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    arguments = drawn(rng, length)
    if carried:
        past = drawn(rng, 3)
        arguments["state"] = taylor_attention.forward(**past)[1].state
    y, cache = taylor_attention.forward(**arguments, chunk=chunk)
    dy = rng.standard_normal(y.shape)
    names = ("q", "k", "v", "state")
    found = zip(names, taylor_attention.backward(dy, cache), strict=True)
    given = {name: gradient for name, gradient in found if gradient is not None}
    check(rng, lambda **a: taylor_attention.forward(**a, chunk=chunk)[0], arguments, given, dy)


@pytest.mark.parametrize("chunk", [1, 7, 16, 64])
def test_chunks_are_the_quadratic_form(chunk: int, rng: np.random.Generator) -> None:
    arguments = drawn(rng, 21)
    y, cache = taylor_attention.forward(**arguments)
    other, chunked = taylor_attention.forward(**arguments, chunk=chunk)
    assert near(other, y)
    pairs = zip(taylor_attention.backward(y, cache), taylor_attention.backward(y, chunked), strict=True)
    assert all(near(b, a) for a, b in pairs if a is not None)
    assert near(chunked.state, cache.state)


def test_features_make_the_series(rng: np.random.Generator) -> None:
    q, k = rng.standard_normal((2, 6, 3))
    a = (q * k).sum(axis=-1) / np.sqrt(3)
    inner = (taylor_attention.features(q) * taylor_attention.features(k)).sum(axis=-1)
    assert near(inner, 1 + a + a**2 / 2)


@pytest.mark.parametrize("chunk", [None, 2])
def test_weights_sum_to_one(chunk: int | None, rng: np.random.Generator) -> None:
    q, k, _ = drawn(rng, 5).values()
    y, _ = taylor_attention.forward(q, k, np.ones((2, 5, 1)), chunk=chunk)
    assert near(y, np.ones((2, 5, 1)))


def test_bad_shapes_and_chunks_are_a_sentence() -> None:
    q = np.ones((5, 3))
    with pytest.raises(RequestError, match=r"q and k must be \(..., length, d\), and v as long"):
        taylor_attention.forward(q, q, np.ones((4, 3)))
    with pytest.raises(RequestError, match=r"the state must be \(13, 4\)"):
        taylor_attention.forward(q, q, q, np.ones((13, 3)))
    with pytest.raises(RequestError, match="chunk is 0"):
        taylor_attention.forward(q, q, q, chunk=0)
