"""Sinusoidal position codes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import sinusoidal
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=12)
@given(st.integers(0, 99), st.lists(st.integers(0, 4), max_size=3), st.integers(1, 7), st.booleans())
def test_gradients_are_those_of_finite_differences(
    seed: int, shape: list[int], width: int, interleaved: bool
) -> None:
    rng = np.random.default_rng(seed)
    positions, dy = np.asarray(rng.standard_normal(shape)), rng.standard_normal((*shape, width))
    _, cache = sinusoidal.forward(positions, width, interleaved=interleaved)
    check(rng, lambda positions: sinusoidal.forward(positions, width, interleaved=interleaved)[0],
          {"positions": positions}, {"positions": sinusoidal.backward(dy, cache)}, dy)  # fmt: skip


@pytest.mark.parametrize("width", [4, 6])
def test_a_shift_is_a_rotation_whatever_the_position(width: int) -> None:
    codes, _ = sinusoidal.forward(np.arange(10.0), width)
    turn = np.linalg.lstsq(codes[:-1], codes[1:], rcond=None)[0]
    assert np.allclose(codes[:-1] @ turn, codes[1:], atol=1e-8)
    assert np.allclose((codes * codes).sum(axis=-1), width / 2)


def test_both_orders_hold_the_same_numbers() -> None:
    pairs, _ = sinusoidal.forward(np.arange(5.0), 5)
    halves, _ = sinusoidal.forward(np.arange(5.0), 5, interleaved=False)
    assert np.array_equal(pairs[:, [0, 2, 4, 1, 3]], halves)


def test_no_positions_no_codes_and_no_width_a_sentence() -> None:
    assert sinusoidal.forward(np.ones(0, "float32"), 4)[0].shape == (0, 4)
    with pytest.raises(RequestError, match="at least 1"):
        sinusoidal.forward(np.ones(2), 0)
    with pytest.raises(RequestError, match="int64"):
        sinusoidal.forward(np.arange(2), 4)
