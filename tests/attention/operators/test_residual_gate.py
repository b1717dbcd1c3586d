"""The gate that adds a bent copy of a score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import residual_gate
from neurogate.errors import RequestError
from tests.attention.gradients import check

ACTIVATIONS = ["sigmoid", "tanh", "relu", "gelu", "softplus", "elu", "identity"]


@settings(max_examples=20)
@given(
    st.integers(0, 99), st.lists(st.integers(0, 5), min_size=1, max_size=3), st.sampled_from(ACTIVATIONS)
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(seed: int, shape: list[int], activation: str) -> None:
    rng = np.random.default_rng(seed)
    arguments = {"scores": rng.standard_normal(shape), "alpha": rng.random(1), "tau": rng.random(1)}
    y, cache = residual_gate.forward(**arguments, activation=activation)
    dy = rng.standard_normal(y.shape)
    found = dict(zip(arguments, residual_gate.backward(dy, cache), strict=True))
    check(rng, lambda **changed: residual_gate.forward(**changed, activation=activation)[0],
          arguments, found, dy)  # fmt: skip


def test_without_tau_scores_stay_and_without_bending_they_scale(rng: np.random.Generator) -> None:
    s = rng.standard_normal((3, 4))
    assert np.array_equal(residual_gate.forward(s, np.ones(1), np.zeros(1))[0], s)
    scaled, _ = residual_gate.forward(s, np.full(1, 2.0), np.full(1, 0.25), activation="identity")
    assert np.allclose(scaled, 1.5 * s)


def test_scales_of_several_numbers_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"alpha \(2,\), tau \(1,\)"):
        residual_gate.forward(np.ones(3), np.ones(2), np.ones(1))
