"""The error inside a region."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from neurogate.attention.operators import region_loss
from neurogate.errors import RequestError
from tests.attention.gradients import check


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("channels", [1, 3])
def test_gradients_are_those_of_finite_differences(
    power: Literal[1, 2], channels: int, rng: np.random.Generator
) -> None:
    y, t = rng.standard_normal((2, 2, 3, 4, 4))
    region = (rng.random((2, channels, 4, 4)) < 0.5).astype(float)
    loss, cache = region_loss.forward(y, t, region, power=power)
    found = {"y": region_loss.backward(0.7, cache)}
    check(rng, lambda y: region_loss.forward(y, t, region, power=power)[0], {"y": y}, found, np.array(0.7))
    assert loss == pytest.approx((np.abs(y - t) ** power)[np.broadcast_to(region > 0, y.shape)].mean())


def test_what_lies_outside_does_not_matter(rng: np.random.Generator) -> None:
    y, t = rng.standard_normal((2, 2, 3, 4, 4))
    region = np.zeros((2, 1, 4, 4))
    region[:, :, :2] = 1
    before, cache = region_loss.forward(y, t, region)
    moved = y.copy()
    moved[:, :, 2:] += 5
    assert region_loss.forward(moved, t, region)[0] == before
    assert not region_loss.backward(1.0, cache)[:, :, 2:].any()


def test_an_empty_region_costs_nothing() -> None:
    y = np.ones((1, 3, 4, 4), np.float32)
    loss, cache = region_loss.forward(y, 0 * y, 0 * y[:, :1])
    assert loss == 0
    assert region_loss.backward(1.0, cache).dtype == np.float32


def test_another_shape_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"region \(1, 2, 4\): prediction and target"):
        region_loss.forward(np.ones((1, 3, 4)), np.ones((1, 3, 4)), np.ones((1, 2, 4)))
