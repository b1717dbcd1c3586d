"""The error inside a region."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import region_loss
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=25)
@given(
    seed=st.integers(0, 99), batch=st.integers(1, 2), channels=st.integers(1, 3), of_each=st.booleans(),
    sizes=st.lists(st.integers(1, 5), max_size=3), power=st.sampled_from([1, 2]),
)  # fmt: skip
def test_it_is_the_mean_inside_and_its_gradient_is_that_of_finite_differences(
    seed: int, batch: int, channels: int, of_each: bool, sizes: list[int], power: Literal[1, 2]
) -> None:
    rng, shape = np.random.default_rng(seed), (batch, channels, *sizes)
    t, off = rng.standard_normal(shape), rng.choice([-1.0, 1.0], shape) * rng.uniform(0.1, 2.0, shape)
    region = (rng.random((batch, channels if of_each else 1, *sizes)) < 0.5).astype(float)
    loss, cache = region_loss.forward(t + off, t, region, power=power)
    inside = np.broadcast_to(region > 0, shape)
    assert loss == pytest.approx((np.abs(off) ** power)[inside].mean() if inside.any() else 0.0)
    found = {"y": region_loss.backward(0.7, cache)}
    check(
        rng, lambda y: region_loss.forward(y, t, region, power=power)[0], {"y": t + off}, found, np.array(0.7)
    )


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


def test_the_number_type_is_that_of_the_prediction(rng: np.random.Generator) -> None:
    y, t, region = rng.random((3, 2, 3, 4))
    wide, _ = region_loss.forward(y, t, region)
    for wanted in ((t, region.astype(np.float32)), (t.astype(np.float32), region)):
        loss, cache = region_loss.forward(y.astype(np.float32), *wanted)
        assert loss.dtype == region_loss.backward(1.0, cache).dtype == np.float32
        assert loss == pytest.approx(wide, rel=1e-5)


def test_another_shape_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"region \(1, 2, 4\): prediction and target"):
        region_loss.forward(np.ones((1, 3, 4)), np.ones((1, 3, 4)), np.ones((1, 2, 4)))
