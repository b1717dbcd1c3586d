"""Hyena-X in the place of a perceptron."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.layers.hyena_mlp import HyenaMlp
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer


@pytest.mark.parametrize(("tokens", "ratio"), [(1, 1), (5, 2)])
def test_gradients_are_those_of_finite_differences(tokens: int, ratio: int, rng: np.random.Generator) -> None:
    layer = HyenaMlp(d_model=3, tokens=tokens, ratio=ratio)
    check_layer(rng, layer, rng.standard_normal((2, tokens, 3)))


def test_tokens_do_not_see_each_other(rng: np.random.Generator) -> None:
    layer, x = HyenaMlp(d_model=3, tokens=5), rng.standard_normal((1, 5, 3))
    moved = x.copy()
    moved[:, 2] += 1.0
    assert np.flatnonzero((layer.forward(moved)[0] != layer.forward(x)[0]).any(axis=(0, 2))).tolist() == [2]


def test_another_number_of_tokens_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="there must be 5 tokens"):
        HyenaMlp(d_model=3, tokens=5).forward(np.ones((1, 4, 3)))
