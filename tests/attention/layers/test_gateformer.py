"""Gateformer: what its gates choose between, and which symmetries a forecast has."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.layers.gateformer import Gateformer
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer

SMALL = {"horizon": 3, "d_model": 4, "heads": 2, "hidden": 5, "layers": 1, "detached": False}


def made(**more: object) -> Gateformer:
    return Gateformer(**{**SMALL, "length": 10, "patch": 4, "stride": 3, **more})  # type: ignore[arg-type]


@settings(max_examples=5)
@given(
    seed=st.integers(0, 99), batch=st.integers(1, 2), series=st.integers(1, 4), length=st.integers(3, 9),
    patch=st.integers(1, 4), stride=st.integers(1, 4),
)  # fmt: skip
def test_gradients(seed: int, batch: int, series: int, length: int, patch: int, stride: int) -> None:
    rng = np.random.default_rng(seed)
    layer = made(length=length, patch=min(patch, length + stride), stride=stride)
    check_layer(rng, layer, rng.standard_normal((batch, length, series)))


@pytest.mark.parametrize(("push", "chosen"), [(1e3, 0), (-1e3, 1)])
def test_a_gate_at_its_limits_is_one_of_its_branches(
    push: float, chosen: int, rng: np.random.Generator
) -> None:
    layer, x = made(), rng.standard_normal((2, 10, 3))
    for name in ("gate1", "gate2"):
        layer.parameters[f"{name}.first.bias"] += push
    _, cache = layer.forward(x)
    np.testing.assert_allclose(cache.fused1, (cache.whole, cache.patched)[chosen], atol=1e-14)
    np.testing.assert_allclose(cache.fused2, (cache.fused1, cache.crossed)[chosen], atol=1e-14)


def test_a_mix_lies_between_its_branches(rng: np.random.Generator) -> None:
    _, cache = made().forward(rng.standard_normal((2, 10, 3)))
    for mixed, *branches in (
        (cache.fused1, cache.whole, cache.patched), (cache.fused2, cache.fused1, cache.crossed),
    ):  # fmt: skip
        assert (mixed >= np.minimum(*branches) - 1e-14).all()
        assert (mixed <= np.maximum(*branches) + 1e-14).all()


def test_the_order_of_the_series_only_orders_the_forecast(rng: np.random.Generator) -> None:
    x, order = rng.standard_normal((2, 10, 5)), rng.permutation(5)
    np.testing.assert_allclose(made().forward(x[..., order])[0], made().forward(x)[0][..., order], rtol=1e-11)


def test_a_series_in_other_units_has_its_forecast_in_other_units(rng: np.random.Generator) -> None:
    x = 1e3 * rng.standard_normal((2, 10, 3))
    np.testing.assert_allclose(made().forward(5 * x - 40)[0], 5 * made().forward(x)[0] - 40, rtol=1e-8)


def test_a_shift_of_the_series_shifts_the_forecast_and_so_do_gradients(rng: np.random.Generator) -> None:
    x, dy = rng.standard_normal((2, 10, 3)), rng.standard_normal((2, 3, 3))
    whole, _ = made().backward(dy, made().forward(x)[1])
    np.testing.assert_allclose(whole.sum(axis=1), dy.sum(axis=1), atol=1e-12)
    without, _ = made(detached=True).backward(dy, made().forward(x)[1])
    lost = whole - without
    np.testing.assert_allclose(lost, np.broadcast_to(lost[:, :1], lost.shape), atol=1e-12)


def test_a_series_too_short_for_a_patch_and_another_length_are_sentences() -> None:
    with pytest.raises(ValueError, match="patch is 14; it must not exceed length"):
        made(patch=14)
    with pytest.raises(RequestError, match=r"x \(1, 9, 2\): x must be \(batch, 10, series\)"):
        made().forward(np.ones((1, 9, 2)))
    with pytest.raises(RequestError, match=r"positions \(2, 4\): positions must be \(4, 4\)"):
        made().forward(np.ones((1, 10, 2)), np.ones((2, 4)))
