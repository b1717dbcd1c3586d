"""The softmax and its mask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import softmax
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE


@settings(max_examples=5)
@given(st.integers(0, 9), st.integers(1, 5), st.integers(0, 3))
def test_gradients_of_masked_rows_are_those_of_finite_differences(seed: int, keys: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    scores, dy = rng.standard_normal((2, rows, keys))
    mask = rng.random((rows, keys)) < 0.7
    y, cache = softmax.forward(scores, mask)
    found = {"scores": softmax.backward(dy, cache)}
    check(rng, lambda scores: softmax.forward(scores, mask)[0], {"scores": scores}, found, dy)
    assert np.allclose(y.sum(axis=-1), mask.any(axis=-1))


def test_scores_stay_as_they_were_unless_they_may_be_overwritten(rng: np.random.Generator) -> None:
    scores = rng.standard_normal((3, 4))
    kept = scores.copy()
    y, _ = softmax.forward(scores, np.eye(3, 4, dtype=bool))
    assert np.array_equal(scores, kept)
    assert np.array_equal(softmax.forward(scores, np.eye(3, 4, dtype=bool), overwrite=True)[0], y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huge_scores_and_rows_without_keys_give_numbers(dtype: str) -> None:
    scores = np.array([[1e30, -1e30], [-np.inf, -np.inf]], dtype=dtype)
    assert softmax.forward(scores)[0].tolist() == [[1, 0], [0, 0]]
    assert softmax.forward(np.ones((2, 0), dtype))[0].shape == (2, 0)


@pytest.mark.parametrize("mask", [np.ones((3, 2), bool), np.ones((2, 4)), np.ones((1, 2, 4), bool)])
def test_a_mask_that_does_not_fit_is_a_sentence(mask: np.ndarray) -> None:
    with pytest.raises(RequestError, match=r"mask \(.*, scores \(2, 4\): the mask must be of true and false"):
        softmax.forward(np.ones((2, 4)), mask)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_logarithm_of_the_sum_is_what_scores_lack_of_that_of_the_weights(
    dtype: str, rng: np.random.Generator
) -> None:
    x = (3 * rng.standard_normal((2, 5, 4))).astype(dtype)
    found, exact = softmax.log_sum(x), np.log(np.exp(x.astype(float)).sum(axis=-1, keepdims=True))
    assert found.dtype == dtype
    near = TOLERANCE["two ways", dtype]
    np.testing.assert_allclose(found, exact, rtol=near, atol=near)
    np.testing.assert_allclose(np.exp(x - found), softmax.forward(x)[0], rtol=near)
    far = softmax.log_sum(np.array([[1e4, 1e4], [-1e4, -np.inf]], dtype))
    np.testing.assert_allclose(far, [[1e4 + np.log(2)], [-1e4]], rtol=TOLERANCE["arithmetic", dtype])
    for bad in (np.ones((2, 0)), np.ones(())):
        with pytest.raises(RequestError, match="there must be a score along the last axis"):
            softmax.log_sum(bad)
