"""Gated positional self-attention: its two sources, and where heads look at the start."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.layers.gated_positional import GatedPositional
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer


@settings(max_examples=5)
@given(seed=st.integers(0, 99), batch=st.integers(1, 2), rows=st.integers(1, 3), columns=st.integers(1, 3))
def test_gradients(seed: int, batch: int, rows: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((batch, rows * columns, 4))
    check_layer(rng, GatedPositional(d_model=4, heads=2), x, grid=(rows, columns))


@pytest.mark.parametrize(("push", "source"), [(1e3, "position"), (-1e3, "content")])
def test_a_gate_at_its_limits_takes_one_source(push: float, source: str, rng: np.random.Generator) -> None:
    layer = GatedPositional(d_model=4, heads=2)
    layer.parameters["gate"] += push
    _, cache = layer.forward(rng.standard_normal((2, 9, 4)))
    np.testing.assert_allclose(
        cache.weights, np.broadcast_to(getattr(cache, source), (2, 2, 9, 9)), atol=1e-14
    )


def test_weights_are_shares(rng: np.random.Generator) -> None:
    _, cache = GatedPositional(d_model=4, heads=2).forward(rng.standard_normal((2, 9, 4)))
    np.testing.assert_allclose(cache.weights.sum(axis=-1), 1.0, rtol=1e-14)


def test_at_the_start_heads_look_at_the_neighbours_that_a_kernel_sees() -> None:
    layer = GatedPositional(d_model=9, heads=9, locality=50.0)
    _, cache = layer.forward(np.zeros((1, 25, 9)))
    seen = cache.position[:, 12].argmax(axis=-1)  # of the patch in the middle of 5 rows of 5
    assert set(seen.tolist()) == {6, 7, 8, 11, 12, 13, 16, 17, 18}


def test_locality_sharpens_the_start() -> None:
    weight = GatedPositional(d_model=4, heads=4, locality=3.0).parameters["position.weight"]
    assert np.abs(weight).tolist() == [[3.0, 3.0, 3.0]] * 4  # 2 * 1/2 to each side, and -1 for the distance
    assert weight[:, :2].sum() == 0
    assert (weight[:, 2] == -3.0).all()


def test_patches_on_no_grid_are_a_sentence() -> None:
    layer = GatedPositional(d_model=4, heads=2)
    with pytest.raises(RequestError, match=r"x \(1, 5, 4\): the tokens of x must fill 2 rows of 2"):
        layer.forward(np.ones((1, 5, 4)))
    with pytest.raises(RequestError, match=r"must fill 2 rows of 3"):
        layer.forward(np.ones((1, 5, 4)), grid=(2, 3))
