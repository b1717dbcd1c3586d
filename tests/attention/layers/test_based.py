"""Based."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.layers.based import Based
from tests.attention.gradients import check_layer
from tests.tolerances import TOLERANCE


@pytest.mark.parametrize("form", ["linear", "quadratic"])
@pytest.mark.parametrize("length", [1, 7])
def test_gradients_are_those_of_finite_differences(form: str, length: int, rng: np.random.Generator) -> None:
    layer = Based(d_model=4, heads=2, d_feature=3, form=form, chunk=3)
    check_layer(rng, layer, rng.standard_normal((2, length, 4)))


def test_the_linear_form_is_the_quadratic_one(rng: np.random.Generator) -> None:
    x, dy = rng.standard_normal((2, 2, 11, 4))
    found = []
    for form in ("linear", "quadratic"):
        layer = Based(d_model=4, heads=2, d_feature=3, form=form, chunk=4)
        y, cache = layer.forward(x)
        dx, gradients = layer.backward(dy, cache)
        found.append([y, dx, *gradients.values()])
    far = [np.abs(a - b).max() for a, b in zip(*found, strict=True)]
    assert max(far) <= TOLERANCE["two ways", "float64"]


def test_the_state_does_not_grow_with_the_sequence(rng: np.random.Generator) -> None:
    layer = Based(d_model=4, heads=2, d_feature=3)
    sizes = {layer.forward(rng.standard_normal((1, length, 4)))[1].state.shape for length in (1, 5, 70)}
    assert sizes == {(1, 2, 13, 3)}


def test_heads_that_do_not_divide_the_width_are_a_sentence() -> None:
    with pytest.raises(ValueError, match="heads is 3; it must divide d_model, 8"):
        Based(d_model=8, heads=3)
