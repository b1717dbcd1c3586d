"""The brick of adversarial attention gates: its limits, and the discriminator's say in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.layers.adversarial_gate import AdversarialGate
from neurogate.errors import RequestError
from tests.attention.gradients import check, check_layer
from tests.attention.nearness import near
from tests.attention.plain_images import convolved, normed, parameters_of, relu
from tests.tolerances import TOLERANCE


@settings(max_examples=5)
@given(
    axes=st.integers(1, 3), norm=st.booleans(), training=st.booleans(), classes=st.integers(2, 4),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    axes: int, norm: bool, training: bool, classes: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    layer = AdversarialGate(channels=2, skip=1, filters=2, classes=classes, axes=axes, norm=norm)
    sizes = (3, 1, 2)[:axes]
    x, skip = rng.standard_normal((2, 2, *sizes)), rng.standard_normal((2, 1, *(2 * n for n in sizes)))
    check_layer(rng, layer, x, skip, training=training)


def test_it_is_its_equation(rng: np.random.Generator) -> None:
    layer = AdversarialGate(channels=3, skip=2, filters=3, classes=3)
    for name, array in layer.parameters.items():
        layer.parameters[name] = array + 0.3 * rng.standard_normal(array.shape)
    x, skip = rng.standard_normal((2, 3, 2, 3)), rng.standard_normal((2, 2, 4, 6))
    up, merge, out, attention = parameters_of(layer.parameters, "up", "merge", "out", "attention")
    u = normed(convolved(x.repeat(2, axis=2).repeat(2, axis=3), up, before=1), up, 1e-3)
    h2 = relu(normed(convolved(np.concatenate([u, skip], axis=1), merge, before=1), merge, 1e-3))
    h3 = relu(normed(convolved(h2, out, before=1), out, 1e-3))
    p = np.exp(convolved(h2, attention))
    p /= p.sum(axis=1, keepdims=True)
    y, cache = layer.forward(x, skip)
    assert near(cache.probabilities, p)
    assert near(y, h3 * p[:, 1:].sum(axis=1, keepdims=True))


def test_what_the_discriminator_says_of_the_segmentation_reaches_the_input(rng: np.random.Generator) -> None:
    layer = AdversarialGate(channels=2, skip=1, filters=2, classes=3)
    arguments = {"x": rng.standard_normal((2, 2, 2, 3)), "skip": rng.standard_normal((2, 1, 4, 6))}

    def forward(x: np.ndarray, skip: np.ndarray) -> tuple[np.ndarray, ...]:
        y, cache = layer.forward(x, skip)
        return y, cache.probabilities

    y, cache = layer.forward(*arguments.values())
    dy, dp = rng.standard_normal(y.shape), rng.standard_normal(cache.probabilities.shape)
    (dx, dskip), _ = layer.backward(dy, cache, dp)
    check(rng, forward, arguments, {"x": dx, "skip": dskip}, (dy, dp))


def seen(rng: np.random.Generator, background: float) -> tuple[np.ndarray, ...]:
    layer = AdversarialGate(channels=3, skip=2, filters=2)
    layer.parameters["attention.bias"] = np.array([background, 0, 0, 0])
    y, cache = layer.forward(rng.standard_normal((2, 3, 2, 3)), rng.standard_normal((2, 2, 4, 6)))
    return y, cache.features, cache.attention, cache.probabilities


def test_where_nothing_is_background_all_is_shown(rng: np.random.Generator) -> None:
    y, features, attention, _ = seen(rng, -1e4)
    assert np.allclose(attention, 1, rtol=0, atol=TOLERANCE["arithmetic", "float64"])
    assert np.allclose(y, features, rtol=1e-14)


def test_where_all_is_background_nothing_is_shown(rng: np.random.Generator) -> None:
    y, _, attention, _ = seen(rng, 1e4)
    assert not attention.any()
    assert not y.any()


def test_attention_is_what_the_segmentation_leaves_to_the_foreground(rng: np.random.Generator) -> None:
    y, features, attention, probabilities = seen(rng, 0.5)
    assert np.allclose(probabilities.sum(axis=1), 1, rtol=1e-14)
    assert np.allclose(attention[:, 0], 1 - probabilities[:, 0], rtol=1e-13)
    assert ((attention >= 0) & (attention <= 1)).all()
    assert np.array_equal(y, features * attention)


def test_statistics_are_those_of_the_norms_that_there_are(rng: np.random.Generator) -> None:
    x, skip = rng.standard_normal((2, 3, 2, 3)), rng.standard_normal((2, 2, 4, 6))
    with_norms = AdversarialGate(channels=3, skip=2, filters=2)
    _, cache = with_norms.forward(x, skip)
    assert sorted(cache.statistics) == ["merge", "out", "up"]
    together, _ = with_norms.forward(x, skip, cache.statistics, training=False)
    alone, _ = with_norms.forward(x[:1], skip[:1], cache.statistics, training=False)
    assert np.allclose(alone, together[:1], rtol=1e-12)
    without = AdversarialGate(channels=3, skip=2, filters=2, norm=False)
    assert without.forward(x, skip)[1].statistics == {}


def test_what_does_not_fit_is_a_sentence() -> None:
    layer = AdversarialGate(channels=3, skip=2, filters=2)
    with pytest.raises(
        RequestError, match=r"x \(1, 3, 2, 3\), skip \(1, 2, 4, 5\): skip must be twice as large"
    ):
        layer.forward(np.ones((1, 3, 2, 3)), np.ones((1, 2, 4, 5)))
    with pytest.raises(RequestError, match="classes is 1; it must be at least 2"):
        make("adversarial_gate", classes=1)
