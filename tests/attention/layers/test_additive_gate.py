"""Oktay's gate: its limits, its scales, and its two modes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.layer import part
from neurogate.attention.layers.additive_gate import AdditiveGate
from neurogate.attention.layers.normed_gate import EarGate
from neurogate.attention.operators import batch_norm, convolution
from neurogate.attention.operators.batch_norm import Running
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer
from tests.tolerances import TOLERANCE

NEAR: dict[str, Any] = {"rtol": 0, "atol": TOLERANCE["two ways", "float64"]}


@settings(max_examples=6)
@given(
    axes=st.integers(1, 3), factor=st.integers(1, 3), mode=st.sampled_from(["sigmoid", "softmax"]),
    activation=st.sampled_from(["relu", "softplus"]), training=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    axes: int, factor: int, mode: str, activation: str, training: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    layer = make(
        "additive_gate", channels=3, gating=2, axes=axes, factor=factor, mode=mode, activation=activation
    )
    x, g = rng.standard_normal((2, 3, *(5, 4, 3)[:axes])), rng.standard_normal((2, 2, *(2, 1, 2)[:axes]))
    statistics = {"out": Running(rng.standard_normal(3), rng.uniform(0.5, 2.0, 3))}
    check_layer(rng, layer, x, g, statistics=statistics, training=training)


def gated(
    rng: np.random.Generator, bias: float, **more: Any
) -> tuple[AdditiveGate, np.ndarray, np.ndarray, Any]:
    layer = AdditiveGate(channels=4, gating=3, **more)
    layer.parameters["psi.bias"] = np.array([bias])
    x = rng.standard_normal((2, 4, 5, 7))
    return layer, x, *layer.forward(x, rng.standard_normal((2, 3, 2, 3)))


def test_an_open_gate_is_the_convolution_and_the_norm_of_x(rng: np.random.Generator) -> None:
    layer, x, y, cache = gated(rng, 1e3)
    p = part(layer.parameters, "out")
    wanted, _ = convolution.forward(x, p["weight"], p["bias"])
    wanted, _ = batch_norm.forward(wanted, p["norm.weight"], p["norm.bias"])
    assert np.array_equal(cache.attention, np.ones_like(cache.attention))
    assert np.allclose(y, wanted, **NEAR)


def test_a_closed_gate_lets_nothing_through(rng: np.random.Generator) -> None:
    _, _, y, cache = gated(rng, -1e3)
    assert not cache.attention.any()
    assert np.allclose(y, 0, **NEAR)  # a constant, which the norm takes away


def test_attention_is_between_0_and_1_for_all_channels_at_once(rng: np.random.Generator) -> None:
    _, x, _, cache = gated(rng, 0.0)
    assert cache.attention.shape == (2, 1, *x.shape[2:])
    assert ((cache.attention > 0) & (cache.attention < 1)).all()


def test_attention_over_places_sums_to_1_on_the_coarse_grid(rng: np.random.Generator) -> None:
    _, _, _, cache = gated(rng, 0.0, mode="softmax")
    assert np.allclose(cache.weights.sum(axis=(1, 2, 3)), 1, **NEAR)


def test_without_resampling_it_is_the_additive_gate_with_norms_that_do_nothing(
    rng: np.random.Generator,
) -> None:
    layer = AdditiveGate(channels=4, gating=3, factor=1)
    other = EarGate(channels=4, gating=3, eps=0)
    p = layer.parameters
    for theirs, ours in (("x", "theta"), ("g", "phi"), ("psi", "psi")):
        other.parameters[f"{theirs}.weight"] = p[f"{ours}.weight"]
        other.parameters[f"{theirs}.bias"] = p.get(f"{ours}.bias", np.zeros(2))
    x, g = rng.standard_normal((2, 4, 5, 6)), rng.standard_normal((2, 3, 5, 6))
    _, cache = layer.forward(x, g)
    _, others = other.forward(x, g, training=False)
    assert np.allclose(cache.attention, others.gate.values, **NEAR)


def test_running_statistics_lead_from_training_to_evaluation(rng: np.random.Generator) -> None:
    layer = AdditiveGate(channels=4, gating=3, momentum=1)
    x, g = rng.standard_normal((2, 4, 5, 6)), rng.standard_normal((2, 3, 2, 2))
    trained, cache = layer.forward(x, g)
    evaluated, after = layer.forward(x, g, cache.statistics, training=False)
    n = 2 * 5 * 6
    shrunk = np.sqrt((n - 1) / n)
    assert np.allclose(evaluated, trained * shrunk, rtol=1e-3, atol=1e-3)
    assert after.statistics["out"] is cache.statistics["out"]


def test_each_axis_may_have_its_own_factor(rng: np.random.Generator) -> None:
    layer = AdditiveGate(channels=4, gating=3, axes=3, factor=(2, 2, 1))
    y, cache = layer.forward(rng.standard_normal((1, 4, 6, 4, 3)), rng.standard_normal((1, 3, 2, 2, 2)))
    assert y.shape == (1, 4, 6, 4, 3)
    assert cache.weights.shape == (1, 1, 3, 2, 3)


@pytest.mark.parametrize(
    ("x", "g", "told"),
    [
        ((2, 4, 5), (2, 3, 2, 2), r"x \(2, 4, 5\): x must be \(batch, 4, 2 spatial axes"),
        ((2, 4, 5, 5), (2, 4, 2, 2), r"g \(2, 4, 2, 2\): g must be \(batch, 3, 2 spatial axes"),
        ((2, 4, 5, 5), (1, 3, 2, 2), r"x \(2, 4, 5, 5\), g \(1, 3, 2, 2\): x and g must be of one batch"),
        ((2, 4, 1, 5), (2, 3, 2, 2), r"x \(2, 4, 1, 5\): a kernel of \(2, 2\) is larger"),
        ((2, 4, 0, 5), (2, 3, 2, 2), r"x \(2, 4, 0, 5\): x must be"),
    ],
)
def test_images_that_do_not_fit_are_a_sentence(x: tuple[int, ...], g: tuple[int, ...], told: str) -> None:
    with pytest.raises(RequestError, match=told):
        AdditiveGate(channels=4, gating=3).forward(np.ones(x), np.ones(g))


def test_a_factor_for_an_axis_too_many_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"factor is \(2, 2, 2\)\. Give 2 whole numbers"):
        make("additive_gate", factor=(2, 2, 2))
