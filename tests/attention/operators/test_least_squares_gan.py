"""The adversarial loss of least squares."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.operators import least_squares_gan
from neurogate.errors import RequestError
from tests.attention.gradients import check


@pytest.mark.parametrize("target", [1, -1])
def test_gradients_are_those_of_finite_differences(target: int, rng: np.random.Generator) -> None:
    scores = rng.standard_normal((5, 1))
    _, cache = least_squares_gan.forward(scores, target)
    found = {"scores": least_squares_gan.backward(0.7, cache)}
    check(
        rng,
        lambda scores: least_squares_gan.forward(scores, target)[0],
        {"scores": scores},
        found,
        np.array(0.7),
    )


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
