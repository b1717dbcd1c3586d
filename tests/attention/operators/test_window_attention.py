"""Attention within a window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import scaled_dot_product, window_attention
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.attention.nearness import near

ACTIVATIONS = ("softmax", "relu2")


def drawn(rng: np.random.Generator, length: int, earlier: int = 0) -> dict[str, np.ndarray]:
    shapes = {"q": (2, length, 3), "k": (2, earlier + length, 3), "v": (2, earlier + length, 4)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("ahead", [False, True])
@settings(max_examples=4)
@given(length=st.integers(1, 9), window=st.integers(1, 5), seed=st.integers(0, 9))
def test_gradients_are_those_of_finite_differences(
    activation: str, ahead: bool, length: int, window: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    earlier = int(rng.integers(window + 1))
    arguments = drawn(rng, length, earlier) | {"table": rng.standard_normal(5)}
    places = np.sort(rng.choice(30, (2, earlier + length)), axis=1)
    more = {
        "window": window, "ahead": ahead, "activation": activation, "scale": 0.7,
        "held": rng.random((2, earlier + length)) < 0.8, "positions": (places[:, earlier:], places),
    }  # fmt: skip
    y, cache = window_attention.forward(**arguments, **more)
    dy = rng.standard_normal(y.shape)
    found = dict(zip(arguments, window_attention.backward(dy, cache), strict=True))
    check(rng, lambda **a: window_attention.forward(**a, **more)[0], arguments, found, dy)


@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize(("length", "window"), [(1, 1), (7, 3), (12, 4), (5, 9), (6, 6)])
def test_it_is_attention_under_a_band(
    length: int, window: int, ahead: bool, rng: np.random.Generator
) -> None:
    arguments, held = drawn(rng, length), rng.random((2, length)) < 0.7
    lag = np.arange(length)[:, None] - np.arange(length)
    band = (lag <= window) & (lag >= (-window if ahead else 0)) & held[:, None]
    wanted, _ = scaled_dot_product.forward(
        **{n: a[:, None] for n, a in arguments.items()}, mask=band[:, None]
    )
    y, _ = window_attention.forward(**arguments, window=window, ahead=ahead, scale=3**-0.5, held=held)
    assert near(y, wanted[:, 0])
    scores = np.where(band, np.maximum(arguments["q"] @ arguments["k"].swapaxes(1, 2), 0), 0)
    y, _ = window_attention.forward(**arguments, window=window, ahead=ahead, activation="relu2", held=held)
    assert near(y, scores**2 @ arguments["v"])


@pytest.mark.parametrize("cut", [1, 4, 8])
def test_keys_from_before_are_one_pass(cut: int, rng: np.random.Generator) -> None:
    q, k, v = drawn(rng, 9).values()
    whole, _ = window_attention.forward(q, k, v, window=3)
    kept = max(0, cut - 3)
    after, _ = window_attention.forward(q[:, cut:], k[:, kept:], v[:, kept:], window=3)
    assert near(after, whole[:, cut:])


def test_a_softmax_sums_to_one_and_squares_do_not(rng: np.random.Generator) -> None:
    q, k, _ = drawn(rng, 9).values()
    ones = np.ones((2, 9, 1))
    assert near(window_attention.forward(q, k, ones, window=3)[0], ones)
    assert not near(window_attention.forward(q, k, ones, window=3, activation="relu2")[0], ones)


def test_weights_grow_with_the_length_and_not_with_its_square(rng: np.random.Generator) -> None:
    sizes = [window_attention.forward(**drawn(rng, n), window=4)[1].weights.size for n in (32, 64, 128)]
    assert sizes == [32 * 8 * 2, 64 * 8 * 2, 128 * 8 * 2]


def test_bad_requests_are_sentences() -> None:
    q = np.ones((1, 5, 2))
    with pytest.raises(RequestError, match="window is 0"):
        window_attention.forward(q, q, q, window=0)
    with pytest.raises(RequestError, match="as many keys as values"):
        window_attention.forward(q, q, q[:, 1:], window=2)
    with pytest.raises(RequestError, match="no more than 2 keys"):
        window_attention.forward(q, np.ones((1, 9, 2)), np.ones((1, 9, 2)), window=2)
