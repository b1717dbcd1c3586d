"""Dropout."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import dropout
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=15)
@given(st.integers(0, 99), st.lists(st.integers(0, 5), min_size=1, max_size=3), st.floats(0.0, 0.9))
def test_gradients_are_those_of_finite_differences(seed: int, shape: list[int], rate: float) -> None:
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal((2, *shape))
    kept = dropout.draw(rng, x.shape, rate=rate)
    _, cache = dropout.forward(x, kept, rate=rate)
    found = {"x": dropout.backward(dy, cache)}
    check(rng, lambda x: dropout.forward(x, kept, rate=rate)[0], {"x": x}, found, dy)


def test_the_mean_stays(rng: np.random.Generator) -> None:
    x = np.ones(100_000)
    y, _ = dropout.forward(x, dropout.draw(rng, x.shape, rate=0.3), rate=0.3)
    assert abs(y.mean() - 1) < 5 * np.sqrt(0.3 / 0.7 / x.size)


def test_without_a_mask_nothing_happens() -> None:
    x = np.ones((2, 3), np.float32)
    y, cache = dropout.forward(x)
    assert np.array_equal(y, x)
    assert np.array_equal(dropout.backward(x, cache), x)


def test_a_mask_of_another_shape_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"x \(2, 3\), kept \(3,\): kept must be"):
        dropout.forward(np.ones((2, 3)), np.ones(3, bool))
