"""The contrastive loss: where it is least, and its gradient."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import info_nce
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=5)
@given(seed=st.integers(0, 99), batch=st.integers(1, 5), width=st.integers(1, 4))
def test_gradients(seed: int, batch: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    arguments = {name: rng.standard_normal((batch, width)) + 0.5 for name in ("anchors", "partners")}
    _, cache = info_nce.forward(**arguments, temperature=0.7)
    gradients = dict(zip(arguments, info_nce.backward(2.0, cache), strict=True))

    def loss(**given: np.ndarray) -> np.ndarray:
        return info_nce.forward(**given, temperature=0.7)[0]

    check(rng, loss, arguments, gradients, np.float64(2.0))


def test_the_loss_is_least_where_each_is_its_own_partner(rng: np.random.Generator) -> None:
    g = rng.standard_normal((6, 4))
    least, _ = info_nce.forward(g, g)
    assert all(info_nce.forward(g, g[rng.permutation(6)])[0] >= least for _ in range(20))


def test_lengths_are_nothing_and_vectors_of_zeros_are_unlike_all(rng: np.random.Generator) -> None:
    a, b = rng.standard_normal((2, 6, 4))
    assert info_nce.forward(3 * a, b)[0] == pytest.approx(info_nce.forward(a, b)[0], rel=1e-10)
    loss, cache = info_nce.forward(np.zeros((6, 4)), b)
    assert loss == pytest.approx(np.log(6))
    assert np.isfinite(np.concatenate(info_nce.backward(1.0, cache))).all()


def test_number_types_stay(rng: np.random.Generator) -> None:
    a = rng.standard_normal((3, 2)).astype(np.float32)
    loss, cache = info_nce.forward(a, a)
    assert {array.dtype for array in (loss, *info_nce.backward(1.0, cache))} == {np.dtype(np.float32)}


def test_shapes_that_do_not_fit_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"anchors \(2, 3\), partners \(3, 3\)"):
        info_nce.forward(np.ones((2, 3)), np.ones((3, 3)))
