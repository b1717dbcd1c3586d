"""Dual-gated linear attention: its gates, its grid and what it costs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.blocks import grid as grids
from neurogate.attention.blocks import mlp
from neurogate.attention.layer import part
from neurogate.attention.layers.dual_gated_linear import DualGatedLinear
from neurogate.attention.operators import layer_norm, rotary
from neurogate.errors import RequestError
from tests.attention.counting import operations, slope
from tests.attention.gradients import check_layer


def made(**more: int) -> DualGatedLinear:
    return DualGatedLinear(**{"d_model": 8, "heads": 2, **more})


@settings(max_examples=3)
@given(seed=st.integers(0, 99), batch=st.integers(1, 2), rows=st.integers(1, 3), columns=st.integers(1, 3))
def test_gradients(seed: int, batch: int, rows: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((batch, rows * columns, 8))
    check_layer(rng, made(), x, grid=(rows, columns))


def test_a_closed_outer_gate_leaves_a_perceptron(rng: np.random.Generator) -> None:
    layer, x = made(), rng.standard_normal((2, 9, 8))
    layer.parameters["gate.weight"] = np.zeros((8, 8))
    layer.parameters["gate.bias"] = np.zeros(8)
    layer.parameters["o.bias"] = np.zeros(8)
    wanted = x + mlp.forward(layer_norm.forward(x)[0], part(layer.parameters, "mlp"))[0]
    np.testing.assert_allclose(layer.forward(x)[0], wanted, rtol=1e-12)


def test_a_closed_inner_gate_lets_nothing_be_attended_to(rng: np.random.Generator) -> None:
    layer = made()
    layer.parameters["value.hidden.bias"] -= 1e3
    layer.parameters["value.out.bias"] = np.zeros(8)
    layer.parameters["local.bias"] = np.zeros(8)
    _, cache = layer.forward(rng.standard_normal((2, 9, 8)))
    np.testing.assert_allclose(cache.attended, 0.0, atol=1e-12)


def test_turned_features_know_only_how_far_apart_they_are(rng: np.random.Generator) -> None:
    q, k = rng.standard_normal((2, 8))
    grid = (5, 6)
    angles = grids.angles(grid, 8, np)
    turned_q, turned_k = (
        rotary.forward(np.tile(each, (30, 1)), *angles, interleaved=True)[0].reshape(*grid, 8)
        for each in (q, k)
    )
    for down, across in ((0, 1), (2, 0), (1, 3)):
        near = turned_q[0, 0] @ turned_k[down, across]
        far = turned_q[2, 2] @ turned_k[2 + down, 2 + across]
        assert far == pytest.approx(near, rel=1e-10)
    assert turned_q[0, 0] @ turned_k[0, 1] != pytest.approx(turned_q[0, 0] @ turned_k[1, 0], rel=1e-3)


def test_earlier_tokens_see_later_ones(rng: np.random.Generator) -> None:
    layer, x = made(), rng.standard_normal((1, 9, 8))
    moved = x.copy()
    moved[:, -1] *= -1.0
    assert not np.allclose(layer.forward(moved)[0][:, 0], layer.forward(x)[0][:, 0])


def test_operations_grow_with_the_tokens() -> None:
    layer, rows = made(), [8, 16, 32, 64]
    counts = [operations(layer.forward, np.ones((1, 8 * r, 8)), (r, 8), layer=layer) for r in rows]
    assert slope(rows, counts) == pytest.approx(1.0, abs=0.05)


def test_what_does_not_fit_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"x \(1, 8, 8\): the tokens of x must fill 2 rows of 2"):
        made().forward(np.ones((1, 8, 8)))
    with pytest.raises(RequestError, match=r"x \(1, 0, 8\): there must be a token"):
        made().forward(np.ones((1, 0, 8)))
    with pytest.raises(ValueError, match="d_model is 6; rows and columns need a multiple of 4"):
        made(d_model=6, heads=1, bottleneck=2)
