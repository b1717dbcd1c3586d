"""The decoder layer: its gradients, what it does not see, and that earlier tokens are kept, not repeated."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.blocks import decoder
from tests.attention.gradients import check
from tests.tolerances import TOLERANCE

NORMS = pytest.mark.parametrize("norm", ["pre", "post"])
NEAR = TOLERANCE["two ways", "float64"]


def drawn(rng: np.random.Generator, length: int = 5) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    p = {name: array + 0.1 * rng.standard_normal(array.shape)
         for name, array in decoder.initial(rng, 4, 6).items()}  # fmt: skip
    return p, rng.standard_normal((2, length, 4)), rng.standard_normal((2, 3, 4))


@settings(max_examples=4)
@given(seed=st.integers(0, 99), length=st.integers(1, 5), norm=st.sampled_from(["pre", "post"]),
       masked=st.booleans())  # fmt: skip
def test_gradients(seed: int, length: int, norm: Literal["pre", "post"], masked: bool) -> None:
    rng = np.random.default_rng(seed)
    p, x, memory = drawn(rng, length)
    seen = np.array([True, False, True]) if masked else None
    dy = rng.standard_normal(x.shape)

    def run(x: np.ndarray, memory: np.ndarray, **p: np.ndarray) -> tuple[np.ndarray, decoder.Cache]:
        return decoder.forward(x, memory, p, heads=2, norm=norm, activation="silu", seen=seen, eps=0.1)

    dx, dmemory, gradients = decoder.backward(dy, run(x, memory, **p)[1])
    arguments = {"x": x, "memory": memory, **p}
    check(rng, lambda **g: run(**g)[0], arguments, {"x": dx, "memory": dmemory, **gradients}, dy)


@NORMS
def test_no_token_sees_a_later_one(norm: Any, rng: np.random.Generator) -> None:
    p, x, memory = drawn(rng)
    changed = x.copy()
    changed[:, 3:] += 1
    y, other = (decoder.forward(each, memory, p, heads=2, norm=norm)[0] for each in (x, changed))
    assert np.array_equal(y[:, :3], other[:, :3])
    assert not np.allclose(y[:, 3:], other[:, 3:])


@NORMS
def test_token_by_token_is_all_at_once(norm: Any, rng: np.random.Generator) -> None:
    p, x, memory = drawn(rng)
    past, steps = None, []
    for t in range(5):
        y, cache = decoder.forward(x[:, t : t + 1], memory, p, heads=2, norm=norm, past=past)
        past = cache.keys
        steps.append(y)
    whole = decoder.forward(x, memory, p, heads=2, norm=norm)[0]
    np.testing.assert_allclose(np.concatenate(steps, axis=1), whole, rtol=0, atol=NEAR)


def test_what_is_hidden_of_the_memory_does_not_count_and_its_order_neither(rng: np.random.Generator) -> None:
    p, x, memory = drawn(rng)
    y = decoder.forward(x, memory[:, :2], p, heads=2)[0]
    hidden = decoder.forward(x, memory, p, heads=2, seen=np.array([True, True, False]))[0]
    np.testing.assert_allclose(hidden, y, rtol=0, atol=NEAR)
    turned = decoder.forward(x, memory[:, 1::-1], p, heads=2)[0]
    np.testing.assert_allclose(turned, y, rtol=0, atol=NEAR)
