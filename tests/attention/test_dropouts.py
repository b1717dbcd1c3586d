"""Every layer with dropout: it acts where `forward` is told which numbers are kept, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.catalogue import CATALOGUE, layer_class
from neurogate.errors import RequestError
from tests.attention.examples import EXAMPLES
from tests.attention.gradients import check_layer

NAMES = [entry.name for entry in CATALOGUE if hasattr(layer_class(entry.name), "masks")]


def made(name: str, rng: np.random.Generator, rate: float, dtype: str = "float64") -> tuple[Any, Any, Any]:
    """Return a layer whose parts all count, its inputs, and what dropout keeps of them."""
    layer: Any = make(name, **EXAMPLES[name].settings, rate=rate)
    for key, array in layer.parameters.items():
        layer.parameters[key] = (array + 0.3 * rng.standard_normal(array.shape)).astype(dtype)
    inputs = EXAMPLES[name].inputs(rng, dtype)
    return layer, inputs, layer.masks(rng, inputs[0].shape)


def test_the_layers_with_dropout_are_found() -> None:
    assert {"dual_attention", "gateformer", "ninformer", "zoology_backbone"} <= set(NAMES)


@settings(max_examples=3)
@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 99), rate=st.sampled_from([0.1, 0.5]))
def test_gradients_of_what_is_kept_are_those_of_finite_differences(name: str, seed: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    layer, inputs, kept = made(name, rng, rate)
    check_layer(rng, layer, *inputs, kept=kept)


@pytest.mark.parametrize("name", NAMES)
def test_without_masks_or_with_a_rate_of_0_nothing_is_lost(name: str, rng: np.random.Generator) -> None:
    layer, inputs, kept = made(name, rng, 0.0)
    plain, _ = layer.forward(*inputs)
    assert all(each.all() for each in kept.values())
    assert np.array_equal(layer.forward(*inputs, kept=kept)[0], plain)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_each_mask_matters_and_number_types_stay(name: str, dtype: str, rng: np.random.Generator) -> None:
    layer, inputs, _ = made(name, rng, 0.5, dtype)
    plain, _ = layer.forward(*inputs)
    for key, mask in layer.masks(rng, inputs[0].shape).items():
        y, cache = layer.forward(*inputs, kept={key: mask})
        assert y.dtype == layer.backward(y, cache)[1].popitem()[1].dtype == np.dtype(dtype)
        assert not np.allclose(y, plain, rtol=1e-3, atol=0), key


@pytest.mark.parametrize("name", NAMES)
def test_as_many_are_lost_as_the_rate_says_and_the_rest_is_enlarged(name: str) -> None:
    rng = np.random.default_rng(0)
    layer, inputs, _ = made(name, rng, 0.25)
    for key in layer.masks(rng, inputs[0].shape):
        many = [layer.masks(rng, inputs[0].shape)[key].mean() for _ in range(200)]
        assert np.mean(many) == pytest.approx(0.75, abs=0.03), key


@pytest.mark.parametrize("name", NAMES)
def test_a_mask_of_another_shape_and_a_rate_of_1_are_sentences(name: str, rng: np.random.Generator) -> None:
    layer, inputs, kept = made(name, rng, 0.5)
    for key, mask in kept.items():
        with pytest.raises(RequestError, match="kept must be true or false for each number"):
            layer.forward(*inputs, kept={key: mask[..., :0]})
    with pytest.raises(RequestError, match="rate is 1"):
        make(name, **EXAMPLES[name].settings, rate=1)
