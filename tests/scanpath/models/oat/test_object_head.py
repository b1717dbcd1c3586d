"""Object attention: its gradients, the end's score, and that there are as many scores as objects."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.scanpath.models.oat import object_head
from tests.attention.gradients import check


@settings(max_examples=4)
@given(seed=st.integers(0, 99), objects=st.integers(1, 5), heads=st.integers(1, 3), constant=st.booleans())
def test_gradients(seed: int, objects: int, heads: int, constant: bool) -> None:
    rng = np.random.default_rng(seed)
    p, e = object_head.initial(rng, 4, heads), rng.standard_normal((2, objects + 1, 4))
    d, dy = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 3, objects + 1))

    def run(e: np.ndarray, d: np.ndarray, **p: np.ndarray) -> tuple[np.ndarray, object_head.Cache]:
        return object_head.forward(e, d, p, constant=constant)

    de, dd, gradients = object_head.backward(dy, run(e, d, **p)[1])
    check(rng, lambda **g: run(**g)[0], {"e": e, "d": d, **p}, {"e": de, "d": dd, **gradients}, dy)


@pytest.mark.parametrize("heads", [1, 2])
def test_it_is_the_sum_of_the_paper(heads: int, rng: np.random.Generator) -> None:
    p, e, d = object_head.initial(rng, 4, heads), rng.standard_normal((5, 4)), rng.standard_normal((3, 4))
    wanted = np.zeros((3, 5))
    for h in range(heads):
        rows = slice(4 * h, 4 * h + 4)
        scores = (d @ p["decoded.weight"][rows].T) @ (e @ p["encoded.weight"][rows].T).T / 2
        scores[:, -1] = 0
        wanted += p["mix"][h] * scores
    np.testing.assert_allclose(object_head.forward(e[None], d[None], p)[0][0], wanted, atol=1e-14)


def test_the_end_scores_nothing_or_what_the_target_does(rng: np.random.Generator) -> None:
    p, e, d = object_head.initial(rng, 4), rng.standard_normal((1, 5, 4)), rng.standard_normal((1, 3, 4))
    constant, target = (object_head.forward(e, d, p, constant=each)[0] for each in (True, False))
    assert np.array_equal(constant[..., :-1], target[..., :-1])
    assert (constant[..., -1] == 0).all()
    assert (target[..., -1] != 0).all()
