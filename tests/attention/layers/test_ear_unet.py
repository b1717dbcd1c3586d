"""The residual U-Net with gates."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.layers.ear_unet import EarUNet
from neurogate.attention.operators import softmax
from neurogate.attention.training.losses import dice
from neurogate.errors import RequestError
from tests.attention.gradients import check_along_one_line
from tests.attention.nearness import near
from tests.attention.plain_images import convolved, enlarged, normed, parameters_of, relu, sigmoid


@settings(max_examples=15)
@given(
    seed=st.integers(0, 99), depth=st.integers(1, 2), batch=st.integers(1, 2), channels=st.integers(1, 2),
    filters=st.integers(2, 3), classes=st.integers(1, 3), gated=st.booleans(),
    halved=st.lists(st.integers(1, 3), min_size=1, max_size=3), training=st.booleans(),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, depth: int, batch: int, channels: int, filters: int, classes: int, gated: bool,
    halved: list[int], training: bool,
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    layer = EarUNet(
        channels=channels, classes=classes, filters=filters, depth=depth, axes=len(halved), gated=gated,
        eps=0.1,
    )  # fmt: skip
    for name, array in layer.parameters.items():  # off the start, where what is normed to 0 is at a corner
        layer.parameters[name] = array + 0.1 * rng.standard_normal(array.shape)
    x = rng.standard_normal((batch, channels, *(n << depth for n in halved)))
    statistics = None if training else layer.forward(x)[1].statistics
    with patch("tests.attention.gradients.STEP", 1e-7):  # of its many corners a longer step crosses some
        check_along_one_line(rng, layer, x, statistics=statistics, training=training)


def test_it_is_its_equation(rng: np.random.Generator) -> None:
    layer, x = EarUNet(channels=2, filters=2, depth=1, classes=3), rng.standard_normal((2, 2, 6, 4))
    for name, array in layer.parameters.items():
        layer.parameters[name] = array + 0.3 * rng.standard_normal(array.shape)

    def residual(x: np.ndarray, name: str) -> np.ndarray:
        first, second, short = parameters_of(
            layer.parameters, *(f"{name}.{part}" for part in ("first", "second", "shortcut"))
        )
        inner = relu(normed(convolved(x, first, before=1), first, 1e-5))
        branch = normed(convolved(inner, second, before=1), second, 1e-5)
        return relu(branch + normed(convolved(x, short), short, 1e-5))

    up, of_g, of_x, psi, head = parameters_of(
        layer.parameters, "up0", "gate0.g", "gate0.x", "gate0.psi", "head"
    )
    fine = residual(x, "encoder0")
    coarse = residual(fine.reshape(2, 2, 3, 2, 2, 2).max(axis=(3, 5)), "encoder1")
    g = enlarged(coarse, up)
    both = normed(convolved(g, of_g), of_g, 1e-5) + normed(convolved(fine, of_x), of_x, 1e-5)
    gate = sigmoid(normed(convolved(relu(both), psi), psi, 1e-5))
    y, cache = layer.forward(x)
    assert near(cache.attention[0], gate)
    assert near(y, convolved(residual(np.concatenate([gate * fine, g], axis=1), "decoder0"), head))


def test_with_open_gates_it_is_the_plain_network(rng: np.random.Generator) -> None:
    gated, plain = EarUNet(filters=2, depth=2), EarUNet(filters=2, depth=2, gated=False)
    for i in range(2):
        gated.parameters[f"gate{i}.psi.norm.bias"] = np.array([1e3])
    plain.parameters.update({name: gated.parameters[name] for name in plain.parameters})
    x = rng.standard_normal((2, 1, 8, 4))
    y, cache = gated.forward(x)
    assert all((attention == 1).all() for attention in cache.attention)
    assert np.array_equal(y, plain.forward(x)[0])


def test_running_statistics_are_kept_for_every_part(rng: np.random.Generator) -> None:
    layer, x = EarUNet(filters=2, depth=1), rng.standard_normal((3, 1, 8, 4))
    _, cache = layer.forward(x)
    assert len(cache.statistics) == 4 * 3
    together, after = layer.forward(x, cache.statistics, training=False)
    alone, _ = layer.forward(x[:1], cache.statistics, training=False)
    assert np.allclose(alone, together[:1], rtol=1e-10, atol=1e-12)
    assert after.statistics == cache.statistics


def test_it_learns_to_find_a_disc_among_noise(rng: np.random.Generator) -> None:
    row, column = np.mgrid[:16, :16]
    centres = rng.integers(5, 11, (6, 2))
    inside = np.stack([(row - a) ** 2 + (column - b) ** 2 < 12 for a, b in centres])
    x = (inside + 0.5 * rng.standard_normal(inside.shape))[:, None]
    wanted = np.stack([~inside, inside], axis=1).astype(float)
    layer, losses = EarUNet(filters=2, depth=1), []
    for _ in range(15):
        y, cache = layer.forward(x)
        p, kept = softmax.forward(np.moveaxis(y, 1, -1))
        loss, dp = dice(np.moveaxis(p, -1, 1), wanted)
        _, gradients = layer.backward(
            np.moveaxis(softmax.backward(np.moveaxis(dp, 1, -1), kept), -1, 1), cache
        )
        losses.append(loss)
        for name, gradient in gradients.items():
            layer.parameters[name] = layer.parameters[name] - 2.0 * gradient
    assert losses[-1] < 0.5 * losses[0]


def test_sizes_that_cannot_be_halved_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"x \(1, 1, 8, 6\): the sizes of x must be multiples of 4"):
        EarUNet(filters=2, depth=2).forward(np.ones((1, 1, 8, 6)))
