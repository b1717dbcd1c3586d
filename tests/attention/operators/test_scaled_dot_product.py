"""Scaled dot-product attention, of full and of grouped heads."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import scaled_dot_product
from tests.attention.gradients import check


@settings(max_examples=5)
@given(st.integers(0, 9), st.sampled_from([(1, 1), (2, 1), (4, 2)]), st.integers(1, 4), st.integers(1, 5))
def test_gradients_of_attention_are_those_of_finite_differences(
    seed: int, heads: tuple[int, int], queries: int, keys: int
) -> None:
    rng = np.random.default_rng(seed)
    arguments = {
        name: rng.standard_normal((2, count, length, width))
        for name, count, length, width in (
            ("q", heads[0], queries, 3), ("k", heads[1], keys, 3), ("v", heads[1], keys, 2),
        )
    }  # fmt: skip
    mask = rng.random((queries, keys)) < 0.6
    y, cache = scaled_dot_product.forward(**arguments, mask=mask, limits=(-0.03, 1.03))
    dy, dweights = rng.standard_normal(y.shape), rng.standard_normal(cache.weights.shape)
    found = dict(zip("qkv", scaled_dot_product.backward(dy, cache, dweights), strict=True))

    def both(**changed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        y, cache = scaled_dot_product.forward(**changed, mask=mask, limits=(-0.03, 1.03))
        return y, cache.weights

    check(rng, both, arguments, found, (dy, dweights))


def test_each_group_of_heads_shares_its_keys_and_values(rng: np.random.Generator) -> None:
    q, k, v = (rng.standard_normal((1, heads, 5, 3)) for heads in (4, 2, 2))
    y, _ = scaled_dot_product.forward(q, k, v)
    for head in range(4):
        alone, _ = scaled_dot_product.forward(q[:, head], k[:, head // 2], v[:, head // 2])
        assert np.allclose(y[:, head], alone, atol=1e-14)
