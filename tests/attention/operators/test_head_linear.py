"""A linear map of each head's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import head_linear
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=5)
@given(st.integers(0, 9), st.booleans(), st.integers(0, 3))
def test_gradients_are_those_of_finite_differences(seed: int, biased: bool, length: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = {"x": (2, 3, length, 4), "weight": (3, 5, 4)} | ({"bias": (3, 5)} if biased else {})
    arguments = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    y, cache = head_linear.forward(**arguments)
    dy = rng.standard_normal(y.shape)
    found = dict(zip(arguments, head_linear.backward(dy, cache), strict=False))
    check(rng, lambda **changed: head_linear.forward(**changed)[0], arguments, found, dy)


def test_shapes_that_do_not_fit_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"x \(2, 3, 1, 4\), weight \(2, 5, 4\)"):
        head_linear.forward(np.ones((2, 3, 1, 4)), np.ones((2, 5, 4)))
    with pytest.raises(RequestError, match=r"bias \(5,\): bias is \(heads, e\)"):
        head_linear.forward(np.ones((2, 3, 1, 4)), np.ones((3, 5, 4)), np.ones(5))
