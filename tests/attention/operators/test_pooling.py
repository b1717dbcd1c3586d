"""Pooling: the largest, the mean, and the mean over cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import adaptive_pooling, average_pooling, max_pooling
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE

EXACT = TOLERANCE["arithmetic", "float64"]


@settings(max_examples=6)
@given(st.integers(1, 3), st.integers(2, 3), st.integers(1, 3), st.integers(0, 1), st.integers(0, 99))
@pytest.mark.parametrize("operator", [max_pooling, average_pooling])
def test_gradients_are_those_of_finite_differences(
    operator: Any, axes: int, kernel: int, stride: int, padding: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    shape = (2, 2, *(5, 4, 3)[:axes])
    x = rng.permutation(np.arange(float(np.prod(shape)))).reshape(shape)  # no two are near each other
    y, cache = operator.forward(x, kernel, stride=stride, padding=padding)
    dy = rng.standard_normal(y.shape)
    found = {"x": operator.backward(dy, cache)}
    check(rng, lambda x: operator.forward(x, kernel, stride=stride, padding=padding)[0], {"x": x}, found, dy)


@settings(max_examples=6)
@given(st.integers(1, 7), st.integers(1, 7), st.integers(1, 5), st.integers(0, 99))
def test_cells_are_means_and_their_gradient_is_that_of_finite_differences(
    n: int, m: int, width: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, 1, n, 4))
    y, cache = adaptive_pooling.forward(x, (m, width))
    for i in range(m):
        for j in range(width):
            cell = x[:, :, i * n // m : -(-(i + 1) * n // m), j * 4 // width : -(-(j + 1) * 4 // width)]
            assert np.allclose(y[:, :, i, j], cell.mean(axis=(2, 3)), rtol=0, atol=10 * EXACT)
    dy = rng.standard_normal(y.shape)
    found = {"x": adaptive_pooling.backward(dy, cache)}
    check(rng, lambda x: adaptive_pooling.forward(x, (m, width))[0], {"x": x}, found, dy)


def test_of_several_largest_the_first_gets_the_gradient() -> None:
    y, cache = max_pooling.forward(np.ones((1, 1, 2, 2)), 2)
    assert max_pooling.backward(np.ones_like(y), cache).tolist() == [[[[1.0, 0.0], [0.0, 0.0]]]]


def test_padding_is_never_the_largest() -> None:
    assert max_pooling.forward(np.full((1, 1, 3), -5.0), 3, stride=1, padding=1)[0].tolist() == [[[-5.0] * 3]]


@pytest.mark.parametrize(("kernel", "padding"), [(1, 1), (3, 2), ((4, 2), (0, 2))])
def test_a_window_never_sees_padding_alone(kernel: Any, padding: Any) -> None:
    x = np.ones((1, 1, 6, 6) if isinstance(kernel, tuple) else (1, 1, 6))
    with pytest.raises(RequestError, match=r"^x .*: padding of \(.*\) is more than half a kernel of \("):
        max_pooling.forward(x, kernel, padding=padding)
    allowed = (2, 1) if isinstance(kernel, tuple) else kernel // 2
    assert np.isfinite(max_pooling.forward(x, kernel, padding=allowed)[0]).all()


def test_as_many_cells_as_numbers_change_nothing(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 3, 5))
    assert np.array_equal(adaptive_pooling.forward(x, 5)[0], x)


@pytest.mark.parametrize("operator", [max_pooling, average_pooling, adaptive_pooling])
def test_float32_stays_float32_and_bad_shapes_are_a_sentence(operator: Any) -> None:
    y, cache = operator.forward(np.ones((1, 1, 4, 4), np.float32), 2)
    assert y.dtype == operator.backward(y, cache).dtype == np.float32
    with pytest.raises(RequestError, match=r"\(2, 3\)"):
        operator.forward(np.ones((2, 3)), 2)
