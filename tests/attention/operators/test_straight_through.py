"""The straight-through estimator."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.operators import straight_through
from neurogate.errors import RequestError


def test_it_is_hard_forward_and_the_identity_backward(rng: np.random.Generator) -> None:
    p, dy = rng.uniform(size=(2, 5)).astype(np.float32), rng.standard_normal((2, 5))
    y, cache = straight_through.forward(p)
    assert y.dtype == np.float32
    assert np.array_equal(y, p > 0.5)
    assert np.array_equal(straight_through.backward(dy, cache), dy)


def test_any_hard_decision_may_be_made() -> None:
    y, _ = straight_through.forward(np.array([[0.2, 0.5, 0.3]]), lambda p: p == p.max(axis=-1, keepdims=True))
    assert y.tolist() == [[0.0, 1.0, 0.0]]


def test_a_decision_of_another_shape_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"p \(2, 3\), hard \(2,\): hard decisions"):
        straight_through.forward(np.ones((2, 3)), lambda p: p.sum(axis=1))
