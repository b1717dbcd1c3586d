"""The gated recurrent unit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import gru
from neurogate.errors import RequestError
from tests.attention.gradients import check
from tests.attention.nearness import near
from tests.tolerances import TOLERANCE

NAMES = ("x", "weight", "recurrent_weight", "bias", "recurrent_bias", "state")


def drawn(
    rng: np.random.Generator, length: int = 5, inputs: int = 3, hidden: int = 4
) -> dict[str, np.ndarray]:
    rows = 3 * hidden
    shapes = ((2, length, inputs), (rows, inputs), (rows, hidden), (rows,), (rows,), (2, hidden))
    return {name: rng.standard_normal(shape) for name, shape in zip(NAMES, shapes, strict=True)}


@settings(max_examples=12)
@given(
    st.integers(0, 6), st.integers(1, 3), st.integers(1, 4), st.booleans(), st.booleans(), st.integers(0, 99)
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    length: int, inputs: int, hidden: int, biased: bool, carried: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    arguments = drawn(rng, length, inputs, hidden)
    for name in (() if biased else ("bias", "recurrent_bias")) + (() if carried else ("state",)):
        del arguments[name]
    y, cache = gru.forward(**arguments)
    dy = rng.standard_normal(y.shape)
    found = zip(NAMES, gru.backward(dy, cache), strict=True)
    named = {name: gradient for name, gradient in found if gradient is not None}
    check(rng, lambda **a: gru.forward(**a)[0], arguments, named, dy)


@pytest.mark.parametrize("cut", [0, 1, 4, 5])
def test_a_carried_state_is_one_pass(cut: int, rng: np.random.Generator) -> None:
    arguments = drawn(rng)
    x, state = arguments.pop("x"), arguments.pop("state")
    whole, last = gru.forward(x, **arguments, state=state)
    first, cache = gru.forward(x[:, :cut], **arguments, state=state)
    second, end = gru.forward(x[:, cut:], **arguments, state=cache.state)
    off = np.abs(np.concatenate([first, second], axis=1) - whole).max()
    assert max(off, np.abs(end.state - last.state).max()) <= TOLERANCE["two ways", "float64"]


def test_a_closed_update_gate_keeps_what_is_new_and_an_open_one_what_was(rng: np.random.Generator) -> None:
    arguments = drawn(rng)
    for size, wanted in ((-1e3, None), (1e3, arguments["state"])):
        arguments["bias"] = np.concatenate([np.zeros(4), np.full(4, size), np.zeros(4)])
        h, cache = gru.forward(**arguments)
        found = h if wanted is None else h - wanted[:, None]
        new = cache.gates[2].swapaxes(0, 1) if wanted is None else 0
        assert np.abs(found - new).max() <= TOLERANCE["arithmetic", "float64"]


@pytest.mark.parametrize(("name", "shape"), [
    ("weight", (9, 3)), ("weight", (12, 2)), ("recurrent_weight", (12, 3)), ("bias", (11,)),
    ("recurrent_bias", (4,)), ("state", (2, 3)), ("x", (5, 3)),
])  # fmt: skip
def test_shapes_that_do_not_fit_are_a_sentence(
    name: str, shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    with pytest.raises(RequestError, match=r"\(.*\): .+\.$"):
        gru.forward(**(drawn(rng) | {name: np.ones(shape)}))


def test_one_bias_without_the_other_is_a_sentence(rng: np.random.Generator) -> None:
    arguments = drawn(rng)
    del arguments["recurrent_bias"]
    with pytest.raises(RequestError, match="both biases or neither"):
        gru.forward(**arguments)


def test_float32_agrees_with_float64(rng: np.random.Generator) -> None:
    arguments = drawn(rng)
    y, cache = gru.forward(**arguments)
    dy = rng.standard_normal(y.shape)
    short, kept = gru.forward(**{name: array.astype("float32") for name, array in arguments.items()})
    assert near(short, y, "float32")
    assert all(map(near, gru.backward(dy, kept), gru.backward(dy, cache), ["float32"] * 6))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("batch", "hidden"), [(0, 3), (1, 1), (3, 0), (5, 7), (8, 256)])
def test_the_few_calls_of_a_cpu_do_what_the_formula_of_a_gpu_says(
    batch: int, hidden: int, dtype: str, rng: np.random.Generator
) -> None:
    weight = rng.standard_normal((3 * hidden, hidden)).astype(dtype)
    x, before = (rng.standard_normal(shape).astype(dtype) for shape in ((3, batch, hidden), (batch, hidden)))
    shift, inner = weight[:hidden].sum(axis=1), gru._by_gate(gru._matrices(weight), before)
    assert near(inner, (before @ weight.T).reshape(batch, 3, hidden).swapaxes(0, 1), dtype)
    (after, wanted), (gates, others) = (
        np.empty((2, batch, hidden), dtype),
        np.empty((2, 4, batch, hidden), dtype),
    )
    gru._step(x, inner, shift, before, after, gates)
    gru._formula(*x, *inner, shift, before, wanted, *others)
    assert near(after, wanted, dtype)
    assert near(gates, others, dtype)
