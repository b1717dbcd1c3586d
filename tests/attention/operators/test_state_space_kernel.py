"""The kernel of a diagonal state space."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import state_space_kernel
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE

NAMES = ("log_step", "log_decay", "frequency", "b", "c")


def drawn(rng: np.random.Generator, modes: int, channels: int = 2) -> dict[str, np.ndarray]:
    shapes = ((channels,), *[(channels, modes)] * 2, *[(channels, modes, 2)] * 2)
    return {name: rng.standard_normal(shape) for name, shape in zip(NAMES, shapes, strict=True)}


@settings(max_examples=12)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 7), st.integers(0, 99))
def test_gradients_are_those_of_finite_differences(channels: int, modes: int, lags: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    arguments = drawn(rng, modes, channels)
    kernel, cache = state_space_kernel.forward(**arguments, lags=lags)
    dy = rng.standard_normal(kernel.shape)
    found = dict(zip(NAMES, state_space_kernel.backward(dy, cache), strict=True))
    check(rng, lambda **a: state_space_kernel.forward(**a, lags=lags)[0], arguments, found, dy)


def test_it_is_the_answer_of_the_recurrence_to_an_impulse(rng: np.random.Generator) -> None:
    given_ = drawn(rng, 3)
    kernel, _ = state_space_kernel.forward(**given_, lags=9)
    step = np.exp(given_["log_step"])[:, None]
    rate = step * (-np.exp(given_["log_decay"]) + 1j * given_["frequency"])
    b, c = (given_[name] @ [1, 1j] for name in ("b", "c"))
    h = b * step / (1 - rate / 2)
    for lag in range(9):
        wanted = 2 * (c * h).sum(axis=-1).real
        assert np.allclose(kernel[:, lag], wanted, atol=TOLERANCE["two ways", "float64"])
        h = h * (1 + rate / 2) / (1 - rate / 2)


def test_shapes_that_do_not_fit_are_a_sentence(rng: np.random.Generator) -> None:
    with pytest.raises(RequestError, match="one step for each channel"):
        state_space_kernel.forward(**(drawn(rng, 3) | {"b": np.ones((2, 3))}), lags=4)
