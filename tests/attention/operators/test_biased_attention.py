"""Attention with a learnt number for each pair of places."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import biased_attention, scaled_dot_product
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE


@settings(max_examples=12)
@given(
    st.integers(0, 99), st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 5),
    st.integers(1, 4),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, batch: int, heads: int, queries: int, keys: int, width: int
) -> None:
    rng = np.random.default_rng(seed)
    tall = {"q": (queries, width), "k": (keys, width), "v": (keys, 5)}
    shapes = {name: (batch, heads, *shape) for name, shape in tall.items()} | {"bias": (heads, queries, keys)}
    arguments = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    y, cache = biased_attention.forward(**arguments)
    dy = rng.standard_normal(y.shape)
    found = dict(zip(arguments, biased_attention.backward(dy, cache), strict=True))
    check(rng, lambda **changed: biased_attention.forward(**changed)[0], arguments, found, dy)


def test_a_bias_that_does_not_tell_keys_apart_is_none(rng: np.random.Generator) -> None:
    q, k, v = rng.standard_normal((3, 2, 3, 5, 4))
    bias = rng.standard_normal((3, 5, 1)).repeat(5, axis=2)
    wanted, _ = scaled_dot_product.forward(q, k, v)
    assert np.allclose(
        biased_attention.forward(q, k, v, bias)[0], wanted, atol=TOLERANCE["two ways", "float64"]
    )


def test_shapes_that_do_not_fit_are_a_sentence() -> None:
    q = np.ones((2, 3, 5, 4))
    with pytest.raises(RequestError, match=r"bias \(3, 5, 4\): bias must be \(3, 5, 5\)"):
        biased_attention.forward(q, q, q, np.ones((3, 5, 4)))
    with pytest.raises(RequestError, match=r"k \(2, 2, 5, 4\)"):
        biased_attention.forward(q, q[:, :2], q[:, :2], np.ones((3, 5, 5)))
