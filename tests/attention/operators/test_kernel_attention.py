"""Attention of positive features: its shares, its gradients and what it costs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import kernel_attention
from neurogate.errors import RequestError
from tests.attention.gradients import check

NAMES = ("q", "k", "v", "turned_q", "turned_k")


@settings(max_examples=5)
@given(seed=st.integers(0, 99), length=st.integers(1, 7), width=st.integers(1, 3))
def test_gradients(seed: int, length: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    arguments = {name: rng.random((2, length, width)) + 0.2 for name in NAMES}
    arguments["v"] = rng.standard_normal((2, length, 4))
    _, cache = kernel_attention.forward(**arguments)
    dy = rng.standard_normal((2, length, 4))
    found = dict(zip(NAMES, kernel_attention.backward(dy, cache), strict=True))
    check(rng, lambda **given: kernel_attention.forward(**given)[0], arguments, found, dy)


def test_without_a_position_code_each_query_shares_out_one(rng: np.random.Generator) -> None:
    q, k = rng.random((2, 3, 6, 4)) + 0.1
    shares, _ = kernel_attention.forward(q, k, np.broadcast_to(np.eye(6), (3, 6, 6)), q, k)
    assert (shares > 0).all()
    np.testing.assert_allclose(shares.sum(axis=-1), 1.0, rtol=1e-4)


def test_it_is_the_attention_of_all_pairs(rng: np.random.Generator) -> None:
    q, k, turned_q, turned_k = rng.random((4, 6, 4)) + 0.1
    v = rng.standard_normal((6, 3))
    wanted = (turned_q @ turned_k.T / 6) @ v / ((q @ k.T / 6).sum(axis=1, keepdims=True) + 1e-6)
    np.testing.assert_allclose(kernel_attention.forward(q, k, v, turned_q, turned_k)[0], wanted, rtol=1e-12)


def test_no_tokens_give_an_empty_output() -> None:
    empty, values = np.ones((2, 0, 3)), np.ones((2, 0, 4))
    o, cache = kernel_attention.forward(empty, empty, values, empty, empty)
    assert o.shape == (2, 0, 4)
    assert kernel_attention.backward(o, cache)[1].shape == (2, 0, 3)


def test_shapes_that_do_not_fit_are_a_sentence() -> None:
    q = np.ones((2, 3))
    with pytest.raises(RequestError, match=r"v \(3, 1\).*and v as many rows"):
        kernel_attention.forward(q, q, np.ones((3, 1)), q, q)
