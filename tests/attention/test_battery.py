"""What holds for every gate of the catalogue."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.catalogue import CATALOGUE, layer_class
from neurogate.attention.layer import Layer
from neurogate.errors import RequestError
from tests.attention import standin
from tests.attention.examples import EXAMPLES, D, example_layer
from tests.attention.gradients import check_along_one_line, check_layer
from tests.attention.nearness import near

NAMES = [entry.name for entry in CATALOGUE]
CAUSAL = [name for name in NAMES if name in EXAMPLES and EXAMPLES[name].causal]
ONE_BY_ONE = [name for name in NAMES if name in EXAMPLES and not EXAMPLES[name].over_batch]
ANY_LENGTH = [name for name in NAMES if name in EXAMPLES and EXAMPLES[name].length]


def run(layer: Layer, inputs: tuple[np.ndarray, ...], more: Any) -> tuple[np.ndarray, ...]:
    """Return the output, the gradients of the inputs, and those of the parameters in order of their names."""
    y, cache = layer.forward(*inputs, **more)
    dx, gradients = layer.backward(np.ones_like(y), cache)
    return y, *(dx if isinstance(dx, tuple) else (dx,)), *(gradients[name] for name in sorted(gradients))


def test_there_is_an_example_of_each() -> None:
    assert EXAMPLES.keys() == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_shapes_and_number_types_are_those_of_what_was_given(
    name: str, dtype: str, rng: np.random.Generator
) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    inputs = example.inputs(rng, dtype)
    y, cache = layer.forward(*inputs, **example.more())
    dx, gradients = layer.backward(np.ones_like(y), cache)
    found = dx if isinstance(dx, tuple) else (dx,)
    assert y.dtype == dtype
    assert [array.shape for array in found] == [array.shape for array in inputs]
    assert {key: array.shape for key, array in gradients.items()} == {
        key: array.shape for key, array in layer.parameters.items()
    }
    assert {str(array.dtype) for array in (*found, *gradients.values())} == {dtype}


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_those_of_finite_differences(name: str, rng: np.random.Generator) -> None:
    example = EXAMPLES[name]
    check_layer(rng, example_layer(name), *example.inputs(rng), **example.more())


@pytest.mark.parametrize("name", ANY_LENGTH)
@settings(max_examples=3)
@given(batch=st.integers(1, 3), length=st.integers(1, 7), seed=st.integers(0, 2**32 - 1))
def test_gradients_of_any_batch_and_length_are_those_of_finite_differences(
    name: str, batch: int, length: int, seed: int
) -> None:
    rng, example = np.random.default_rng(seed), EXAMPLES[name]
    if name == "gpsa":
        length **= 2  # its tokens fill a square
    (_, _, *width), *rest = example.shapes
    shapes = [(batch, length, *width), *((batch, *shape[1:]) for shape in rest)]
    layer = example_layer(name)
    for key, array in layer.parameters.items():  # off the start, where many gradients are 0
        layer.parameters[key] = array + 0.1 * rng.standard_normal(array.shape)
    check_along_one_line(rng, layer, *map(rng.standard_normal, shapes), **example.more())


@pytest.mark.parametrize("name", NAMES)
def test_a_gradient_of_another_library_is_a_sentence(
    name: str, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    y, cache = layer.forward(*example.inputs(rng), **example.more())
    dy = standin.installed(monkeypatch).asarray(np.ones_like(y))
    with pytest.raises(RequestError, match="libraries are mixed: dy is of cupy, the output is of numpy"):
        layer.backward(dy, cache)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("dtype", "other"), [("float32", "float64"), ("float64", "float32")])
def test_gradients_are_of_the_number_type_of_the_forward(
    name: str, dtype: str, other: str, rng: np.random.Generator
) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    y, cache = layer.forward(*example.inputs(rng, dtype), **example.more())
    dx, gradients = layer.backward(np.ones(y.shape, other), cache)
    found = dx if isinstance(dx, tuple) else (dx,)
    assert {str(array.dtype) for array in (*found, *gradients.values())} == {dtype}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_was_given_is_changed_and_twice_gives_the_same_bits(
    name: str, rng: np.random.Generator
) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    inputs, more = example.inputs(rng), example.more()
    kept = [array.copy() for array in (*inputs, *layer.parameters.values())]
    first, again = run(layer, inputs, more), run(example_layer(name), inputs, more)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    now = (*inputs, *layer.parameters.values())
    assert all(np.array_equal(a, b) for a, b in zip(kept, now, strict=True))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extreme_inputs_give_no_nan(name: str, dtype: str, rng: np.random.Generator) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    inputs = tuple(np.float32(1e4).astype(dtype) * array for array in example.inputs(rng, dtype))
    assert all(np.isfinite(array).all() for array in run(layer, inputs, example.more()))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_no_number_comes_out_as_none_without_a_warning(
    name: str, dtype: str, rng: np.random.Generator
) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    x, *rest = example.inputs(rng, dtype)
    x[(0,) * x.ndim] = np.nan
    y, *_ = run(layer, (x, *rest), example.more())
    assert np.isnan(y).any()


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_as_many_as_the_formula_says(name: str) -> None:
    assert example_layer(name).count == EXAMPLES[name].count


@pytest.mark.parametrize("name", NAMES)
def test_whole_numbers_and_wrong_widths_are_a_sentence(name: str, rng: np.random.Generator) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    inputs, more = example.inputs(rng), example.more()
    with pytest.raises(RequestError, match=r"is an array of int64"):
        layer.forward(*(array.astype(int) for array in inputs), **more)
    with pytest.raises(RequestError, match=r"\(.*\)"):
        layer.forward(np.ones((1, 2, 3, 4, 5, 6)), *inputs[1:], **more)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_array_of_floating_point_numbers_is_a_sentence(
    name: str, rng: np.random.Generator
) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    (x, *rest), more = example.inputs(rng), example.more()
    masked, matrix = np.ma.masked_array(x, x > 0), x.reshape(len(x), -1).view(np.matrix)
    for bad in (None, x.tolist(), x.astype(np.float16), x.astype(">f8"), x + 0j, masked, matrix):
        with pytest.raises(RequestError, match="Give"):
            layer.forward(bad, *rest, **more)


@pytest.mark.parametrize("name", NAMES)
def test_a_gradient_of_another_shape_is_a_sentence(name: str, rng: np.random.Generator) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    y, cache = layer.forward(*example.inputs(rng), **example.more())
    others = {(len(y) + 1, *y.shape[1:]), (*y.shape[:-1], y.shape[-1] + 1), y.shape[1:], (y.size,)}
    for shape in (others | set(itertools.permutations(y.shape))) - {y.shape}:
        with pytest.raises(RequestError, match=r"\(.*\)"):
            layer.backward(np.ones(shape), cache)
    for bad in (None, 1.0, y.tolist(), np.array(1.0)):
        with pytest.raises(RequestError, match=r"d[yo]|x"):
            layer.backward(bad, cache)


@pytest.mark.parametrize("name", NAMES)
def test_a_cache_that_is_none_of_its_own_is_a_sentence(name: str, rng: np.random.Generator) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    y, cache = layer.forward(*example.inputs(rng), **example.more())
    other = example_layer("hyena_mlp" if name != "hyena_mlp" else "based")
    of_another = other.forward(np.ones((2, 5, D)))[1]
    for bad in (None, (), {}, "cache", y, tuple(cache), [*cache], of_another, type(cache)):
        with pytest.raises(
            RequestError, match=rf"cache is .* the forward of {type(layer).__name__} returned"
        ):
            layer.backward(np.ones_like(y), bad)


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_that_is_gone_or_does_not_fit_is_named(name: str, rng: np.random.Generator) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    inputs, more = example.inputs(rng), example.more()
    for key, array in [*layer.parameters.items()]:
        del layer.parameters[key]
        with pytest.raises(RequestError, match=rf"^The parameter {key} is missing\. Give it again; it was "):
            layer.forward(*inputs, **more)
        layer.parameters[key] = np.ones((7, *array.shape, 7))
        with pytest.raises(RequestError) as told:
            layer.forward(*inputs, **more)
        now = layer.parameters[key].shape
        assert str(told.value).endswith(f"The parameter {key} is {now}; it was {array.shape}.")
        assert str(told.value).count("The parameter") == 1
        layer.parameters[key] = array
    layer.forward(*inputs, **more)


@pytest.mark.parametrize("name", NAMES)
def test_how_numbers_lie_in_memory_does_not_matter(name: str, rng: np.random.Generator) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    inputs, more = example.inputs(rng), example.more()
    apart = tuple(np.repeat(array[..., ::-1], 2, axis=-1)[..., ::-2] for array in inputs)
    for array in apart:
        array.flags.writeable = False
    for found, wanted in zip(run(layer, apart, more), run(layer, inputs, more), strict=True):
        assert near(found, wanted)


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_of_none_is_allowed(name: str, rng: np.random.Generator) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    y, *gradients = run(layer, tuple(array[:0] for array in example.inputs(rng)), example.more())
    assert len(y) == 0
    assert all(np.isfinite(array).all() for array in gradients)


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_one_of_a_batch_is_what_it_is_alone(name: str, rng: np.random.Generator) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    inputs, more = example.inputs(rng), example.more()
    together, _ = layer.forward(*inputs, **more)
    alone, _ = layer.forward(*(array[:1] for array in inputs), **more)
    assert near(alone, together[:1])


@pytest.mark.parametrize("name", CAUSAL)
def test_what_comes_later_changes_nothing_before(name: str, rng: np.random.Generator) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    (x, *rest), more = example.inputs(rng), example.more()
    before, _ = layer.forward(x, *rest, **more)
    for t in range(1, x.shape[1]):
        moved = x.copy()
        moved[:, t] += 1.0
        after, _ = layer.forward(moved, *rest, **more)
        assert near(after[:, :t], before[:, :t])
        assert not near(after[:, t:], before[:, t:])


@pytest.mark.parametrize("name", ANY_LENGTH)
def test_a_single_step_and_none_at_all_are_allowed(name: str, rng: np.random.Generator) -> None:
    layer, example = example_layer(name), EXAMPLES[name]
    (x, *rest), more = example.inputs(rng), example.more()
    for length in (1, 0):
        y, cache = layer.forward(x[:, :length], *rest, **more)
        assert y.shape[1] == length
        layer.backward(np.ones_like(y), cache)


@pytest.mark.parametrize("name", NAMES)
def test_other_seeds_start_elsewhere_and_the_same_seed_at_the_same_place(name: str) -> None:
    settings = EXAMPLES[name].settings
    first, same, other = (make(name, **settings, seed=seed).parameters for seed in (0, 0, 1))
    assert all(np.array_equal(first[key], same[key]) for key in first)
    assert EXAMPLES[name].drawn == any(not np.array_equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_the_catalogue_is_complete(entry: Any) -> None:
    assert 1998 <= entry.year <= 2026
    assert entry.paper
    assert entry.cost
    assert layer_class(entry.name).__doc__
