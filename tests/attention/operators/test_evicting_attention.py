"""Attention in which keys may be evicted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import evicting_attention, masks, scaled_dot_product
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]


@settings(max_examples=12)
@given(st.integers(0, 99), st.integers(1, 3), st.integers(1, 3), st.integers(1, 7), st.integers(1, 3))
def test_gradients_of_keys_that_are_weighted_are_those_of_finite_differences(
    seed: int, batch: int, heads: int, length: int, width: int
) -> None:
    rng = np.random.default_rng(seed)
    keys = length + int(rng.integers(3))
    arguments = {name: rng.standard_normal((batch, heads, n, width))
                 for name, n in (("q", length), ("k", keys), ("v", keys))}  # fmt: skip
    arguments["keep"] = rng.uniform(0.1, 0.9, (batch, heads, keys))
    y, cache = evicting_attention.forward(**arguments)
    dy = rng.standard_normal(y.shape)
    found = dict(zip(arguments, evicting_attention.backward(dy, cache), strict=True))
    check(rng, lambda **changed: evicting_attention.forward(**changed)[0], arguments, found, dy)


@settings(max_examples=5)
@given(st.integers(0, 9), st.integers(1, 5))
def test_a_flag_has_the_slope_that_a_weight_near_it_has(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    q, k, v, dy = rng.standard_normal((4, 1, 2, length, 3))
    keep = (rng.random((1, 2, length)) < 0.5).astype(float)

    def slope(m: np.ndarray) -> np.ndarray:
        return evicting_attention.backward(dy, evicting_attention.forward(q, k, v, m)[1])[3]

    assert np.allclose(slope(keep), slope(np.abs(keep - 1e-9)), atol=1e-6)


def test_flags_are_a_mask(rng: np.random.Generator) -> None:
    q, k, v = rng.standard_normal((3, 2, 3, 6, 4))
    keep = rng.random((2, 3, 6)) < 0.5
    seen = masks.causal(6, 6) & (keep[:, :, None] | np.eye(6, dtype=bool))
    y, cache = evicting_attention.forward(q, k, v, keep.astype(float))
    wanted, plain = scaled_dot_product.forward(q, k, v, seen)
    assert np.allclose(y, wanted, atol=NEAR)
    assert np.allclose(cache.weights, plain.weights, atol=NEAR)


def test_the_last_queries_see_what_they_see_among_all(rng: np.random.Generator) -> None:
    q, k, v = rng.standard_normal((3, 2, 3, 6, 4))
    keep = rng.random((2, 3, 6))
    whole, all_of_it = evicting_attention.forward(q, k, v, keep)
    last, cache = evicting_attention.forward(q[:, :, 4:], k, v, keep)
    assert np.allclose(last, whole[:, :, 4:], atol=NEAR)
    dy = rng.standard_normal(whole.shape)
    dy[:, :, :4] = 0
    dq, *others = evicting_attention.backward(dy, all_of_it)
    found = evicting_attention.backward(dy[:, :, 4:], cache)
    for mine, theirs in zip(found, (dq[:, :, 4:], *others), strict=True):
        assert np.allclose(mine, theirs, atol=NEAR)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_evicted_key_that_outweighs_all_others_leaves_numbers(dtype: str) -> None:
    q = np.full((1, 1, 3, 1), 1e4, dtype)
    k = q * np.array([1, -1, -1], dtype)[:, None]
    y, cache = evicting_attention.forward(q, k, q, np.zeros((1, 1, 3), dtype))
    assert y.tolist() == q.tolist()
    assert all(np.isfinite(gradient).all() for gradient in evicting_attention.backward(k, cache))


def test_flags_that_do_not_fit_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"keep \(1, 2, 2\)"):
        evicting_attention.forward(*np.ones((3, 1, 2, 3, 4)), np.ones((1, 2, 2)))
    with pytest.raises(RequestError, match="with S >= T"):
        evicting_attention.forward(np.ones((1, 2, 4, 4)), *np.ones((2, 1, 2, 3, 4)), np.ones((1, 2, 3)))
