"""Every layer with dropout: it acts where `forward` is told which numbers are kept, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.blocks import mlp, multi_head
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
        for bad in (mask[..., :0], mask[:1], mask.astype(float)):
            with pytest.raises(RequestError, match=rf"^{key} \(.*\): kept must be true or false"):
                layer.forward(*inputs, kept={key: bad})
        with pytest.raises(RequestError, match=rf"^{key} is list"):
            layer.forward(*inputs, kept={key: mask.tolist()})
    with pytest.raises(RequestError, match="rate is 1"):
        make(name, **EXAMPLES[name].settings, rate=1)


@pytest.mark.parametrize("name", NAMES)
def test_a_mask_for_what_is_not_there_is_a_sentence(name: str, rng: np.random.Generator) -> None:
    layer, inputs, kept = made(name, rng, 0.5)
    for strange in ("nothing", f"{next(iter(kept))}s", 3):
        with pytest.raises(RequestError) as told:
            layer.forward(*inputs, kept={**kept, strange: next(iter(kept.values()))})
        assert str(told.value) == f"kept has {strange!r}. Give some of {', '.join(kept)}."


@pytest.mark.parametrize("name", NAMES)
def test_masks_are_drawn_from_a_source_and_for_a_shape(name: str, rng: np.random.Generator) -> None:
    layer, (x, *_), _ = made(name, rng, 0.5)
    for bad in (None, 3, (2,), (2, 5, 8, 2, 2, 2), ("a",) * x.ndim):
        with pytest.raises(RequestError, match=r"\bshape(\[\d\])? is "):
            layer.masks(rng, bad)
    for source in (None, 3):
        with pytest.raises(RequestError, match=r"rng is (None|3)\. Give a generator"):
            layer.masks(source, x.shape)


@pytest.mark.parametrize("block", [mlp, multi_head])
def test_a_block_knows_its_dropouts_too(block: Any, rng: np.random.Generator) -> None:
    p = block.initial(rng, 4, *([4, 4] if block is mlp else []))
    x = [np.ones((1, 2, 4))] * (1 if block is mlp else 3)
    with pytest.raises(RequestError, match=r"kept has 'ou'\. Give some of \w+, out\."):
        block.forward(*x, p, kept={"ou": np.ones((1, 2, 4), bool)}, **({} if block is mlp else {"heads": 2}))
