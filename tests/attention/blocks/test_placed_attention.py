"""Attention by what and where: its gradients, and that places are not collected."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.blocks import placed_attention
from tests.attention.gradients import check

NAMES = ("query", "memory", "query_place", "memory_place")


@settings(max_examples=3)
@given(seed=st.integers(0, 99), queries=st.integers(1, 3), points=st.integers(1, 4))
def test_gradients(seed: int, queries: int, points: int) -> None:
    rng = np.random.default_rng(seed)
    arrays = {
        name: rng.standard_normal((2, n, 4)) for name, n in zip(NAMES, (queries, points) * 2, strict=True)
    }
    p, dy = placed_attention.initial(rng, 4), rng.standard_normal((2, queries, 4))
    mask = rng.random((queries, points)) > 0.3

    def run(**given: np.ndarray) -> tuple[np.ndarray, placed_attention.Cache]:
        inputs = [given.pop(name) for name in NAMES]
        return placed_attention.forward(*inputs, given, heads=2, mask=mask, eps=0.1)

    *inner, found = placed_attention.backward(dy, run(**arrays, **p)[1])
    gradients = dict(zip(NAMES, inner, strict=True)) | found
    check(rng, lambda **given: run(**given)[0], arrays | p, gradients, dy)


def test_places_of_points_all_alike_change_nothing(rng: np.random.Generator) -> None:
    p, x, m, px, pm = placed_attention.initial(rng, 4), *rng.standard_normal((4, 2, 3, 4))
    p["attention.q.weight"] = np.zeros((4, 4))  # all points are equally near
    one, _ = placed_attention.forward(x, m, px, pm, p, heads=2)
    other, _ = placed_attention.forward(x, m, px, 9 * pm, p, heads=2)
    np.testing.assert_allclose(one, other, rtol=1e-12)
