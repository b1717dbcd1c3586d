"""What layers have in common: their parameters."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from neurogate.attention import make
from neurogate.attention.arrays import Array
from neurogate.attention.layer import Layer, Parameters
from neurogate.errors import RequestError


@pytest.fixture
def layer() -> Layer:
    return make("base_conv", d_model=4)


def test_parameters_that_were_stored_are_loaded(layer: Layer, rng: np.random.Generator) -> None:
    other, x = make("base_conv", d_model=4, seed=7), rng.standard_normal((2, 5, 4))
    file = io.BytesIO()
    np.savez(file, **other.parameters)
    file.seek(0)
    with np.load(file) as stored:
        layer.load(stored)
    assert np.array_equal(layer.forward(x)[0], other.forward(x)[0])


def test_what_is_loaded_is_a_copy(layer: Layer) -> None:
    arrays = {name: array.copy() for name, array in layer.parameters.items()}
    layer.load(arrays)
    for array in layer.parameters.values():
        array += 1
    assert not any(np.array_equal(arrays[name], array) for name, array in layer.parameters.items())


def test_what_does_not_fit_is_a_sentence_and_changes_nothing(layer: Layer) -> None:
    good = {name: 2 * array + 1 for name, array in layer.parameters.items()}
    name = next(reversed(good))
    before = {key: array.copy() for key, array in layer.parameters.items()}
    for arrays, sentence in (
        ({key: array for key, array in good.items() if key != name}, rf"^{name} is missing\. Give "),
        (list(good.values()), r"^list is given\. Give a mapping of names to arrays\.$"),
        (None, r"^NoneType is given\. Give a mapping"),
        (good | {"other.weight": good[name]}, r"^other\.weight is none of the parameters\. Give "),
        (good | {name: good[name][None]}, rf"^{name} \(1, .+the parameter must be \("),
        (good | {name: good[name].tolist()}, rf"^{name} is list"),
        (good | {name: good[name].astype(int)}, rf"^{name} is an array of int64"),
    ):
        with pytest.raises(RequestError, match=sentence):
            layer.load(arrays)
        assert all(np.array_equal(before[key], array) for key, array in layer.parameters.items())


def test_a_parameter_that_was_deleted_can_be_loaded_again(layer: Layer, rng: np.random.Generator) -> None:
    kept, x = {name: array.copy() for name, array in layer.parameters.items()}, rng.standard_normal((1, 5, 4))
    wanted, _ = layer.forward(x)
    del layer.parameters["conv.weight"]
    with pytest.raises(RequestError, match=r"^conv\.weight is missing\. Give .*conv\.weight"):
        layer.load(layer.parameters)
    layer.load(kept)
    assert np.array_equal(layer.forward(x)[0], wanted)


@pytest.mark.parametrize("library", ["cupy", None, 3])
def test_parameters_move_to_a_library_alone(layer: Layer, library: object) -> None:
    with pytest.raises(RequestError, match=r"^xp is .*\. Give the module numpy or cupy\.$"):
        layer.to(library)


class Doubling(Layer):
    """A layer of one's own that does not say what its cache is."""

    def initial(self, rng: np.random.Generator) -> Parameters:
        return {}

    def forward(self, *inputs: Any, **more: Any) -> tuple[Array, Any]:
        return 2 * inputs[0], inputs[0].shape

    def backward(self, dy: Array, cache: Any) -> tuple[Array, Parameters]:
        assert dy.shape == cache
        return 2 * dy, {}


def test_a_layer_that_does_not_say_what_its_cache_is_takes_any() -> None:
    y, cache = Doubling().forward(np.ones((2, 3)))
    assert (Doubling().backward(y, cache)[0] == 4).all()
