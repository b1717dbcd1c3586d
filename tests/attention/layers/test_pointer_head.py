"""The pointer head: its gradients and symmetries, alone and with its loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.layers.pointer_head import PointerHead
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer


@settings(max_examples=5)
@given(seed=st.integers(0, 99), batch=st.integers(1, 2), patches=st.integers(1, 5), queries=st.integers(1, 3))
def test_gradients(seed: int, batch: int, patches: int, queries: int) -> None:
    rng = np.random.default_rng(seed)
    layer = PointerHead(d_model=4, heads=2, eps=0.1)
    check_layer(rng, layer, *(rng.standard_normal((batch, n, 4)) for n in (patches, queries)))


def test_the_order_of_patches_only_orders_where_it_points(rng: np.random.Generator) -> None:
    layer, order = PointerHead(d_model=4, heads=2), rng.permutation(6)
    patches, queries = rng.standard_normal((2, 6, 4)), rng.standard_normal((2, 3, 4))
    y, cache = layer.forward(patches, queries)
    np.testing.assert_allclose(layer.forward(patches[:, order], queries)[0], y[..., order], rtol=1e-11)
    np.testing.assert_allclose(cache.weights.sum(axis=-1), 1.0, rtol=1e-14)


def test_each_query_points_by_itself(rng: np.random.Generator) -> None:
    layer = PointerHead(d_model=4, heads=2)
    patches, queries = rng.standard_normal((2, 6, 4)), rng.standard_normal((2, 3, 4))
    together, _ = layer.forward(patches, queries)
    np.testing.assert_allclose(layer.forward(patches, queries[:, 1:2])[0], together[:, 1:2], rtol=1e-12)


def test_queries_of_another_width_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"queries \(1, 2, 3\).*queries must be \(batch, queries, 4\)"):
        PointerHead(d_model=4, heads=2).forward(np.ones((1, 6, 4)), np.ones((1, 2, 3)))
