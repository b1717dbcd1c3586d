"""What open gates cost."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import mask_sparsity
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=10)
@given(seed=st.integers(0, 99), a=st.integers(1, 5), b=st.integers(1, 7), first=st.booleans())
def test_gradients(seed: int, a: int, b: int, first: bool) -> None:
    rng = np.random.default_rng(seed)
    gates = {"a": rng.random(a), "b": rng.random(b)}
    taken = None if first else [rng.random(a), rng.random(b)]
    _, cache = mask_sparsity.forward(list(gates.values()), taken)
    found = dict(zip(gates, mask_sparsity.backward(2.0, cache), strict=True))

    def loss(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return mask_sparsity.forward([a, b], taken)[0]

    check(rng, loss, gates, found, np.float64(2.0))


def test_the_first_task_pays_for_the_mean_gate(rng: np.random.Generator) -> None:
    a, b = rng.random(3), rng.random(7)
    assert mask_sparsity.forward([a, b])[0] == pytest.approx(0.05 * np.concatenate([a, b]).mean())


def test_units_that_are_taken_cost_nothing() -> None:
    gates, taken = [np.ones(4)], [np.array([1.0, 1.0, 0.0, 0.0])]
    assert mask_sparsity.forward(gates, taken, weight=1.0)[0] == 1.0
    assert mask_sparsity.forward(gates, [np.ones(4)])[0] == 0.0


def test_masks_only_grow_and_no_further_than_a_task_asks(rng: np.random.Generator) -> None:
    gates = list(rng.random((4, 9)))
    masks = [mask_sparsity.cumulative(gates[:n]) for n in range(1, 5)]
    assert all((later >= earlier).all() for earlier, later in itertools.pairwise(masks))
    assert np.array_equal(masks[-1], np.max(gates, axis=0))


def test_shapes_that_do_not_fit_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"gates \(2,\), taken \(3,\)"):
        mask_sparsity.forward([np.ones(2)], [np.ones(3)])
