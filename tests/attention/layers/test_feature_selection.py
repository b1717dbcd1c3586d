"""Feature-selection gates: what open gates and closed ones leave of the block."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.blocks import encoder
from neurogate.attention.layers.feature_selection import FeatureSelectionGates
from tests.attention.nearness import near


def gated(logit: float) -> FeatureSelectionGates:
    layer = FeatureSelectionGates(d_model=8, heads=2)
    layer.parameters.update({name: np.full(8, logit) for name in ("gate1", "gate2")})
    return layer


def test_open_gates_leave_the_plain_block(rng: np.random.Generator) -> None:
    layer, x, dy = gated(1e3), *rng.standard_normal((2, 2, 5, 8))
    y, cache = layer.forward(x)
    dx, gradients = layer.backward(dy, cache)
    plain, kept = encoder.forward(x, layer.parameters, heads=2, activation="gelu", eps=layer.eps)
    wanted, of_parameters = encoder.backward(dy, kept)
    assert near(y, plain)
    assert near(dx, wanted)
    assert all(near(gradients[name], of_parameters[name]) for name in of_parameters)


def test_closed_gates_leave_the_input(rng: np.random.Generator) -> None:
    layer, x, dy = gated(-1e3), *rng.standard_normal((2, 2, 5, 8))
    y, cache = layer.forward(x)
    assert np.array_equal(y, x)
    assert np.array_equal(layer.backward(dy, cache)[0], dy)


@pytest.mark.parametrize("logit", [-1e3, 1e3])
def test_gates_that_are_wide_open_or_shut_learn_nothing(logit: float, rng: np.random.Generator) -> None:
    layer, x = gated(logit), rng.standard_normal((2, 5, 8))
    y, cache = layer.forward(x)
    _, gradients = layer.backward(y, cache)
    assert not gradients["gate1"].any()
    assert not gradients["gate2"].any()


def test_gates_start_by_either_rule() -> None:
    xavier, he = (
        FeatureSelectionGates(d_model=8, heads=2, start=start, seed=3).parameters
        for start in ("xavier", "he")
    )
    np.testing.assert_allclose(he["gate1"], xavier["gate1"] * np.sqrt(9 / 8), rtol=1e-12)
    many = [FeatureSelectionGates(d_model=8, heads=2, seed=seed).parameters["gate2"] for seed in range(300)]
    assert np.std(many) == pytest.approx(np.sqrt(2 / 9), rel=0.05)
