"""The linear map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import linear
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=20)
@given(
    st.integers(0, 99), st.lists(st.integers(1, 4), max_size=3), st.integers(1, 4), st.integers(1, 4),
    st.booleans(),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, batch: list[int], inputs: int, outputs: int, biased: bool
) -> None:
    rng = np.random.default_rng(seed)
    shapes = {"x": (*batch, inputs), "weight": (outputs, inputs)} | ({"bias": (outputs,)} if biased else {})
    arguments = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    y, cache = linear.forward(**arguments)
    assert np.allclose(
        y, np.einsum("...d,ed->...e", *list(arguments.values())[:2]) + arguments.get("bias", 0)
    )
    dy = rng.standard_normal(y.shape)
    found = dict(zip(arguments, linear.backward(dy, cache), strict=False))
    check(rng, lambda **changed: linear.forward(**changed)[0], arguments, found, dy)
    dx, *rest = linear.backward(dy, cache, learnt=False)
    assert np.array_equal(dx, found["x"])
    assert rest == [None, None]


def test_shapes_that_do_not_fit_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"x \(2, 3\)"):
        linear.forward(np.ones((2, 3)), np.ones((4, 2)))
