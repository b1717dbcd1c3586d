"""Gates that multiply or add."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import gate
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=20)
@given(
    st.integers(0, 99), st.lists(st.tuples(st.integers(1, 5), st.booleans()), min_size=1, max_size=4),
    st.sampled_from(["sigmoid", "silu"]), st.sampled_from(["multiply", "add"]),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, axes: list[tuple[int, bool]], activation: str, combine: gate.Combine
) -> None:
    rng = np.random.default_rng(seed)
    shapes = {"u": [n for n, _ in axes], "logits": [1 if once else n for n, once in axes]}
    arguments = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    how = {"activation": activation, "combine": combine}
    y, cache = gate.forward(**arguments, **how)
    dy = rng.standard_normal(y.shape)
    found = dict(zip(arguments, gate.backward(dy, cache), strict=True))
    check(rng, lambda **changed: gate.forward(**changed, **how)[0], arguments, found, dy)


def test_a_gate_is_open_far_up_and_closed_far_down(rng: np.random.Generator) -> None:
    u = rng.standard_normal((3, 4))
    far = np.full((1, 1), 1e4)
    assert np.array_equal(gate.forward(u, far)[0], u)
    assert not gate.forward(u, -far)[0].any()


def test_logits_that_do_not_broadcast_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"u \(3, 4\), logits \(3, 2\): the logits must broadcast to u"):
        gate.forward(np.ones((3, 4)), np.ones((3, 2)))
