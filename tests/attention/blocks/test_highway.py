"""The highway mix: its gradients, its limits, and that it stays between."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.blocks import highway
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=5)
@given(seed=st.integers(0, 99), rows=st.integers(0, 4), width=st.integers(1, 4))
def test_gradients(seed: int, rows: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    a, b, dy = rng.standard_normal((3, rows, width))
    p = highway.initial(rng, width)

    def run(a: np.ndarray, b: np.ndarray, **p: np.ndarray) -> tuple[np.ndarray, highway.Cache]:
        return highway.forward(a, b, p)

    da, db, found = highway.backward(dy, run(a, b, **p)[1])
    check(rng, lambda **given: run(**given)[0], {"a": a, "b": b, **p}, {"a": da, "b": db, **found}, dy)


@pytest.mark.parametrize(("push", "chosen"), [(1e3, 0), (-1e3, 1)])
def test_an_open_gate_is_one_array_and_a_closed_one_the_other(
    push: float, chosen: int, rng: np.random.Generator
) -> None:
    arrays, p = rng.standard_normal((2, 5, 3)), highway.initial(rng, 3)
    p["second.bias"] += push
    np.testing.assert_allclose(highway.forward(*arrays, p)[0], arrays[chosen], atol=1e-15)


@pytest.mark.parametrize(("push", "chosen"), [(1e3, 0), (-1e3, 1)])
def test_a_gate_at_its_limit_leaves_no_trace_of_a_large_other(
    push: float, chosen: int, rng: np.random.Generator
) -> None:
    arrays, dy, p = rng.standard_normal((2, 5, 3)), rng.standard_normal((5, 3)), highway.initial(rng, 3)
    for name in ("first.weight", "second.weight"):
        p[name] *= 0
    p["second.bias"] += push
    arrays[1 - chosen] *= 1e20
    y, cache = highway.forward(*arrays, p)
    assert np.array_equal(y, arrays[chosen])
    gradients = highway.backward(dy, cache)
    assert np.array_equal(gradients[chosen], dy)
    assert not gradients[1 - chosen].any()


def test_a_mix_lies_between(rng: np.random.Generator) -> None:
    (a, b), p = rng.standard_normal((2, 5, 3)), highway.initial(rng, 3)
    y, _ = highway.forward(a, b, p)
    assert ((y >= np.minimum(a, b) - 1e-15) & (y <= np.maximum(a, b) + 1e-15)).all()


def test_shapes_that_differ_are_a_sentence(rng: np.random.Generator) -> None:
    with pytest.raises(RequestError, match=r"a \(1, 3\), b \(2, 3\): a and b must have the same shape"):
        highway.forward(np.ones((1, 3)), np.ones((2, 3)), highway.initial(rng, 3))
