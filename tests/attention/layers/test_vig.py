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
from tests.attention.nearness import near
from tests.attention.plain_images import sigmoid
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


def turned(u: np.ndarray, grid: tuple[int, int], side: int) -> np.ndarray:
    """Turn pairs of features of (N, K), the first half by the row and the others by the column."""
    (rows, columns), speeds = grid, 1e4 ** -np.linspace(0, 1, u.shape[-1] // 4, endpoint=False)
    places = zip(np.divmod(np.arange(rows * columns), columns), grid, strict=True)
    angles = np.concatenate([np.outer(place * side / n, speeds) for place, n in places], axis=1)
    pairs = (u[:, 0::2] + 1j * u[:, 1::2]) * np.exp(1j * angles)
    return np.stack([pairs.real, pairs.imag], axis=-1).reshape(u.shape)


def swept(q: np.ndarray, k: np.ndarray, v: np.ndarray, decay: np.ndarray) -> np.ndarray:
    """Go through (N, width) once: forget, write, read."""
    state, out = np.zeros((k.shape[1], v.shape[1])), np.zeros_like(v)
    for t in range(len(q)):
        state = decay[t][:, None] * state + np.outer(k[t], v[t])
        out[t] = q[t] @ state
    return out


def written_out(p: dict[str, np.ndarray], x: np.ndarray, grid: tuple[int, int], side: int) -> np.ndarray:
    """Compute `small` with two heads, keys of 4, values of 4, once more; a side of 0 turns nothing."""
    rows, columns = grid
    image = np.pad(x.reshape(rows, columns, 8), [(1, 1), (1, 1), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3), (0, 1))
    seen = np.einsum("rcdij,dij->rcd", windows, p["local.weight"][:, 0])
    local = (seen * sigmoid(seen)).reshape(-1, 8)
    q, k, v, gate = (local @ p[f"{name}.weight"].T for name in ("q", "k", "v", "gate"))
    logits = local @ p["decay_in.weight"].T @ p["decay.weight"].T + p["decay.bias"]
    ahead, back = np.split(sigmoid(logits) ** (1 / 2.0), 2, axis=1)
    whole, near_by = np.zeros_like(local), np.zeros_like(local)
    for own in (slice(0, 4), slice(4, 8)):
        qh, kh = (turned(u[:, own], grid, side) if side else u[:, own] for u in (q, k))
        there = swept(qh, kh, v[:, own], ahead[:, own])
        again = swept(qh[::-1], kh[::-1], v[::-1, own], back[::-1, own])[::-1]
        both = (there + again) / 2 * 4**-0.5
        for found, u, name in ((whole, both, "norm"), (near_by, local[:, own], "local_norm")):
            found[:, own] = u / np.sqrt((u * u).mean(1, keepdims=True) + 1e-3) * p[f"{name}.weight"]
    share = sigmoid(gate + p["gate.bias"])
    y = share * whole + (1 - share) * near_by
    return y * sigmoid(y) @ p["o.weight"].T


@pytest.mark.parametrize("side", [0, 5, 14])
def test_it_is_its_equation(side: int, rng: np.random.Generator) -> None:
    more: dict[str, int] = {"rotary_side": side} if side else {}
    layer = small(rotary=side > 0, expand_k=1.0, chunk=4, **more)
    for name, array in layer.parameters.items():
        layer.parameters[name] = array + 0.5 * rng.standard_normal(array.shape)
    x = rng.standard_normal((1, 6, 8))
    assert near(layer.forward(x, (2, 3))[0][0], written_out(layer.parameters, x[0], (2, 3), side))


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
