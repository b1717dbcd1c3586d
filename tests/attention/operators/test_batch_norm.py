"""Batch normalisation in training and in evaluation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import batch_norm
from neurogate.attention.operators.batch_norm import Running
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]


@settings(max_examples=8)
@given(st.integers(0, 3), st.booleans(), st.booleans(), st.integers(0, 99))
def test_gradients_are_those_of_finite_differences(
    axes: int, training: bool, affine: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    arguments = {"x": rng.standard_normal((3, 2, *(3, 2, 4)[:axes]))}
    arguments |= {"weight": rng.standard_normal(2), "bias": rng.standard_normal(2)} if affine else {}
    running = Running(rng.standard_normal(2), rng.uniform(0.5, 2, 2))
    y, cache = batch_norm.forward(**arguments, running=running, training=training)
    dy = rng.standard_normal(y.shape)
    found = batch_norm.backward(dy, cache)
    gradients = dict(zip(arguments, found, strict=False))
    assert affine or found[1:] == (None, None)
    check(
        rng,
        lambda **a: batch_norm.forward(**a, running=running, training=training)[0],
        arguments,
        gradients,
        dy,
    )


def test_a_batch_has_mean_0_and_variance_1_in_each_channel(rng: np.random.Generator) -> None:
    y, _ = batch_norm.forward(5 + 3 * rng.standard_normal((4, 2, 5)), eps=1e-12)
    assert np.allclose(y.mean(axis=(0, 2)), 0, atol=NEAR)
    assert np.allclose(y.var(axis=(0, 2)), 1, atol=NEAR)


def test_running_statistics_approach_those_of_the_data_and_evaluation_uses_them(
    rng: np.random.Generator,
) -> None:
    x = rng.standard_normal((4, 2, 5))
    running = Running(np.zeros(2), np.ones(2))
    for _ in range(300):
        _, cache = batch_norm.forward(x, running=running)
        running = cache.running
    assert np.allclose(running.mean, x.mean(axis=(0, 2)), atol=NEAR)
    assert np.allclose(running.variance, x.var(axis=(0, 2), ddof=1), atol=NEAR)
    wanted = (x - running.mean[:, None]) / np.sqrt(running.variance[:, None] + 1e-5)
    y, cache = batch_norm.forward(x, running=running, training=False)
    assert np.allclose(y, wanted, atol=NEAR)
    assert cache.running is running


def test_running_statistics_that_were_given_are_not_changed(rng: np.random.Generator) -> None:
    running = Running(np.zeros(2), np.ones(2))
    batch_norm.forward(rng.standard_normal((4, 2)), running=running)
    assert running.mean.tolist() == [0.0, 0.0]
    assert running.variance.tolist() == [1.0, 1.0]


def test_statistics_may_be_taken_over_other_axes(rng: np.random.Generator) -> None:
    x = rng.standard_normal((4, 5, 2))
    y, _ = batch_norm.forward(x, axes=(0, 1))
    wanted, _ = batch_norm.forward(x.swapaxes(1, 2))
    assert np.allclose(y, wanted.swapaxes(1, 2), atol=NEAR)


def test_an_empty_batch_moves_nothing() -> None:
    running = Running(np.zeros(2), np.ones(2))
    y, cache = batch_norm.forward(np.ones((0, 2, 3)), np.ones(2), running=running)
    assert y.shape == (0, 2, 3)
    assert cache.running is running
    dx, dweight, _ = batch_norm.backward(y, cache)
    assert dx.shape == (0, 2, 3)
    assert not dweight.any()
    assert batch_norm.forward(np.ones((0, 2, 3)))[0].shape == (0, 2, 3)


def test_float32_stays_float32() -> None:
    running = Running(np.zeros(2), np.ones(2))
    for training in (True, False):
        x = np.ones((3, 2, 2), np.float32)
        y, cache = batch_norm.forward(x, x[0, :, 0], x[0, :, 0], running, training=training)
        assert {a.dtype for a in (y, *batch_norm.backward(y, cache))} == {np.dtype("float32")}


@pytest.mark.parametrize(
    "more",
    [
        {"weight": np.ones(3)},
        {"bias": np.ones(1)},
        {"training": False},
        {"running": Running(np.ones(3), np.ones(2))},
    ],
)
def test_what_does_not_fit_is_a_sentence(more: dict[str, np.ndarray]) -> None:
    with pytest.raises(RequestError, match=r"x \(4, 2\).*: .+\.$"):
        batch_norm.forward(np.ones((4, 2)), **more)


@pytest.mark.parametrize("shape", [(8,), (2, 4)])
def test_gradients_are_shaped_as_what_several_axes_of_channels_were_given(
    shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    x, (weight, bias, mean) = rng.standard_normal((3, 2, 4)), rng.standard_normal((3, *shape))
    running = Running(mean, np.ones(shape))
    y, cache = batch_norm.forward(x, weight, bias, running, axes=(0,))
    rows = x.reshape(3, 8)
    flat, kept = batch_norm.forward(rows, weight.reshape(8), bias.reshape(8))
    assert np.allclose(y.reshape(3, 8), flat, rtol=0, atol=NEAR)
    assert cache.running.mean.shape == cache.running.variance.shape == shape
    pairs = zip(batch_norm.backward(x, cache), batch_norm.backward(rows, kept), strict=True)
    for (found, wanted), each in zip(pairs, (x, weight, bias), strict=True):
        assert found.shape == each.shape
        assert np.allclose(found.reshape(wanted.shape), wanted, rtol=0, atol=NEAR)


@pytest.mark.parametrize("name", ["weight", "bias", "running"])
@pytest.mark.parametrize("shape", [(4, 2), (1, 2, 4), (8, 1), (2,)])
def test_a_number_for_each_channel_in_another_order_is_a_sentence(
    name: str, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    given = Running(np.zeros(shape), np.ones(shape)) if name == "running" else np.ones(shape)
    with pytest.raises(RequestError, match="needs one number for each channel"):
        batch_norm.forward(rng.standard_normal((3, 2, 4)), axes=(0,), **{name: given})
