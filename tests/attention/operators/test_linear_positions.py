"""Positions for linear attention: products know distances, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import linear_positions
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE


def test_products_depend_on_the_distance_alone(rng: np.random.Generator) -> None:
    q, k, theta = (rng.standard_normal(shape) for shape in ((1, 1, 2, 3), (1, 1, 2, 3), (2, 3)))

    def product(i: int, j: int) -> np.ndarray:
        one, _ = linear_positions.forward(q, theta, offset=i)
        other, _ = linear_positions.forward(k, theta, offset=j)
        return (one * other).sum(axis=-1)

    near = TOLERANCE["two ways", "float64"]
    wanted = (q * k * np.cos(3 * theta)).sum(axis=-1)
    assert np.allclose(product(7, 4), wanted, rtol=near, atol=near)
    assert np.allclose(product(103, 100), wanted, rtol=near, atol=near)


@settings(max_examples=20)
@given(
    st.integers(0, 99), st.integers(1, 3), st.integers(0, 7), st.integers(1, 3), st.integers(1, 4),
    st.integers(0, 9),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, batch: int, length: int, heads: int, width: int, offset: int
) -> None:
    rng = np.random.default_rng(seed)
    shapes = {"x": (batch, length, heads, width), "theta": (heads, width)}
    arguments = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    y, cache = linear_positions.forward(**arguments, offset=offset)
    dy = rng.standard_normal(y.shape)
    gradients = dict(zip(arguments, linear_positions.backward(dy, cache), strict=True))
    check(rng, lambda **a: linear_positions.forward(**a, offset=offset)[0], arguments, gradients, dy)


def test_what_does_not_fit_is_a_sentence() -> None:
    with pytest.raises(
        RequestError, match=r"x \(1, 2, 1, 3\), theta \(2, 3\): x is \(batch, length, heads, K\)"
    ):
        linear_positions.forward(np.ones((1, 2, 1, 3)), np.ones((2, 3)))


def test_far_positions_keep_their_digits_in_float32(rng: np.random.Generator) -> None:
    x, theta = (rng.standard_normal(shape).astype("float32") for shape in ((1, 4, 2, 3), (2, 3)))
    short, _ = linear_positions.forward(x, theta, offset=10**6)
    exact, _ = linear_positions.forward(x.astype(float), theta.astype(float), offset=10**6)
    assert short.dtype == "float32"
    np.testing.assert_allclose(short, exact, rtol=0, atol=4 * TOLERANCE["arithmetic", "float32"])
