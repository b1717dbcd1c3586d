"""ViG: symmetry under reversal, and what its gate chooses between."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.blocks import grid as grids
from neurogate.attention.layers.gated_linear_attention import GatedLinearAttention
from neurogate.attention.layers.vig import ViG
from neurogate.attention.operators import rotary
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]


def small(**more: Any) -> ViG:
    return ViG(**({"d_model": 8, "heads": 2, "rank": 3, "tau": 2.0, "eps": 1e-3} | more))


@settings(max_examples=5)
@given(
    st.integers(1, 3), st.integers(1, 3), st.sampled_from(["both", "forward"]), st.booleans(),
    st.sampled_from([1, 3, 5]), st.booleans(), st.integers(0, 9),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    rows: int, columns: int, directions: Any, bent: bool, kernel: int, turned: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    layer = small(
        directions=directions, out_activation=bent, kernel=kernel, chunk=4, rotary=turned, expand_k=1.0
    )
    for name in ("local.weight", "q.weight", "k.weight", "v.weight"):
        layer.parameters[name] *= 5
    check_layer(rng, layer, rng.standard_normal((2, rows * columns, 8)), grid=(rows, columns))


def test_an_image_turned_round_with_its_gates_swapped_is_an_output_turned_round(
    rng: np.random.Generator,
) -> None:
    layer, x = small(), rng.standard_normal((2, 12, 8))
    for name, array in layer.parameters.items():
        layer.parameters[name] = array + 0.3 * rng.standard_normal(array.shape)
    y, _ = layer.forward(x, (3, 4))
    p = layer.parameters
    for name in ("decay.weight", "decay.bias"):
        p[name] = np.concatenate(np.split(p[name], 2)[::-1])
    p["local.weight"] = p["local.weight"][:, :, ::-1, ::-1]
    assert np.allclose(layer.forward(x[:, ::-1], (3, 4))[0], y[:, ::-1], rtol=NEAR, atol=NEAR)


def test_a_gate_that_is_open_gives_the_whole_and_a_closed_one_the_neighbourhood(
    rng: np.random.Generator,
) -> None:
    layer, x = small(out_activation=False), rng.standard_normal((2, 9, 8))
    layer.parameters.update({"gate.weight": np.zeros((8, 8)), "o.weight": np.eye(8)})
    for bias, place in ((1e3, 0), (-1e3, 1)):
        layer.parameters["gate.bias"] = np.full(8, bias)
        y, cache = layer.forward(x)
        assert np.array_equal(y, cache.parts[place].reshape(y.shape))


def test_one_direction_with_an_open_gate_is_gated_linear_attention(rng: np.random.Generator) -> None:
    layer, x = small(directions="forward", out_activation=False, eps=1e-5), rng.standard_normal((2, 9, 8))
    layer.parameters.update({"gate.weight": np.zeros((8, 8)), "gate.bias": np.full(8, 1e3)})
    y, cache = layer.forward(x)
    other = GatedLinearAttention(d_model=8, heads=2, rank=3, tau=2.0, output_gate=False)
    other.parameters.update({name: layer.parameters[name] for name in other.parameters})
    assert np.allclose(other.forward(cache.local)[0], y, rtol=NEAR, atol=NEAR)


@pytest.mark.parametrize(("directions", "sees"), [("both", True), ("forward", False)])
def test_it_sees_what_comes_later_unless_told_otherwise(
    directions: Any, sees: bool, rng: np.random.Generator
) -> None:
    layer, x = small(directions=directions, kernel=1), rng.standard_normal((2, 9, 8))
    moved = x.copy()
    moved[:, 8] += 1.0
    change = np.abs(layer.forward(moved)[0] - layer.forward(x)[0])[:, :8].max()
    assert (change > 1e-9) == sees


def test_what_does_not_fit_is_a_sentence(rng: np.random.Generator) -> None:
    with pytest.raises(RequestError, match=r"heads is 3; it must divide d_model, 8"):
        make("vig", d_model=8, heads=3)
    with pytest.raises(RequestError, match=r"kernel is 2; it must be odd"):
        make("vig", d_model=8, heads=2, kernel=2)
    with pytest.raises(RequestError, match=r"x \(2, 0, 8\): there must be a token"):
        small().forward(np.ones((2, 0, 8)))
    with pytest.raises(RequestError, match=r"grid is -2\. Give a whole number of at least 0"):
        small().forward(np.ones((2, 6, 8)), (-2, -3))
    with pytest.raises(RequestError, match=r"x \(2, 9, 8\): the tokens of x must fill 2 rows of 4"):
        small().forward(rng.standard_normal((2, 9, 8)), (2, 4))


def test_queries_and_keys_that_turn_know_how_far_apart_they_are(rng: np.random.Generator) -> None:
    layer, q, k = small(expand_k=1.0, rotary=True, d_model=16), *rng.standard_normal((2, 8))
    cos, sin = grids.angles((5, 6), layer.key_width, np)
    first, second = (rotary.forward(np.tile(a, (30, 1)), cos, sin, interleaved=True)[0] for a in (q, k))
    met = (first @ second.T).reshape(5, 6, 5, 6)
    assert np.allclose(met[:4, :5, :4, :5], met[1:, 1:, 1:, 1:], rtol=0, atol=NEAR)
    assert not np.allclose(met[0, 0, 0, 1], met[0, 0, 1, 0])


def test_an_image_twice_as_fine_turns_over_the_same_range() -> None:
    cos, _ = grids.angles((4, 4), 8, np, side=4)
    fine, _ = grids.angles((8, 8), 8, np, side=4)
    assert np.allclose(fine.reshape(8, 8, -1)[::2, ::2], cos.reshape(4, 4, -1), rtol=0, atol=NEAR)


def test_a_key_that_cannot_turn_by_row_and_column_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="A key is 2 wide; for rotary it must be a multiple of 4"):
        make("vig", d_model=8, heads=2, rotary=True)
