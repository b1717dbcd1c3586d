"""H3."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.layers.h3 import H3
from tests.attention.gradients import check_layer
from tests.tolerances import TOLERANCE


@pytest.mark.parametrize(("head", "state", "length"), [(1, 4, 7), (2, 8, 5), (4, 2, 1), (2, 4, 9)])
def test_gradients_are_those_of_finite_differences(
    head: int, state: int, length: int, rng: np.random.Generator
) -> None:
    layer = H3(d_model=4, d_head=head, d_state=state, l_max=6)
    check_layer(rng, layer, rng.standard_normal((2, length, 4)))


def test_at_the_start_the_shift_is_its_own_kernel(rng: np.random.Generator) -> None:
    layer = H3(d_model=4, d_state=6)
    _, cache = layer.forward(rng.standard_normal((1, 5, 4)))
    off = np.abs(cache.kernels[0] - layer.parameters["shift.c"][:, :5]).max()
    assert off <= TOLERANCE["two ways", "float64"]


def test_it_is_the_recurrence_of_its_states(rng: np.random.Generator) -> None:
    layer, x = H3(d_model=4, d_head=2, d_state=6, l_max=9), rng.standard_normal((1, 7, 4))
    p = layer.parameters
    q, k, v = (x[0] @ p[f"{name}.weight"].T + p[f"{name}.bias"] for name in "qkv")
    y, cache = layer.forward(x)
    shift, kernel = cache.kernels
    wanted = np.zeros((7, 4))
    for t in range(7):
        memory = np.zeros((2, 2, 2))  # head, place of the key, place of the value
        for s in range(t + 1):
            lags = range(min(s + 1, 6))
            key = sum(shift[:, lag] * k[s - lag] for lag in lags) + p["shift.skip"] * k[s]
            outer = key.reshape(2, 2)[:, :, None] * v[s].reshape(2, 2)[:, None]
            memory += (kernel[:, t - s] + p["skip"] * (s == t))[:, None, None] * outer
        asked = (q[t].reshape(2, 2)[:, :, None] * memory).sum(axis=1)
        wanted[t] = p["o.weight"] @ asked.T.ravel() + p["o.bias"]
    assert np.abs(y[0] - wanted).max() <= TOLERANCE["two ways", "float64"]


def test_settings_that_do_not_fit_are_a_sentence() -> None:
    with pytest.raises(ValueError, match="d_head is 3; it must divide d_model, 4"):
        H3(d_model=4, d_head=3)
    with pytest.raises(ValueError, match="d_state is 5; it must be even"):
        H3(d_state=5)
