"""The drift projector, and projectors one after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.layers.drift_projector import DriftProjector, cascaded
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer


@settings(max_examples=5)
@given(seed=st.integers(0, 99), batch=st.integers(1, 3), tokens=st.integers(1, 4), width=st.integers(2, 4))
def test_gradients(seed: int, batch: int, tokens: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    layer = DriftProjector(d_model=width, tokens=tokens, eps=0.1)
    check_layer(rng, layer, rng.standard_normal((batch, tokens, width)))


def test_the_norm_is_over_patches_and_features_together(rng: np.random.Generator) -> None:
    layer = DriftProjector(d_model=4, tokens=3)
    for name in ("inner", "outer"):
        layer.parameters.update({f"{name}.weight": np.eye(4), f"{name}.bias": np.zeros(4)})
    layer.parameters["norm.bias"] += 10.0  # all above the bend
    y, _ = layer.forward(rng.standard_normal((2, 3, 4)))
    np.testing.assert_allclose(y.mean(axis=(1, 2)), 10.0, rtol=1e-12)
    np.testing.assert_allclose(y.var(axis=(1, 2)), 1.0, rtol=1e-4)
    assert (np.abs(y.var(axis=2) - 1.0) > 1e-3).any()


def test_the_newest_projector_comes_first(rng: np.random.Generator) -> None:
    first, second = (DriftProjector(d_model=4, tokens=3, seed=seed) for seed in (1, 2))
    x = rng.standard_normal((2, 3, 4))
    wanted = first.forward(second.forward(x)[0])[0]
    assert np.array_equal(cascaded(x, [first, second], task=0), wanted)
    assert np.array_equal(cascaded(x, [first, second], task=1), second.forward(x)[0])
    assert np.array_equal(cascaded(x, [first, second], task=2), x)


def test_a_task_that_is_not_there_is_a_sentence() -> None:
    layers = [DriftProjector(d_model=2, tokens=1)]
    for task in (-1, 2):
        with pytest.raises(RequestError, match=rf"task is {task}\. Give a whole number from 0 to 1"):
            cascaded(np.ones((1, 1, 2)), layers, task=task)
