"""The network-in-network block: what its gate does, and that its norm is shared."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.blocks import mlp
from neurogate.attention.layer import part
from neurogate.attention.layers.ninformer import NiNformer
from neurogate.attention.operators import layer_norm, linear
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer


@settings(max_examples=5)
@given(
    seed=st.integers(0, 99), batch=st.integers(1, 3), tokens=st.integers(1, 6), width=st.integers(2, 5),
    hidden=st.integers(1, 5),
)  # fmt: skip
def test_gradients(seed: int, batch: int, tokens: int, width: int, hidden: int) -> None:
    rng = np.random.default_rng(seed)
    layer = NiNformer(d_model=width, tokens=tokens, hidden=hidden, eps=0.1)
    check_layer(rng, layer, rng.standard_normal((batch, tokens, width)))


def made(*closed: str) -> NiNformer:
    layer = NiNformer(d_model=4, tokens=5, hidden=6)
    for name in closed:
        layer.parameters[name] = np.zeros_like(layer.parameters[name])
    return layer


def test_where_nothing_is_mapped_the_block_is_a_perceptron(rng: np.random.Generator) -> None:
    layer, x = made("proj.weight", "proj.bias"), rng.standard_normal((2, 5, 4))
    n, _ = layer_norm.forward(x)
    wanted = x + mlp.forward(n, part(layer.parameters, "mlp"))[0]
    np.testing.assert_allclose(layer.forward(x)[0], wanted, rtol=1e-12)


def test_a_gate_of_ones_leaves_a_linear_map_of_each_token(rng: np.random.Generator) -> None:
    layer, x = (
        made("norm.weight", "norm.bias", "mlp.out.weight", "mlp.out.bias"),
        rng.standard_normal((2, 5, 4)),
    )
    layer.parameters["norm.bias"] += 1.0
    for name in ("token", "channel"):
        layer.parameters[f"{name}.out.weight"] = np.zeros_like(layer.parameters[f"{name}.out.weight"])
        layer.parameters[f"{name}.out.bias"] = np.zeros_like(layer.parameters[f"{name}.out.bias"])
    y, cache = layer.forward(x)
    assert np.array_equal(cache.gate, np.ones_like(x))
    np.testing.assert_allclose(
        y - x, linear.forward(np.ones_like(x), **part(layer.parameters, "proj"))[0], rtol=1e-12
    )


def test_the_order_of_tokens_matters(rng: np.random.Generator) -> None:
    layer, x = made(), rng.standard_normal((1, 5, 4))
    order = np.array([1, 0, 2, 4, 3])
    assert not np.allclose(layer.forward(x[:, order])[0], layer.forward(x)[0][:, order])


def test_earlier_tokens_see_later_ones(rng: np.random.Generator) -> None:
    layer, x = made(), rng.standard_normal((1, 5, 4))
    moved = x.copy()
    moved[:, -1] *= -1.0
    assert not np.allclose(layer.forward(moved)[0][:, 0], layer.forward(x)[0][:, 0])


def test_the_gradient_of_the_shared_norm_sums_both_uses(rng: np.random.Generator) -> None:
    x, dy = rng.standard_normal((2, 2, 5, 4))

    def gradient(*closed: str) -> np.ndarray:
        layer = made(*closed)
        _, cache = layer.forward(x)
        return layer.backward(dy, cache)[1]["norm.bias"]

    outer = gradient("proj.weight", "proj.bias")
    inner = gradient("mlp.out.weight", "mlp.out.bias")
    assert (outer != 0).all()
    assert (inner != 0).all()
    _, cache = made().forward(x)
    both = made().backward(dy, cache)[1]["norm.bias"]
    assert not np.allclose(both, outer)
    assert not np.allclose(both, inner)


def test_another_number_of_tokens_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"x \(2, 4, 4\): x must be \(batch, 5, 4\)"):
        made().forward(np.ones((2, 4, 4)))
