"""Control-aided attention: what it should learn, and where gradients may not go."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.layers.control_aided import ControlAided, guided, saliency
from neurogate.attention.layers.feature_selection import FeatureSelectionGates
from neurogate.attention.operators.batch_norm import Running
from neurogate.attention.training.losses import mean_squared_error
from neurogate.errors import RequestError
from tests.attention.gradients import check, check_layer
from tests.attention.oracles.caa import ToyHead


@settings(max_examples=5)
@given(seed=st.integers(0, 99), batch=st.integers(1, 3), length=st.integers(2, 5), training=st.booleans())
def test_gradients(seed: int, batch: int, length: int, training: bool) -> None:
    rng = np.random.default_rng(seed)
    running = Running(rng.standard_normal(4), rng.random(4) + 0.5)
    x = rng.standard_normal((batch, length, 4))
    check_layer(rng, ControlAided(d_model=4, eps=0.1), x, running=running, training=training)


def test_the_saliency_of_a_linear_head_is_the_same_everywhere(rng: np.random.Generator) -> None:
    class Linear(ToyHead):
        def forward(self, x: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
            return (x @ self.weight).mean(axis=1), (x, np.zeros((*x.shape[:2], 1)))

    head = Linear(rng.standard_normal((4, 3)))
    found = saliency(head, rng.standard_normal((2, 5, 4)))
    np.testing.assert_allclose(found, np.broadcast_to(head.weight.mean(axis=1) / 5, (2, 5, 4)), rtol=1e-12)


@pytest.mark.parametrize("steps", [slice(None), slice(1, 3)])
def test_saliency_is_the_slope_of_the_mean_control(steps: slice, rng: np.random.Generator) -> None:
    head, x = FeatureSelectionGates(d_model=4, heads=2), rng.standard_normal((2, 5, 4))

    def means(x: np.ndarray) -> np.ndarray:
        return head.forward(x)[0][:, steps].mean(axis=(1, 2))

    check(rng, means, {"x": x}, {"x": saliency(head, x, steps)}, np.ones(2))


def test_gradients_of_the_features_hold_the_saliency_constant(rng: np.random.Generator) -> None:
    layer, head = ControlAided(d_model=4), ToyHead(rng.standard_normal((4, 3)))
    x, targets = rng.standard_normal((2, 5, 4)), rng.standard_normal((2, 3))
    found = guided(layer, head, x, lambda u: mean_squared_error(u, targets))

    def loss(x: np.ndarray) -> np.ndarray:
        refined, cache = layer.forward(x)
        close, _ = mean_squared_error(cache.attention, found.saliency)
        return np.asarray(close + mean_squared_error(head.forward(refined)[0], targets)[0])

    check(rng, loss, {"x": x}, {"x": found.dfeatures}, np.float64(1.0))


def test_the_head_learns_from_the_second_pass_alone(rng: np.random.Generator) -> None:
    layer, head = ControlAided(d_model=4), ToyHead(rng.standard_normal((4, 3)))
    x, targets = rng.standard_normal((2, 5, 4)), rng.standard_normal((2, 3))
    found = guided(layer, head, x, lambda u: mean_squared_error(u, targets))
    u, cache = head.forward(layer.forward(x)[0])
    _, second = head.backward(mean_squared_error(u, targets)[1], cache)
    assert np.array_equal(found.head["weight"], second["weight"])
    idle = guided(layer, head, x, lambda u: mean_squared_error(u, u))
    assert (idle.head["weight"] == 0).all()
    assert (idle.layer["outer.weight"] != 0).any()


def test_evaluation_uses_running_statistics_and_sees_one_sample_at_a_time(rng: np.random.Generator) -> None:
    layer, x = ControlAided(d_model=4), rng.standard_normal((3, 5, 4))
    running = None
    for _ in range(300):
        _, cache = layer.forward(x, running)
        running = cache.running
    together, _ = layer.forward(x, running, training=False)
    alone, _ = layer.forward(x[:1], running, training=False)
    np.testing.assert_allclose(alone, together[:1], rtol=1e-12)
    np.testing.assert_allclose(together, layer.forward(x)[0], atol=0.1)


def test_no_features_give_an_empty_output_and_move_no_statistics() -> None:
    before = Running(np.arange(4.0), np.ones(4))
    y, cache = ControlAided(d_model=4).forward(np.ones((2, 0, 4)), before)
    assert y.shape == (2, 0, 4)
    assert np.array_equal(cache.running.mean, before.mean)


def test_another_width_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"x \(2, 3, 5\): x must be \(batch, length, 4\)"):
        ControlAided(d_model=4).forward(np.ones((2, 3, 5)))
