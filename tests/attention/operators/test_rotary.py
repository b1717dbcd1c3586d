"""Rotary position codes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import rotary
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=12)
@given(
    st.integers(0, 99), st.booleans(), st.lists(st.integers(1, 3), max_size=2), st.integers(0, 7),
    st.integers(0, 3), st.integers(0, 3),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, interleaved: bool, batch: list[int], length: int, pairs: int, beyond: int
) -> None:
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal((2, *batch, length, 2 * pairs + beyond))
    turn = rotary.angles(np.arange(float(length)), 2 * pairs)
    _, cache = rotary.forward(x, *turn, interleaved=interleaved)
    check(rng, lambda x: rotary.forward(x, *turn, interleaved=interleaved)[0], {"x": x},
          {"x": rotary.backward(dy, cache)}, dy)  # fmt: skip


@pytest.mark.parametrize("interleaved", [True, False])
def test_products_depend_on_the_distance_alone(interleaved: bool, rng: np.random.Generator) -> None:
    q, k = rng.standard_normal((2, 6))

    def product(at: float, other: float) -> float:
        turned = [
            rotary.forward(x[None], *rotary.angles(np.array([t]), 6), interleaved=interleaved)[0]
            for x, t in ((q, at), (k, other))
        ]
        return float((turned[0] * turned[1]).sum())

    assert product(7.0, 3.0) == pytest.approx(product(104.0, 100.0), abs=1e-10)
    assert product(7.0, 3.0) != pytest.approx(product(7.0, 2.0), abs=1e-3)


def test_both_layouts_turn_the_same_pairs(rng: np.random.Generator) -> None:
    x = rng.standard_normal((4, 6))
    turn = rotary.angles(np.arange(4.0), 6)
    order = [0, 2, 4, 1, 3, 5]
    halves, _ = rotary.forward(x[:, order], *turn)
    pairs, _ = rotary.forward(x, *turn, interleaved=True)
    assert np.array_equal(halves, pairs[:, order])


def test_a_pair_turns_as_a_complex_number_does(rng: np.random.Generator) -> None:
    x = rng.standard_normal((5, 8))
    y, _ = rotary.forward(x, *rotary.angles(np.arange(5.0), 8, base=100.0), interleaved=True)
    theta = np.arange(5.0)[:, None] * 100.0 ** (-np.arange(0, 8, 2) / 8)
    turned = (x[:, 0::2] + 1j * x[:, 1::2]) * np.exp(1j * theta)
    assert np.allclose(y[:, 0::2] + 1j * y[:, 1::2], turned, atol=1e-14)


def test_lengths_stay_and_features_beyond_the_width_too(rng: np.random.Generator) -> None:
    x = rng.standard_normal((3, 7)).astype("float32")
    y, _ = rotary.forward(x, *rotary.angles(np.arange(3.0), 4))
    assert y.dtype == np.float32
    assert np.array_equal(y[:, 4:], x[:, 4:])
    assert np.allclose((y * y).sum(axis=-1), (x * x).sum(axis=-1), rtol=1e-5)


def test_what_cannot_turn_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="5 features cannot turn in pairs"):
        rotary.angles(np.arange(3.0), 5)
    with pytest.raises(RequestError, match="positions is an array of int64"):
        rotary.angles(np.arange(3), 4)
    with pytest.raises(RequestError, match=r"x \(3, 5\), cos \(3, 3\): x needs two features for each angle"):
        rotary.forward(np.ones((3, 5)), *rotary.angles(np.arange(3.0), 6))
    with pytest.raises(RequestError, match=r"x \(4, 6\), cos \(3, 3\): the angles must broadcast"):
        rotary.forward(np.ones((4, 6)), *rotary.angles(np.arange(3.0), 6))
