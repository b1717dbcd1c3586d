"""The contrastive loss: where it is least, and its gradient."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import info_nce
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.attention.nearness import near


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
    da, db = info_nce.backward(1.0, cache)
    assert not np.concatenate([da, db]).any()


@pytest.mark.parametrize("size", [1e-250, 1e-15, 1e-12, 1.0, 1e250])
def test_vectors_of_any_length_have_the_cosine_of_their_directions(
    size: float, rng: np.random.Generator
) -> None:
    a, b = rng.standard_normal((2, 5, 4))
    cosines = a @ b.T / np.linalg.norm(a, axis=1)[:, None] / np.linalg.norm(b, axis=1)
    wanted = np.mean(np.log(np.exp(cosines / 0.3).sum(axis=1)) - np.diagonal(cosines) / 0.3)
    loss, cache = info_nce.forward(size * a, b, temperature=0.3)
    assert loss == pytest.approx(wanted, rel=1e-13)
    da, db = info_nce.backward(1.0, cache)
    plain = info_nce.backward(1.0, info_nce.forward(a, b, temperature=0.3)[1])
    assert near(size * da, plain[0])
    assert near(db, plain[1])


def test_one_number_has_a_sign_and_no_slope(rng: np.random.Generator) -> None:
    a, b = 10.0 ** rng.uniform(-200, 200, (2, 6, 1)) * rng.choice([-1, 1], (2, 6, 1))
    loss, cache = info_nce.forward(a, b, temperature=1.0)
    signs = np.sign(a) * np.sign(b).T
    wanted = np.mean(np.log(np.exp(signs).sum(axis=1)) - np.diagonal(signs))
    assert loss == pytest.approx(wanted, rel=1e-14)
    assert not np.concatenate(info_nce.backward(1.0, cache)).any()


def test_number_types_stay(rng: np.random.Generator) -> None:
    a = rng.standard_normal((3, 2)).astype(np.float32)
    loss, cache = info_nce.forward(a, a)
    assert {array.dtype for array in (loss, *info_nce.backward(1.0, cache))} == {np.dtype(np.float32)}


def test_shapes_that_do_not_fit_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"anchors \(2, 3\), partners \(3, 3\)"):
        info_nce.forward(np.ones((2, 3)), np.ones((3, 3)))
