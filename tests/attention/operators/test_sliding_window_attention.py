"""Attention to the last few keys: blocks are the whole, and the limits of the window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import masks, scaled_dot_product, sliding_window_attention
from neurogate.errors import RequestError
from tests.attention.counting import operations, slope
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]


def drawn(rng: np.random.Generator, length: int, keys: int) -> list[np.ndarray]:
    return [rng.standard_normal(shape) for shape in ((2, 4, length, 3), (2, 2, keys, 3), (2, 2, keys, 5))]


@pytest.mark.parametrize("rows", [1, 4, 11, 64])
@pytest.mark.parametrize("window", [1, 2, 3, 7, 13, 40])
@pytest.mark.parametrize(("length", "past"), [(1, 0), (1, 9), (13, 0), (13, 1), (13, 4), (13, 30), (0, 2)])
def test_it_is_attention_with_a_mask(
    length: int, past: int, window: int, rows: int, rng: np.random.Generator
) -> None:
    q, k, v = drawn(rng, length, length + past)
    for after in sorted({0, window // 3, window - 1}):
        o, cache = sliding_window_attention.forward(q, k, v, window=window, after=after, rows=rows)
        mask = masks.sliding_window(length, length + past, window - 1 - after, after)
        wanted, dense = scaled_dot_product.forward(q, k, v, mask)
        assert np.allclose(o, wanted, rtol=NEAR, atol=NEAR)
        do = rng.standard_normal(o.shape)
        mine, theirs = sliding_window_attention.backward(do, cache), scaled_dot_product.backward(do, dense)
        for a, b in zip(mine, theirs, strict=True):
            assert a.shape == b.shape
            assert np.allclose(a, b, rtol=NEAR, atol=NEAR)


@pytest.mark.parametrize(
    ("length", "window", "rows", "blocks"),
    [(64, 9, 64, 0), (96, 9, 64, 0), (97, 9, 64, 2), (256, 9, 64, 4), (256, 100, 64, 3), (199, 100, 64, 0),
     (13, 3, 1, 5), (13, 1, 4, 4)],
)  # fmt: skip
def test_blocks_are_taken_where_they_compare_fewer_pairs(
    length: int, window: int, rows: int, blocks: int
) -> None:
    x = np.ones((1, 1, length, 1))
    _, cache = sliding_window_attention.forward(x, x, x, window=window, rows=rows)
    assert cache.blocks == blocks
    assert cache.weights.size <= length * length


@settings(max_examples=12)
@given(
    st.integers(1, 9), st.integers(0, 4), st.integers(1, 4), st.integers(1, 2), st.integers(1, 2),
    st.integers(1, 3), st.integers(0, 99),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    length: int, past: int, window: int, heads: int, shared: int, width: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    tall = {"q": (heads * shared, length), "k": (heads, length + past), "v": (heads, length + past)}
    arguments = {name: rng.standard_normal((2, *shape, width)) for name, shape in tall.items()}
    how = {"window": window, "after": seed % window, "rows": 1 + seed % 3}
    o, cache = sliding_window_attention.forward(**arguments, **how)
    do = rng.standard_normal(o.shape)
    gradients = dict(zip("qkv", sliding_window_attention.backward(do, cache), strict=True))
    check(rng, lambda **a: sliding_window_attention.forward(**a, **how)[0], arguments, gradients, do)


def test_operations_grow_with_the_length() -> None:
    def run(x: np.ndarray) -> None:
        o, cache = sliding_window_attention.forward(x, x, x, window=16)
        sliding_window_attention.backward(o, cache)

    lengths = (256, 512, 1024)
    counts = [operations(run, np.ones((1, 1, t, 2))) for t in lengths]
    assert slope(lengths, counts) == pytest.approx(1.0, abs=0.05)


def test_what_does_not_fit_is_a_sentence(rng: np.random.Generator) -> None:
    q, k, v = drawn(rng, 5, 4)
    with pytest.raises(RequestError, match=r"k \(2, 2, 4, 3\).*a key and a value for each query"):
        sliding_window_attention.forward(q, k, v, window=2)
    with pytest.raises(RequestError, match=r"window is 0\. Give a whole number of keys"):
        sliding_window_attention.forward(q, q, q, window=0)
    with pytest.raises(RequestError, match=r"after is 3\. Give a whole number of keys, from 0 to 2"):
        sliding_window_attention.forward(q, q, q, window=3, after=3)
    with pytest.raises(RequestError, match=r"rows is 0\. Give a whole number of queries"):
        sliding_window_attention.forward(q, q, q, window=3, rows=0)
