"""The check of gradients itself notices what is wrong with them, however small they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurogate.attention import make
from tests.attention.gradients import check, check_along_one_line, check_layer


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_an_error_of_a_ten_thousandth_is_noticed_at_any_size(size: float, rng: np.random.Generator) -> None:
    x, dy = rng.standard_normal((2, 3, 4))
    for wrong in (1.0, 1.0001, 0.0):
        found = {"x": wrong * 3 * size * x**2 * dy}
        if wrong == 1.0:
            check(rng, lambda x: size * x**3, {"x": x}, found, dy)
        else:
            with pytest.raises(AssertionError):
                check(rng, lambda x: size * x**3, {"x": x}, found, dy)


def test_a_gradient_of_nothing_is_one(rng: np.random.Generator) -> None:
    check(rng, lambda x: 0 * x + 1, {"x": np.ones(3)}, {"x": np.zeros(3)}, np.ones(3))


@pytest.mark.parametrize("tried", [check_layer, check_along_one_line])
def test_a_layer_that_is_wrong_about_one_parameter_is_noticed(tried: Any, rng: np.random.Generator) -> None:
    layer, x = make("base_conv", d_model=4, taps=3), rng.standard_normal((2, 5, 4))
    tried(rng, layer, x)

    class Wrong:
        parameters, forward = layer.parameters, layer.forward

        def backward(self, dy: np.ndarray, cache: Any) -> Any:
            dx, gradients = layer.backward(dy, cache)
            name = min(gradients, key=lambda name: np.abs(gradients[name]).max())
            return dx, gradients | {name: 1.001 * gradients[name]}

    with pytest.raises(AssertionError):
        tried(rng, Wrong(), x)
