"""Interpolation and its adjoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import pieces
from neurogate.attention.operators import adaptive_pooling, axis_maps, resizing
from neurogate.errors import RequestError
from tests.attention import standin
from tests.attention.gradients import check
from tests.attention.nearness import near
from tests.tolerances import TOLERANCE


@settings(max_examples=8)
@given(st.integers(1, 5), st.integers(1, 7), st.integers(1, 4), st.sampled_from(["linear", "nearest"]))
def test_gradients_are_those_of_finite_differences(n: int, m: int, other: int, mode: resizing.Mode) -> None:
    rng = np.random.default_rng(n + 10 * m)
    x = rng.standard_normal((2, 1, n, 3, other))
    y, cache = resizing.forward(x, (m, 3, 2), mode)
    dy = rng.standard_normal(y.shape)
    found = {"x": resizing.backward(dy, cache)}
    check(rng, lambda x: resizing.forward(x, (m, 3, 2), mode)[0], {"x": x}, found, dy)


@given(st.integers(1, 9), st.integers(1, 9))
def test_each_number_is_a_mean_of_two_neighbours(n: int, m: int) -> None:
    matrix = resizing.linear(n, m)
    assert np.allclose(matrix.sum(axis=1), 1, rtol=0, atol=TOLERANCE["arithmetic", "float64"])
    assert (matrix >= 0).all()
    assert ((matrix > 0).sum(axis=1) <= 2).all()


def test_a_ramp_stays_a_ramp_between_its_ends() -> None:
    y, _ = resizing.forward(np.arange(4.0).reshape(1, 1, 4), 8)
    assert np.allclose(np.diff(y[0, 0, 1:-1]), 0.5)


def test_the_nearest_at_twice_the_size_repeats() -> None:
    x = np.arange(6.0).reshape(1, 1, 2, 3)
    assert np.array_equal(resizing.forward(x, (4, 6), "nearest")[0], x.repeat(2, axis=2).repeat(2, axis=3))


def test_the_same_size_changes_nothing(rng: np.random.Generator) -> None:
    x = rng.standard_normal((1, 2, 3, 4))
    assert np.array_equal(resizing.forward(x, (3, 4))[0], x)


@pytest.fixture
def _always_tapped(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(axis_maps, "_TAP", (0, 0))
    monkeypatch.setattr(pieces, "_PIECE", 50)
    axis_maps._both.cache_clear()
    yield
    axis_maps._both.cache_clear()


@pytest.mark.usefixtures("_always_tapped")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("gpu", [False, True])
@pytest.mark.parametrize(("n", "m"), [(5, 13), (13, 5), (4, 8), (9, 3), (7, 1), (1, 7), (40, 39)])
@pytest.mark.parametrize("made", [resizing.linear, resizing.nearest, adaptive_pooling.cells])
def test_few_numbers_of_a_row_are_taken_tap_by_tap(
    made: Any,
    n: int,
    m: int,
    gpu: bool,
    dtype: str,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, matrix = rng.standard_normal((2, 3, n, 4, n)).astype(dtype), made(n, m)
    there = standin.installed(monkeypatch).asarray if gpu else np.asarray
    y, cache = axis_maps.forward(there(x), made, [m, 4, m])
    dy = rng.standard_normal(y.shape).astype(dtype)
    dx = axis_maps.backward(there(dy), cache)
    assert all(each is None or (each.taps and each.matrix is None) for each in cache.maps)
    y, dx = (each.get() if gpu else each for each in (y, dx))
    assert y.dtype == dx.dtype == dtype
    assert near(y, np.einsum("ik,bcklm,jm->bcilj", matrix, x, matrix), dtype)
    assert near(dx, np.einsum("ki,bcklm,mj->bcilj", matrix, dy, matrix), dtype)


def test_a_wide_image_costs_two_taps_a_pixel_and_what_is_far_does_not_matter() -> None:
    x = np.ones((1, 1, 3, 100))
    x[..., 99] = np.inf
    y, _ = resizing.forward(x, (3, 200))
    assert np.isfinite(y[..., :196]).all()
    forward, adjoint = axis_maps._both(resizing.linear, 128, 256, like=x.dtype, xp=np)
    assert (len(forward.taps), len(adjoint.taps)) == (2, 4)
    assert not any(array.flags.writeable for tap in forward.taps for array in tap)


def test_float32_stays_float32() -> None:
    y, cache = resizing.forward(np.ones((1, 1, 3, 3), np.float32), 5)
    assert y.dtype == resizing.backward(y, cache).dtype == np.float32


def test_shapes_that_do_not_fit_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"x \(2, 3\): x must be"):
        resizing.forward(np.ones((2, 3)), 3)
    with pytest.raises(RequestError, match=r"size is 0"):
        resizing.forward(np.ones((1, 2, 3)), 0)
    with pytest.raises(RequestError, match=r"x needs 3 axes"):
        axis_maps.forward(np.ones((2, 3)), resizing.linear, [2, 2, 2])


@pytest.mark.parametrize("few", [1, 1 << 20])
def test_a_gpu_takes_one_product_for_all_axes_or_one_for_each(
    few: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = rng.standard_normal((2, 3, 4, 5, 2))
    y, cache = resizing.forward(x, (6, 3, 5))
    dx = resizing.backward(y, cache)
    there = standin.installed(monkeypatch).asarray
    monkeypatch.setattr(axis_maps, "_FEW", few)
    found, cache = resizing.forward(there(x), (6, 3, 5))
    far = np.abs(found.get() - y).max(), np.abs(resizing.backward(found, cache).get() - dx).max()
    assert max(far) <= TOLERANCE["two ways", "float64"]
