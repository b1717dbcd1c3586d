"""Operations are counted, not timed: what claims to grow with the length does so, and no faster."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurogate.attention.catalogue import CATALOGUE
from neurogate.attention.operators import linear, scaled_dot_product
from tests.attention.counting import operations, slope
from tests.attention.examples import EXAMPLES, example_layer

LENGTHS = (128, 256, 512)
LINEAR = [e.name for e in CATALOGUE if e.cost == "T" and e.name in EXAMPLES and EXAMPLES[e.name].length]


def longer(shape: tuple[int, ...], old: int, new: int) -> tuple[int, ...]:
    return tuple(new if axis == 1 and size == old else size for axis, size in enumerate(shape))


@pytest.mark.parametrize("name", LINEAR)
def test_what_claims_to_grow_with_the_length_does(name: str, rng: np.random.Generator) -> None:
    example, layer = EXAMPLES[name], example_layer(name)
    old = example.shapes[0][1]

    def both(*inputs: np.ndarray) -> None:
        y, cache = layer.forward(*inputs)
        layer.backward(np.ones_like(y), cache)

    counts = []
    for length in LENGTHS:
        inputs: list[Any] = [rng.standard_normal(longer(shape, old, length)) for shape in example.shapes]
        counts.append(operations(both, *inputs))
    assert slope(LENGTHS, counts) == pytest.approx(1.0, abs=0.05)


def test_a_product_counts_its_multiplications() -> None:
    found = operations(lambda x: linear.forward(x, np.ones((3, 5))), np.ones((7, 5)))
    assert found == 7 * 5 * 3


def test_softmax_attention_grows_with_the_square() -> None:
    def attend(q: np.ndarray) -> None:
        scaled_dot_product.forward(q, q, q)

    counts = [operations(attend, np.ones((1, length, 2))) for length in LENGTHS]
    assert slope(LENGTHS, counts) == pytest.approx(2.0, abs=0.05)
