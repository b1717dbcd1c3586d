"""Sliding-window attention: the limits of its window, and a cache that does not grow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.layers.gated_sdpa import GatedSDPA
from neurogate.attention.layers.sliding_window import SlidingWindow
from neurogate.errors import RequestError
from tests.attention import plain
from tests.attention.gradients import check_layer
from tests.attention.nearness import near
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]


def small(**more: Any) -> SlidingWindow:
    return SlidingWindow(**({"d_model": 8, "heads": 4, "kv_heads": 2, "window": 3, "sd": 0.5} | more))


@settings(max_examples=5)
@given(st.integers(1, 9), st.integers(1, 9), st.booleans(), st.integers(0, 9))
def test_gradients_are_those_of_finite_differences(length: int, window: int, bias: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    check_layer(rng, small(window=window, bias=bias), rng.standard_normal((2, length, 8)))


@pytest.mark.parametrize("more", [{}, {"rotary_base": 50.0}])
def test_it_is_its_equation_head_by_head(more: dict[str, float], rng: np.random.Generator) -> None:
    layer = small(d_model=16, **more)  # heads of 4, whose second pair turns slowly
    p = {name: a + 0.3 * rng.standard_normal(a.shape) for name, a in layer.parameters.items()}
    layer.parameters.update(p)
    x = rng.standard_normal((2, 8, 16))
    y, _ = layer.forward(x)
    for i in range(2):
        assert near(y[i], plain.sliding_window(p, x[i], 4, 3, more.get("rotary_base", 1e6)))


def test_a_window_as_long_as_the_sequence_is_full_attention(rng: np.random.Generator) -> None:
    layer, x = small(window=9), rng.standard_normal((2, 9, 8))
    full = GatedSDPA(d_model=8, heads=4, kv_heads=2, head_width=2, gate="none", qk_norm=False,
                     rotary_base=layer.rotary_base, bias=True)  # fmt: skip
    full.parameters.update(layer.parameters | {"o.bias": np.zeros(8)})
    assert np.allclose(layer.forward(x)[0], full.forward(x)[0], rtol=NEAR, atol=NEAR)


def test_a_window_of_one_gives_the_value_itself(rng: np.random.Generator) -> None:
    layer, x = small(window=1, kv_heads=4), rng.standard_normal((2, 5, 8))
    p = layer.parameters
    wanted = (x @ p["v.weight"].T + p["v.bias"]) @ p["o.weight"].T
    assert np.allclose(layer.forward(x)[0], wanted, rtol=NEAR, atol=NEAR)


def test_what_lies_before_the_window_does_not_matter(rng: np.random.Generator) -> None:
    layer, x = small(), rng.standard_normal((1, 9, 8))
    moved = x.copy()
    moved[:, :4] += 1.0
    assert np.allclose(layer.forward(x)[0][:, 6:], layer.forward(moved)[0][:, 6:], rtol=NEAR, atol=NEAR)


def test_the_cache_does_not_grow_beyond_the_window(rng: np.random.Generator) -> None:
    layer, state = small(), small().start(1)
    for t in range(7):
        _, state = layer.step(rng.standard_normal((1, 8)), state)
        assert state.keys.shape == state.values.shape == (1, 2, min(t + 1, 2), 2)
    assert state.position == 7


def test_gradients_of_a_carried_state_join_the_pieces(rng: np.random.Generator) -> None:
    layer, x, dy = small(window=4), rng.standard_normal((2, 9, 8)), rng.standard_normal((2, 9, 8))
    _, cache = layer.forward(x)
    _, before = layer.forward(x[:, :5])
    _, after = layer.forward(x[:, 5:], before.state)
    dx, _ = layer.backward(dy, cache)
    dlast, late = layer.backward(dy[:, 5:], after)
    assert np.allclose(dlast, dx[:, 5:], rtol=NEAR, atol=NEAR)
    assert late["state"].keys.shape == before.state.keys.shape


def test_what_does_not_fit_is_a_sentence(rng: np.random.Generator) -> None:
    for wrong, sentence in (
        ({"heads": 3}, r"heads is 3; it must divide d_model, 8"),
        ({"kv_heads": 3}, r"kv_heads is 3; it must divide heads, 4"),
        ({"heads": 8}, r"A head is 1 wide; its features turn in pairs"),
    ):
        with pytest.raises(RequestError, match=sentence):
            make("sliding_window", **({"d_model": 8, "heads": 4, "kv_heads": 2} | wrong))
    state = small().start(3)
    with pytest.raises(RequestError, match=r"state.keys must be \(2, 2, n, 2\)"):
        small().forward(rng.standard_normal((2, 5, 8)), state)
