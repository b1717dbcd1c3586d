"""The hybrid stack: which layer is which, and a step whose cost does not grow with the past."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurogate.attention.layers.gated_delta_net import GatedDeltaNet
from neurogate.attention.layers.hybrid_stack import HybridStack
from tests.attention import plain
from tests.attention.counting import operations
from tests.attention.gradients import check_layer
from tests.attention.nearness import near
from tests.tolerances import TOLERANCE

NEAR = TOLERANCE["two ways", "float64"]


def small(**more: Any) -> HybridStack:
    window = {"heads": 4, "kv_heads": 2, "window": 3}
    delta = {"delta_heads": 2, "head_width": 3}
    return HybridStack(**({"d_model": 8, "depth": 2, "every": 2, "hidden": 5} | window | delta | more))


def test_gradients_are_those_of_finite_differences(rng: np.random.Generator) -> None:
    layer = small(depth=3)
    for mixer in layer.mixers:
        if isinstance(mixer, GatedDeltaNet):  # a direction is too curved near 0 for differences
            object.__setattr__(mixer, "key_eps", 0.1)
    check_layer(rng, layer, rng.standard_normal((2, 5, 8)))


def test_it_is_its_equation_layer_by_layer(rng: np.random.Generator) -> None:
    layer = small(depth=3, heads=2, kv_heads=1)  # heads of 4, whose second pair turns slowly
    p = {name: a + 0.3 * rng.standard_normal(a.shape) for name, a in layer.parameters.items()}
    layer.parameters.update(p)
    x = rng.standard_normal((2, 5, 8))
    x[1] *= 1e-3  # where the norms feel their epsilons
    y, _ = layer.forward(x)
    for i in range(2):
        stream = x[i]
        for place in range(3):
            mine = plain.part(p, f"layers.{place}")
            mixer, mlp = plain.part(mine, "mixer"), plain.part(mine, "mlp")
            n = mine["norm1.weight"] * plain.rms(stream, 1e-6)
            if place % 2:
                stream = stream + plain.gated_delta_net(mixer, n, 2)[0]
            else:
                stream = stream + plain.sliding_window(mixer, n, 2, 3, base=1e6)
            n = mine["norm2.weight"] * plain.rms(stream, 1e-6)
            hidden = plain.silu(n @ mlp["gate.weight"].T) * (n @ mlp["hidden.weight"].T)
            stream = stream + hidden @ mlp["out.weight"].T
        assert near(y[i], stream)


def test_every_fourth_layer_looks_through_a_window() -> None:
    kinds = [type(mixer).__name__ for mixer in small(depth=9, every=4).mixers]
    assert [i for i, kind in enumerate(kinds) if kind == "SlidingWindow"] == [0, 4, 8]
    assert set(kinds) == {"SlidingWindow", "GatedDeltaNet"}


def test_layers_start_unlike_each_other() -> None:
    p = small(depth=4, every=9).parameters
    assert not np.array_equal(p["layers.1.mixer.q.weight"], p["layers.2.mixer.q.weight"])


def test_gradients_of_the_states_are_shaped_as_the_states(rng: np.random.Generator) -> None:
    layer, x = small(), rng.standard_normal((2, 5, 8))
    _, cache = layer.forward(x, layer.start(2))
    _, gradients = layer.backward(np.ones_like(x), cache)
    shapes = [[np.shape(part) for part in state] for state in gradients["state"]]
    assert shapes == [[np.shape(part) for part in state] for state in layer.start(2)]


def test_a_step_costs_the_same_however_long_the_past(rng: np.random.Generator) -> None:
    layer, x = small(), rng.standard_normal((1, 40, 8))
    _, cache = layer.forward(x[:, :10])
    _, later = layer.forward(x[:, 10:], cache.state)
    costs = [operations(layer.step, x[:, 0], state, layer=layer) for state in (cache.state, later.state)]
    assert costs[0] == costs[1] > 0
    sizes = [[np.shape(part) for kept in state for part in kept] for state in (cache.state, later.state)]
    assert sizes[0] == sizes[1]
