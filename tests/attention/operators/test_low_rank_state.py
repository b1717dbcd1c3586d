"""A state that is a sum of outer products."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import low_rank_state
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=12)
@given(
    st.integers(0, 99), st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4),
    st.floats(0.02, 2.0),
)  # fmt: skip
def test_it_is_its_equation_and_its_gradients_are_those_of_finite_differences(
    seed: int, rank: int, heads: int, width: int, values: int, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    shapes = {"kappa": (rank, heads, width), "nu": (rank, heads, values)}
    arguments = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    y, cache = low_rank_state.forward(**arguments, scale=scale)
    assert np.allclose(y, scale * np.einsum("rhk,rhv->hkv", *arguments.values()), rtol=0, atol=1e-12)
    dy = rng.standard_normal(y.shape)
    found = dict(zip(arguments, low_rank_state.backward(dy, cache), strict=True))
    check(rng, lambda **changed: low_rank_state.forward(**changed, scale=scale)[0], arguments, found, dy)


def test_shapes_that_do_not_fit_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"kappa \(2, 3, 4\), nu \(2, 1, 4\)"):
        low_rank_state.forward(np.ones((2, 3, 4)), np.ones((2, 1, 4)))
