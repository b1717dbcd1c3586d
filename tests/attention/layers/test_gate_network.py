"""The gate network: whose items count, and for how much."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.layers.gate_network import GateNetwork, thinned
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer

E, K = 4, 3


def made() -> GateNetwork:
    return GateNetwork(d_model=E, hidden=5, experts=K)


def drawn(rng: np.random.Generator, batch: int = 2, items: int = 5) -> tuple[np.ndarray, np.ndarray]:
    return rng.standard_normal((batch, items, E)), rng.standard_normal((batch, E))


@settings(max_examples=5)
@given(seed=st.integers(0, 99), batch=st.integers(1, 3), items=st.integers(1, 7))
def test_gradients_with_masks(seed: int, batch: int, items: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((batch, items)) > 0.4
    check_layer(rng, made(), *drawn(rng, batch, items), mask=mask)


@pytest.mark.parametrize("items", [0, 3])
def test_an_empty_history_gives_no_expert_a_say(items: int, rng: np.random.Generator) -> None:
    y, cache = made().forward(*drawn(rng, items=items), np.zeros((2, items), dtype=bool))
    assert (y == 0).all()
    (ditems, dtarget), gradients = made().backward(np.ones_like(y), cache)
    assert all((array == 0).all() for array in (ditems, dtarget, *gradients.values()))


def test_the_order_of_items_is_nothing(rng: np.random.Generator) -> None:
    items, target = drawn(rng)
    order = rng.permutation(items.shape[1])
    np.testing.assert_allclose(
        made().forward(items, target)[0], made().forward(items[:, order], target)[0], rtol=1e-12
    )


def test_equal_activations_give_the_mean_gate(rng: np.random.Generator) -> None:
    layer, (items, target) = made(), drawn(rng)
    layer.parameters["unit.out.weight"] = np.zeros((1, 5))
    layer.parameters["unit.out.bias"] = np.array([1 / items.shape[1]])
    y, cache = layer.forward(items, target)
    np.testing.assert_allclose(y, cache.gates.mean(axis=1), rtol=1e-12)


def test_hidden_items_change_nothing_and_learn_nothing(rng: np.random.Generator) -> None:
    items, target = drawn(rng)
    mask = np.array([True, False, True, True, False])
    y, cache = made().forward(items, target, mask)
    other = np.where(mask[:, None], items, 7.0)
    assert np.array_equal(made().forward(other, target, mask)[0], y)
    (ditems, _), _ = made().backward(np.ones_like(y), cache)
    assert (ditems[:, ~mask] == 0).all()
    assert (ditems[:, mask] != 0).any()


def test_a_thinned_history_is_part_of_it(rng: np.random.Generator) -> None:
    mask = rng.random((50, 40)) > 0.5
    left = thinned(mask, 0.25, rng)
    assert not (left & ~mask).any()
    assert 0.65 < left.sum() / mask.sum() < 0.85
    assert np.array_equal(thinned(mask, 0.0, rng), mask)
    assert not thinned(mask, 1.0, rng).any()


@pytest.mark.parametrize(("drawn", "left"), [(0.0, False), (0.25, True), (0.5, True)])
def test_as_many_are_hidden_as_draws_lie_below_the_fraction(drawn: float, left: bool) -> None:
    class Source:
        def random(self, shape: tuple[int, ...]) -> np.ndarray:
            return np.full(shape, drawn)

    mask = np.array([True, False])
    source: Any = Source()
    assert thinned(mask, 0.25, source).tolist() == [left, False]
    assert thinned(mask, 0.0, source).tolist() == [True, False]


def test_what_does_not_fit_is_a_sentence(rng: np.random.Generator) -> None:
    items, target = drawn(rng)
    with pytest.raises(RequestError, match=r"target \(1, 4\): items must be"):
        made().forward(items, target[:1])
    with pytest.raises(RequestError, match="mask is list"):
        thinned([True], 0.5, rng)
    with pytest.raises(RequestError, match=r"fraction is 1\.5\. Give a number that is from 0 to 1"):
        thinned(np.array([True]), 1.5, rng)
    with pytest.raises(RequestError, match=r"mask \(4,\), items \(2, 5, 4\): the mask must be of true"):
        made().forward(items, target, np.ones(4, dtype=bool))
