"""The gated linear unit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.blocks import glu
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=5)
@given(st.integers(0, 9), st.sampled_from(["silu", "sigmoid"]))
def test_gradients_are_those_of_finite_differences(seed: int, activation: str) -> None:
    rng = np.random.default_rng(seed)
    p = glu.initial(rng, 4, 3, sd=0.5)
    x, dy = rng.standard_normal((2, 2, 5, 4))
    dx, found = glu.backward(dy, glu.forward(x, p, activation=activation)[1])

    def forward(x: np.ndarray, **parameters: np.ndarray) -> np.ndarray:
        return glu.forward(x, parameters, activation=activation)[0]

    check(rng, forward, {"x": x} | p, {"x": dx} | found, dy)


def test_widths_that_do_not_fit_are_a_sentence(rng: np.random.Generator) -> None:
    with pytest.raises(RequestError, match=r"x \(2, 5\), weight \(3, 4\)"):
        glu.forward(np.ones((2, 5)), glu.initial(rng, 4, 3))
