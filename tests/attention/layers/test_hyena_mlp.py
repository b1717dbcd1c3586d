"""Hyena-X in the place of a perceptron."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.layers.hyena_mlp import HyenaMlp
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer


@settings(max_examples=12)
@given(
    seed=st.integers(0, 99), batch=st.integers(1, 3), tokens=st.integers(1, 7), width=st.integers(1, 4),
    ratio=st.integers(1, 3), taps=st.integers(1, 5),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, batch: int, tokens: int, width: int, ratio: int, taps: int
) -> None:
    rng = np.random.default_rng(seed)
    layer = HyenaMlp(d_model=width, tokens=tokens, ratio=ratio, taps=taps)
    check_layer(rng, layer, rng.standard_normal((batch, tokens, width)))


def test_tokens_do_not_see_each_other(rng: np.random.Generator) -> None:
    layer, x = HyenaMlp(d_model=3, tokens=5), rng.standard_normal((1, 5, 3))
    moved = x.copy()
    moved[:, 2] += 1.0
    assert np.flatnonzero((layer.forward(moved)[0] != layer.forward(x)[0]).any(axis=(0, 2))).tolist() == [2]


def test_another_number_of_tokens_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="there must be 5 tokens"):
        HyenaMlp(d_model=3, tokens=5).forward(np.ones((1, 4, 3)))
