"""Agent attention: few agents, thin products, and what breaks the symmetry of tokens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.layers.agent_attention import AgentAttention, WindowedAgentAttention
from neurogate.errors import RequestError
from tests.attention.counting import operations, slope
from tests.attention.gradients import check_layer
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]


@settings(max_examples=4)
@given(st.integers(0, 9), st.sampled_from([(1, 1), (3, 2), (2, 5)]), st.booleans(), st.sampled_from([1, 4]))
def test_gradients_are_those_of_finite_differences(
    seed: int, grid: tuple[int, int], class_token: bool, agents: int
) -> None:
    rng = np.random.default_rng(seed)
    layer = AgentAttention(d_model=6, heads=2, agents=agents, rows=grid[0], columns=grid[1], table=3,
                           class_token=class_token, bias=class_token)  # fmt: skip
    check_layer(rng, layer, rng.standard_normal((2, grid[0] * grid[1] + class_token, 6)))


@settings(max_examples=3)
@given(st.integers(0, 9), st.sampled_from([(2, 4), (4, 2)]))
def test_gradients_in_windows_are_those_of_finite_differences(seed: int, grid: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    layer = WindowedAgentAttention(
        d_model=6, heads=2, agents=1, rows=grid[0], columns=grid[1], window=2, table=3
    )
    check_layer(rng, layer, rng.standard_normal((2, 8, 6)))


def test_rows_of_both_attentions_sum_to_1(rng: np.random.Generator) -> None:
    layer = AgentAttention(d_model=6, heads=2, agents=4, rows=3, columns=5)
    _, cache = layer.forward(rng.standard_normal((2, 16, 6)))
    assert np.allclose(cache.collect.weights.sum(axis=-1), 1)
    assert np.allclose(cache.hand_back.weights.sum(axis=-1), 1)


def test_their_product_has_no_more_rank_than_there_are_agents(rng: np.random.Generator) -> None:
    layer = AgentAttention(d_model=6, heads=2, agents=4, rows=3, columns=5)
    _, cache = layer.forward(10 * rng.standard_normal((1, 16, 6)))
    product = cache.hand_back.weights @ cache.collect.weights
    assert np.linalg.matrix_rank(product[0, 0], tol=1e-9) <= 4


def test_as_many_agents_as_tokens_are_the_queries(rng: np.random.Generator) -> None:
    layer = AgentAttention(d_model=6, heads=2, agents=9, rows=3, columns=3, class_token=False)
    _, cache = layer.forward(rng.standard_normal((2, 9, 6)))
    assert np.array_equal(cache.collect.likeness.q, cache.hand_back.likeness.q)
    assert np.array_equal(3**-0.5 * cache.hand_back.likeness.k, cache.hand_back.likeness.q)


def plain(rng: np.random.Generator, agents: int) -> AgentAttention:
    """Return a layer without biases and convolution."""
    layer = AgentAttention(d_model=6, heads=2, agents=agents, rows=2, columns=4, class_token=False, sd=0.5)
    for name in layer.parameters:
        if name.startswith(("collect", "hand_back", "convolution")):
            layer.parameters[name] = 0 * layer.parameters[name]
    return layer


@pytest.mark.parametrize("disturbed", [None, "collect.rows", "hand_back.map", "convolution.weight"])
def test_the_order_of_tokens_matters_through_biases_convolution_and_pooling_alone(
    disturbed: str | None, rng: np.random.Generator
) -> None:
    layer = plain(rng, agents=1)  # of all tokens' mean, so that pooling knows no order
    x = rng.standard_normal((1, 8, 6))
    if disturbed is not None:
        layer.parameters[disturbed] = rng.standard_normal(layer.parameters[disturbed].shape)
    order = rng.permutation(8)
    same = np.allclose(layer.forward(x[:, order])[0], layer.forward(x)[0][:, order], atol=NEAR)
    assert same == (disturbed in (None, "hand_back.map"))  # a single agent is all that is handed back
    assert not np.allclose(plain(rng, 4).forward(x[:, order])[0], plain(rng, 4).forward(x)[0][:, order])


def test_the_class_token_is_neither_pooled_nor_convolved(rng: np.random.Generator) -> None:
    layer = AgentAttention(d_model=6, heads=2, agents=4, rows=3, columns=3)
    x = rng.standard_normal((1, 10, 6))
    moved = x.copy()
    moved[:, 0] += 1
    before, after = (layer.forward(each)[1] for each in (x, moved))
    assert np.array_equal(before.collect.likeness.q, after.collect.likeness.q)
    layer.parameters["convolution.weight"] = rng.standard_normal((6, 1, 3, 3))
    assert np.array_equal(layer.forward(x)[1].out.inner.x[:, 0], before.out.inner.x[:, 0])


def test_windows_do_not_see_each_other(rng: np.random.Generator) -> None:
    layer = WindowedAgentAttention(d_model=6, heads=2, agents=1, rows=4, columns=6, window=2)
    x = rng.standard_normal((2, 24, 6))
    moved = x.copy()
    moved[0, 0] += 1  # of the window on top at the left
    changed = (layer.forward(moved)[0] != layer.forward(x)[0]).any(axis=-1).reshape(2, 4, 6)
    assert np.argwhere(changed).tolist() == [[0, row, column] for row in (0, 1) for column in (0, 1)]


def test_a_single_window_is_the_whole_grid(rng: np.random.Generator) -> None:
    windowed = WindowedAgentAttention(d_model=6, heads=2, agents=4, rows=3, columns=3, window=3)
    whole = AgentAttention(d_model=6, heads=2, agents=4, rows=3, columns=3, class_token=False)
    whole.parameters.update(windowed.parameters)
    x = rng.standard_normal((2, 9, 6))
    assert np.array_equal(windowed.forward(x)[0], whole.forward(x)[0])


def test_operations_grow_with_the_number_of_tokens() -> None:
    counts, sizes = [], (8, 16, 32)
    for rows in sizes:
        layer = AgentAttention(
            d_model=4, heads=2, agents=4, rows=rows, columns=16, class_token=False, table=3
        )
        counts.append(operations(layer.forward, np.ones((1, rows * 16, 4)), layer=layer))
    assert slope(sizes, counts) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize(("name", "settings", "said"), [
    ("agent_attention", {"heads": 5}, "heads is 5; it must divide d_model, 6"),
    ("agent_attention", {"agents": 5}, "agents is 5; it must be a square number"),
    ("agent_windows", {"window": 5}, "window is 5; it must divide rows, 56, and columns, 56"),
    ("agent_windows", {"class_token": True}, "class_token is true; it must be false"),
])  # fmt: skip
def test_settings_that_contradict_each_other_are_a_sentence(
    name: str, settings: dict[str, object], said: str
) -> None:
    with pytest.raises(RequestError, match=said):
        make(name, **({"d_model": 6, "heads": 2} | settings))


def test_tokens_that_do_not_fill_the_grid_are_a_sentence() -> None:
    layer = make("agent_attention", d_model=6, heads=2, agents=4, rows=3, columns=5)
    with pytest.raises(RequestError, match=r"x \(1, 14, 6\): the tokens of x must fill 3 rows of 5"):
        layer.forward(np.ones((1, 15, 6)))
