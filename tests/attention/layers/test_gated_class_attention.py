"""Gated class attention: gradients through the gates, and what earlier tasks keep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.layers.gated_class_attention import GatedClassAttention, unprotected
from neurogate.attention.operators.mask_sparsity import cumulative
from neurogate.attention.operators.task_gate import forward as gate
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer


def made(**more: object) -> GatedClassAttention:
    return GatedClassAttention(**{"d_model": 4, "heads": 2, "tasks": 3, "ratio": 2, "eps": 0.1, **more})  # type: ignore[arg-type]


@settings(max_examples=5)
@given(seed=st.integers(0, 99), batch=st.integers(1, 3), tokens=st.integers(1, 5), hard=st.booleans())
def test_gradients(seed: int, batch: int, tokens: int, hard: bool) -> None:
    rng = np.random.default_rng(seed)
    more = {"task": 1, "seen": 2 + hard, "scale": 1.3}
    layer = made()
    layer.parameters["embedding0"] *= 4.0  # far from the step of a hard gate
    layer.parameters["embedding2"] *= 4.0
    check_layer(rng, layer, rng.standard_normal((batch, tokens, 4)), **more)


def test_weights_are_shares_of_all_tokens(rng: np.random.Generator) -> None:
    _, cache = made().forward(rng.standard_normal((2, 5, 4)), task=2)
    np.testing.assert_allclose(cache.weights.sum(axis=-1), 1.0, rtol=1e-14)
    assert cache.weights.shape == (2, 2, 1, 5)


def test_closed_gates_leave_the_class_token(rng: np.random.Generator) -> None:
    layer, x = made(), rng.standard_normal((2, 5, 4))
    layer.parameters["embedding0"] -= 100.0
    assert np.array_equal(layer.forward(x)[0], x[:, :1])


def test_a_large_scale_makes_gates_binary_as_hard_gates_are(rng: np.random.Generator) -> None:
    layer, x = made(), rng.standard_normal((2, 5, 4))
    soft, hard = (layer.forward(x, task=0, seen=seen, scale=1e6) for seen in (1, 2))
    assert set(np.unique(hard[1].gates[0])) <= {0.0, 1.0}
    np.testing.assert_allclose(soft[0], hard[0], atol=1e-12)


def test_a_scale_that_is_left_out_is_the_largest(rng: np.random.Generator) -> None:
    x = rng.standard_normal((2, 5, 4))
    for layer, largest in ((made(), 800.0), (made(largest=5.0), 5.0)):
        for name in ("embedding0", "embedding2"):
            layer.parameters[name] *= 1e-2
        y, cache = layer.forward(x, task=1)
        for name, gates in zip(("embedding0", "embedding2"), cache.gates, strict=True):
            np.testing.assert_allclose(gates, 1 / (1 + np.exp(-largest * layer.parameters[name][1])))
        assert np.array_equal(y, layer.forward(x, task=1, scale=largest)[0])


def test_nothing_moves_between_units_that_are_all_taken() -> None:
    assert all((array == 0).all() for array in unprotected(np.ones(4), np.ones(8)).values())
    assert all((array == 1).all() for array in unprotected(np.zeros(4), np.zeros(8)).values())


def test_an_earlier_task_keeps_its_bits_while_a_later_one_learns(rng: np.random.Generator) -> None:
    layer, x = made(), rng.standard_normal((3, 5, 4))
    first = [gate(layer.parameters[f"embedding{i}"][0], scale=800.0, hard=True)[0] for i in (0, 2)]
    room = unprotected(*(cumulative([each]) for each in first))
    before, _ = layer.forward(x, task=0, seen=2)
    for _ in range(3):
        y, cache = layer.forward(x, task=1, seen=2, scale=1.0)
        _, gradients = layer.backward(np.ones_like(y), cache)
        for name, factor in room.items():
            layer.parameters[name] = layer.parameters[name] - 0.5 * factor * gradients[name]
    assert np.array_equal(layer.forward(x, task=0, seen=2)[0], before)
    assert not np.array_equal(layer.forward(x, task=1, seen=2)[0], made().forward(x, task=1, seen=2)[0])


def test_the_order_of_patches_is_nothing(rng: np.random.Generator) -> None:
    x, order = rng.standard_normal((2, 5, 4)), np.array([0, 3, 1, 4, 2])
    np.testing.assert_allclose(made().forward(x[:, order])[0], made().forward(x)[0], rtol=1e-12)


def test_what_does_not_fit_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"task is 3\. Give a whole number from 0 to 2"):
        made().forward(np.ones((1, 2, 4)), task=3)
    for seen in (1, 99):  # the task that is asked for is one of them
        with pytest.raises(RequestError, match=rf"seen is {seen}\. Give a whole number of tasks"):
            made().forward(np.ones((1, 2, 4)), task=1, seen=seen)
    with pytest.raises(RequestError, match=r"x \(1, 0, 4\): there must be a class token"):
        made().forward(np.ones((1, 0, 4)))
    with pytest.raises(RequestError, match="scale is 0"):
        made().forward(np.ones((1, 2, 4)), scale=0.0)
    with pytest.raises(ValueError, match="heads is 3"):
        made(heads=3)
