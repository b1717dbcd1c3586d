"""Running statistics that layers with batch norms are told."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from neurogate.attention.blocks import normed_convolution
from neurogate.errors import RequestError
from tests.attention.examples import EXAMPLES, example_layer

TOLD = [
    name for name in EXAMPLES if "statistics" in inspect.signature(example_layer(name).forward).parameters
]


@pytest.mark.parametrize("name", TOLD)
def test_statistics_go_in_by_the_names_they_come_out_by_and_by_no_other(
    name: str, rng: np.random.Generator
) -> None:
    layer, inputs = example_layer(name), EXAMPLES[name].inputs(rng, "float64")
    _, cache = layer.forward(*inputs)
    y, _ = layer.forward(*inputs, statistics=cache.statistics, training=False)
    for each in cache.statistics:  # each of them matters
        left = {key: value for key, value in cache.statistics.items() if key != each}
        assert not np.array_equal(layer.forward(*inputs, statistics=left, training=False)[0], y), each
    strange = next(iter(cache.statistics)) + "x"
    with pytest.raises(RequestError, match=f"statistics has '{strange}'. Give some of"):
        layer.forward(*inputs, statistics={strange: None})


def test_a_layer_without_norms_has_no_statistics() -> None:
    assert normed_convolution.told({}, {"first.weight": np.ones(1)}) == {}
    with pytest.raises(
        RequestError, match=r"statistics has 'first'\. There are none here\. Leave statistics out\."
    ):
        normed_convolution.told({"first": None}, {"first.weight": np.ones(1)})


def test_six_layers_and_more_are_asked() -> None:
    assert len(TOLD) >= 6
