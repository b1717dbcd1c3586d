"""The adversarial loss of least squares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import least_squares_gan
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=12)
@given(
    st.integers(0, 99), st.lists(st.integers(1, 5), min_size=1, max_size=3), st.floats(-2.0, 2.0)
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(seed: int, shape: list[int], target: float) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal(shape)
    found = {"scores": least_squares_gan.backward(0.7, least_squares_gan.forward(scores, target)[1])}
    check(
        rng, lambda scores: least_squares_gan.forward(scores, target)[0], {"scores": scores}, found,
        np.array(0.7),
    )  # fmt: skip


@pytest.mark.parametrize("target", [1, -1])
def test_at_the_target_there_is_no_loss(target: int) -> None:
    loss, cache = least_squares_gan.forward(np.full((3, 1), float(target)), target)
    assert loss == 0
    assert not least_squares_gan.backward(1.0, cache).any()


def test_float32_stays_float32_and_no_scores_are_a_sentence() -> None:
    loss, cache = least_squares_gan.forward(np.ones((3, 1), np.float32), -1)
    assert loss.dtype == least_squares_gan.backward(1.0, cache).dtype == np.float32
    with pytest.raises(RequestError, match=r"scores \(0, 1\): there must be scores"):
        least_squares_gan.forward(np.ones((0, 1)), 1)
