"""Mean and largest of the channels."""

from __future__ import annotations

import numpy as np

from neurogate.attention.operators import channel_summary
from tests.attention.gradients import check


def test_gradients_are_those_of_finite_differences(rng: np.random.Generator) -> None:
    x, dy = rng.standard_normal((2, 3, 4, 5)), rng.standard_normal((2, 2, 4, 5))
    y, cache = channel_summary.forward(x)
    assert np.array_equal(y[:, 0], x.mean(axis=1))
    assert np.array_equal(y[:, 1], x.max(axis=1))
    check(
        rng, lambda x: channel_summary.forward(x)[0], {"x": x}, {"x": channel_summary.backward(dy, cache)}, dy
    )


def test_of_several_largest_the_first_gets_the_gradient() -> None:
    y, cache = channel_summary.forward(np.zeros((1, 3, 1), np.float32))
    dx = channel_summary.backward(np.array([[[0.0], [1.0]]], np.float32), cache)
    assert dx.ravel().tolist() == [1.0, 0.0, 0.0]
    assert y.dtype == dx.dtype == np.float32
