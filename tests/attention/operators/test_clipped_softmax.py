"""The clipped softmax."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import clipped_softmax, softmax
from neurogate.errors import RequestError
from tests.attention.gradients import check

LIMITS = [(0.0, 1.0), (-0.03, 1.0), (0.0, 1.03), (-0.1, 1.1)]


@pytest.mark.parametrize("limits", LIMITS)
def test_clipping_is_exact_where_the_paper_says(
    limits: tuple[float, float], rng: np.random.Generator
) -> None:
    low, high = limits
    scores = 2 * rng.standard_normal((40, 12))
    p, _ = softmax.forward(scores)
    c, cache = clipped_softmax.forward(scores, low=low, high=high)
    assert c.min() >= 0
    assert c.max() <= 1
    assert np.array_equal(c == 0, (high - low) * p + low <= 0)
    assert np.array_equal(c == 1, (high - low) * p + low >= 1)
    if high == 1:
        assert c.sum(axis=-1).max() <= 1 + 1e-12
    if low == 0:
        assert c.sum(axis=-1).max() <= high + 1e-12
    inside = (c > 0) & (c < 1)
    dy = np.where(inside, 0.0, 1.0)  # what was clipped has no say
    assert not clipped_softmax.backward(dy, cache).any()


def test_limits_of_0_and_1_are_the_softmax(rng: np.random.Generator) -> None:
    scores, dy = rng.standard_normal((2, 3, 5))
    plain, kept = softmax.forward(scores)
    clipped, cache = clipped_softmax.forward(scores, low=0.0, high=1.0)
    assert np.array_equal(clipped, plain)
    assert np.array_equal(clipped_softmax.backward(dy, cache), softmax.backward(dy, kept))


@settings(max_examples=15)
@given(st.integers(0, 99), st.integers(1, 5), st.integers(1, 6), st.sampled_from(LIMITS))
def test_gradients_of_clipped_rows_are_those_of_finite_differences(
    seed: int, rows: int, keys: int, limits: tuple[float, float]
) -> None:
    rng = np.random.default_rng(seed)
    scores, dy = rng.standard_normal((2, rows, keys))
    mask = rng.random((rows, keys)) < 0.7  # a row may see nothing
    given_limits = {"low": limits[0], "high": limits[1]}
    _, cache = clipped_softmax.forward(scores, mask, **given_limits)
    found = {"scores": clipped_softmax.backward(dy, cache)}
    check(rng, lambda scores: clipped_softmax.forward(scores, mask, **given_limits)[0],
          {"scores": scores}, found, dy)  # fmt: skip


@pytest.mark.parametrize("limits", [(0.1, 1.0), (0.0, 0.9)])
def test_limits_inside_0_and_1_are_a_sentence(limits: tuple[float, float]) -> None:
    with pytest.raises(
        RequestError, match=r"(low is 0\.1|high is 0\.9)\. Give a number that is at (most 0|least 1)\."
    ):
        clipped_softmax.forward(np.ones((1, 2)), low=limits[0], high=limits[1])


def test_the_order_in_memory_does_not_matter(rng: np.random.Generator) -> None:
    scores, dy = rng.standard_normal((2, 6, 300, 40))
    wanted, cache = clipped_softmax.forward(scores, low=-0.1, high=1.1)
    slopes = clipped_softmax.backward(dy, cache)
    turned, of_turned = (np.ascontiguousarray(each.T).T for each in (scores, dy))
    assert np.array_equal(clipped_softmax.forward(turned, low=-0.1, high=1.1)[0], wanted)
    assert np.array_equal(clipped_softmax.backward(of_turned, cache), slopes)
