"""Norms of the last axis: its mean and deviation, or its root mean square."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import layer_norm, rms_norm
from tests.attention.gradients import check


@pytest.mark.parametrize(
    ("operator", "learnt"), [(rms_norm, 0), (rms_norm, 1), (layer_norm, 0), (layer_norm, 1), (layer_norm, 2)]
)
@settings(max_examples=12)
@given(
    st.integers(0, 99), st.lists(st.integers(1, 4), max_size=3), st.integers(1, 5),
    st.sampled_from([1e-5, 0.5]),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    operator: Any, learnt: int, seed: int, batch: list[int], width: int, eps: float
) -> None:
    rng = np.random.default_rng(seed)
    apart = rng.permuted(np.broadcast_to(np.arange(width), (*batch, width)), axis=-1)
    x = apart + rng.uniform(0.3, 0.7, apart.shape)  # the deviation of near numbers has a steep slope
    arguments = {"x": x} | {name: rng.standard_normal(width) for name in ("weight", "bias")[:learnt]}
    y, cache = operator.forward(**arguments, eps=eps)
    dy = rng.standard_normal(y.shape)
    found = dict(zip(arguments, operator.backward(dy, cache), strict=False))
    check(rng, lambda **changed: operator.forward(**changed, eps=eps)[0], arguments, found, dy)


def test_what_is_added_is_added_first(rng: np.random.Generator) -> None:
    x, added, dy = rng.standard_normal((3, 2, 5, 3))
    (y, cache), (wanted, other) = layer_norm.forward(x, added=added), layer_norm.forward(x + added)
    assert np.array_equal(y, wanted)
    assert np.array_equal(layer_norm.backward(dy, cache)[0], layer_norm.backward(dy, other)[0])
