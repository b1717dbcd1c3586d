"""Gates on the channels of a stage and of a head: their limits, and how they start."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.layers.feature_selection_channels import ChannelGates, GatedHead
from neurogate.attention.operators import linear
from neurogate.attention.operators.pointwise import relu
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer


@settings(max_examples=5)
@given(seed=st.integers(0, 99), shape=st.lists(st.integers(1, 3), min_size=0, max_size=3))
def test_gradients_of_a_stage(seed: int, shape: list[int]) -> None:
    rng = np.random.default_rng(seed)
    check_layer(rng, ChannelGates(channels=3), rng.standard_normal((2, 3, *shape)))


@settings(max_examples=5)
@given(seed=st.integers(0, 99), batch=st.integers(1, 3), hidden=st.integers(1, 4))
def test_gradients_of_the_head(seed: int, batch: int, hidden: int) -> None:
    rng = np.random.default_rng(seed)
    check_layer(rng, GatedHead(features=3, hidden=hidden, classes=2), rng.standard_normal((batch, 3)))


def test_open_gates_are_the_plain_network_and_closed_ones_let_nothing_through(
    rng: np.random.Generator,
) -> None:
    stage, head = ChannelGates(channels=3), GatedHead(features=3, hidden=4, classes=2)
    x, e = rng.standard_normal((2, 3, 5, 5)), rng.standard_normal((2, 3))
    stage.parameters["gate"] += 1e3
    assert np.array_equal(stage.forward(x)[0], x)
    stage.parameters["gate"] -= 2e3
    assert (stage.forward(x)[0] == 0).all()
    p = head.parameters
    for name in ("gate1", "gate2"):
        p[name] = p[name] + 1e3
    r = relu.value(linear.forward(e, p["hidden.weight"], p["hidden.bias"])[0])
    wanted = linear.forward(r, p["out.weight"], p["out.bias"])[0]
    np.testing.assert_allclose(head.forward(e)[0], wanted, rtol=1e-12)
    p["gate2"] = p["gate2"] - 2e3
    assert np.array_equal(head.forward(e)[0], np.broadcast_to(p["out.bias"], (2, 2)))


def test_the_order_of_channels_only_orders_the_output(rng: np.random.Generator) -> None:
    stage, x, order = ChannelGates(channels=5), rng.standard_normal((2, 5, 3, 3)), rng.permutation(5)
    wanted = stage.forward(x)[0][:, order]
    stage.parameters["gate"] = stage.parameters["gate"][order]
    assert np.array_equal(stage.forward(x[:, order])[0], wanted)


@pytest.mark.parametrize(("start", "sd"), [("xavier", np.sqrt(2 / 4097)), ("he", np.sqrt(2 / 4096))])
def test_gates_start_half_open(start: str, sd: float) -> None:
    layer = ChannelGates(channels=4096, start=start)  # type: ignore[arg-type]
    assert layer.parameters["gate"].std() == pytest.approx(sd, rel=0.05)
    _, cache = layer.forward(np.ones((1, 4096)))
    assert cache.values.mean() == pytest.approx(0.5, abs=0.01)


def test_other_channels_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"x \(2, 4, 5\): x must be \(batch, 3"):
        ChannelGates(channels=3).forward(np.ones((2, 4, 5)))
    with pytest.raises(RequestError, match=r"x \(2, 4\): x must be \(batch, 3\)"):
        GatedHead(features=3).forward(np.ones((2, 4)))
