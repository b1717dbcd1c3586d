"""What holds for every gate that can be given a sequence piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from neurogate.attention.catalogue import CATALOGUE, layer_class
from neurogate.attention.layer import RecurrentLayer
from neurogate.errors import RequestError
from tests.attention.examples import EXAMPLES, example_layer
from tests.attention.nearness import near

RECURRENT = [entry.name for entry in CATALOGUE if issubclass(layer_class(entry.name), RecurrentLayer)]


def pieces(length: int) -> Iterator[int]:
    yield from sorted({1, length // 2, length - 1})


@pytest.mark.parametrize("name", RECURRENT)
def test_a_carried_state_is_one_pass(name: str, rng: np.random.Generator) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    assert isinstance(layer, RecurrentLayer)
    (x,) = example.inputs(rng)
    whole, _ = layer.forward(x)
    for cut in pieces(x.shape[1]):
        first, cache = layer.forward(x[:, :cut])
        second, _ = layer.forward(x[:, cut:], cache.state)
        assert near(np.concatenate([first, second], axis=1), whole)


@pytest.mark.parametrize("name", RECURRENT)
def test_steps_are_one_pass(name: str, rng: np.random.Generator) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    assert isinstance(layer, RecurrentLayer)
    (x,) = example.inputs(rng)
    whole, _ = layer.forward(x)
    state = layer.start(len(x))
    for t in range(x.shape[1]):
        y, state = layer.step(x[:, t], state)
        assert near(y, whole[:, t])


@pytest.mark.parametrize("name", RECURRENT)
def test_a_step_from_nothing_is_the_first(name: str, rng: np.random.Generator) -> None:
    layer, (x,) = example_layer(name), EXAMPLES[name].inputs(rng)
    assert isinstance(layer, RecurrentLayer)
    assert near(layer.step(x[:, 0], None)[0], layer.step(x[:, 0], layer.start(len(x)))[0])


@pytest.mark.parametrize("name", RECURRENT)
def test_a_state_of_another_batch_or_kind_is_a_sentence(name: str, rng: np.random.Generator) -> None:
    layer, (x,) = example_layer(name), EXAMPLES[name].inputs(rng)
    assert isinstance(layer, RecurrentLayer)
    for bad in (layer.start(len(x) + 1), np.ones((2, 3)), "state"):
        with pytest.raises(RequestError):
            layer.forward(x, bad)
        with pytest.raises(RequestError):
            layer.step(x[:, 0], bad)


def spoilt(state: Any, wrong: Any) -> Iterator[Any]:
    """Yield a state again and again, each time with something wrong for another part of it."""
    if not isinstance(state, tuple):
        yield wrong
        return
    for i, part in enumerate(state):
        for bad in spoilt(part, wrong) if part is not None else ():
            parts = *state[:i], bad, *state[i + 1 :]
            yield type(state)(*parts) if hasattr(state, "_fields") else parts


@pytest.mark.parametrize("name", RECURRENT)
def test_each_part_of_a_state_is_looked_at(name: str, rng: np.random.Generator) -> None:
    layer, (x,) = example_layer(name), EXAMPLES[name].inputs(rng)
    assert isinstance(layer, RecurrentLayer)
    state = layer.start(len(x))
    for wrong in ("", [], -1, 0.5, np.array(1.0), np.ones((len(x) + 1, 1)), np.ones((len(x), 1), "float16")):
        for bad in spoilt(state, wrong):
            with pytest.raises(RequestError):
                layer.step(x[:, 0], bad)
    for bad in spoilt(state, None) if isinstance(state, tuple) else ():
        with pytest.raises(RequestError):
            layer.step(x[:, 0], bad)


@pytest.mark.parametrize("name", RECURRENT)
def test_a_step_of_another_width_is_told_as_it_was_given(name: str) -> None:
    layer = example_layer(name)
    width = EXAMPLES[name].shapes[0][-1]
    for shape in ((2, width + 1), (2, 1, width), (width,)):
        with pytest.raises(RequestError) as told:
            layer.step(np.ones(shape), None)
        assert str(told.value) == f"x {shape}: x must be (batch, {width})."


@pytest.mark.parametrize("name", RECURRENT)
def test_a_state_of_no_number_of_sequences_is_a_sentence(name: str) -> None:
    layer = example_layer(name)
    assert isinstance(layer, RecurrentLayer)
    for batch in (-1, 1.5, "two", None):
        with pytest.raises(RequestError, match=r"^batch is .+ sequences, of at least 0\.$"):
            layer.start(batch)  # type: ignore[arg-type]
    with pytest.raises(RequestError, match="Give the module numpy or cupy"):
        layer.start(1, "numpy")
