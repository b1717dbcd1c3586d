"""Mean and largest of the channels."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import channel_summary
from tests.attention.gradients import check


@settings(max_examples=20)
@given(st.integers(0, 99), st.integers(1, 3), st.integers(1, 5), st.lists(st.integers(1, 5), max_size=3))
def test_gradients_are_those_of_finite_differences(
    seed: int, batch: int, channels: int, sizes: list[int]
) -> None:
    rng, shape = np.random.default_rng(seed), (batch, channels, *sizes)
    x = rng.permutation(np.arange(float(np.prod(shape)))).reshape(shape)  # no two are near each other
    y, cache = channel_summary.forward(x)
    assert np.array_equal(y[:, 0], x.mean(axis=1))
    assert np.array_equal(y[:, 1], x.max(axis=1))
    dy = rng.standard_normal(y.shape)
    found = {"x": channel_summary.backward(dy, cache)}
    check(rng, lambda x: channel_summary.forward(x)[0], {"x": x}, found, dy)


def test_of_several_largest_the_first_gets_the_gradient() -> None:
    y, cache = channel_summary.forward(np.zeros((1, 3, 1), np.float32))
    dx = channel_summary.backward(np.array([[[0.0], [1.0]]], np.float32), cache)
    assert dx.ravel().tolist() == [1.0, 0.0, 0.0]
    assert y.dtype == dx.dtype == np.float32
