"""The discriminator of several scales."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention import make
from neurogate.attention.layers.scale_discriminator import ScaleDiscriminator, scales_of
from neurogate.attention.operators import least_squares_gan
from neurogate.errors import RequestError
from tests.attention.gradients import check_layer
from tests.attention.nearness import near
from tests.attention.plain_images import convolved, parameters_of, sigmoid


@settings(max_examples=10)
@given(
    seed=st.integers(0, 99), scales=st.integers(2, 4), maps=st.integers(1, 2), filters=st.integers(1, 2),
    batch=st.integers(1, 2), height=st.integers(1, 3), width=st.integers(1, 3),
)  # fmt: skip
def test_gradients_are_those_of_finite_differences(
    seed: int, scales: int, maps: int, filters: int, batch: int, height: int, width: int
) -> None:
    rng, sizes = np.random.default_rng(seed), [n << scales - 1 for n in (height, width)]
    layer = ScaleDiscriminator(maps=maps, filters=filters, scales=scales, height=sizes[0], width=sizes[1])
    shapes = [(batch, maps, *(n >> i for n in sizes)) for i in range(scales)]
    check_layer(rng, layer, *map(rng.standard_normal, shapes))


def test_it_is_its_equation(rng: np.random.Generator) -> None:
    layer = ScaleDiscriminator(maps=2, filters=1, scales=3, height=12, width=8)
    for name, array in layer.parameters.items():
        layer.parameters[name] = array + 0.3 * rng.standard_normal(array.shape)
    maps = [rng.random((2, 2, 12 >> i, 8 >> i)) for i in range(3)]
    first, one, level1, two, level2, dense = parameters_of(
        layer.parameters, "first", "squeeze1", "level1", "squeeze2", "level2", "dense"
    )
    for level in (level1, level2):
        level["weight"] = level["weight"] / np.linalg.norm(level["weight"].reshape(len(level["bias"]), -1), 2)
    h = convolved(maps[0], first, stride=2, before=1)
    h = np.where(h > 0, h, 0.2 * h)
    seen = np.concatenate([sigmoid(convolved(h, one)), maps[1]], axis=1)
    h = np.tanh(convolved(seen, level1, stride=2, before=1))
    seen = np.concatenate([sigmoid(convolved(h, two)), maps[2]], axis=1)
    h = np.tanh(convolved(seen, level2, before=1, after=2))
    assert near(layer.forward(*maps)[0], h.reshape(2, -1) @ dense["weight"].T + dense["bias"])


def test_sizes_of_a_mask_are_interpolated_between_the_middles_of_pixels(rng: np.random.Generator) -> None:
    mask = rng.random((2, 3, 8, 12))

    def shrunk(rows: np.ndarray, to: int) -> np.ndarray:
        length = rows.shape[-1]
        middles = (np.arange(to) + 0.5) * length / to - 0.5
        return np.apply_along_axis(lambda row: np.interp(middles, np.arange(length), row), -1, rows)

    for i, found in enumerate(scales_of(mask, 3)):
        across = shrunk(mask, 12 >> i)
        assert near(found, shrunk(across.swapaxes(2, 3), 8 >> i).swapaxes(2, 3))


def test_every_scale_has_a_say(rng: np.random.Generator) -> None:
    layer = ScaleDiscriminator(maps=2, filters=2, height=16, width=8)
    maps = scales_of(rng.uniform(size=(3, 2, 16, 8)), 4)
    y, cache = layer.forward(*maps)
    dmaps, _ = layer.backward(np.ones_like(y), cache)
    assert all(d.any() for d in dmaps)


def test_weights_twice_as_large_say_the_same(rng: np.random.Generator) -> None:
    layer = ScaleDiscriminator(maps=2, filters=2, height=16, width=8)
    maps = scales_of(rng.uniform(size=(3, 2, 16, 8)), 4)
    before, _ = layer.forward(*maps)
    for i in (1, 2, 3):
        layer.parameters[f"level{i}.weight"] = 2 * layer.parameters[f"level{i}.weight"]
    assert np.allclose(layer.forward(*maps)[0], before, rtol=1e-9)


def test_steps_down_its_loss_tell_real_from_made(rng: np.random.Generator) -> None:
    layer = ScaleDiscriminator(maps=1, filters=1, scales=2, height=8, width=8)
    real, made = np.zeros((4, 1, 8, 8)), rng.uniform(size=(4, 1, 8, 8))
    real[:, :, 2:6, 2:6] = 1
    losses = []
    for _ in range(30):
        total, change = 0.0, {name: np.zeros_like(a) for name, a in layer.parameters.items()}
        for images, target in ((real, 1), (made, -1)):
            y, cache = layer.forward(*scales_of(images, 2))
            loss, kept = least_squares_gan.forward(y, target)
            _, gradients = layer.backward(least_squares_gan.backward(1.0, kept), cache)
            total += float(loss)
            change = {name: change[name] + gradients[name] for name in change}
        losses.append(total)
        for name, gradient in change.items():
            layer.parameters[name] = layer.parameters[name] - 0.05 * gradient
    assert losses[-1] < 0.2 * losses[0]


def test_what_does_not_fit_is_a_sentence() -> None:
    layer = make("scale_discriminator", maps=2, filters=1, scales=3, height=8, width=8)
    maps = scales_of(np.ones((1, 2, 8, 8)), 3)
    with pytest.raises(RequestError, match=r"2 maps were given\. This discriminator takes 3\."):
        layer.forward(*maps[:2])
    with pytest.raises(RequestError, match=r"map 1 must be \(1, 2, 4, 4\)"):
        layer.forward(maps[0], maps[0], maps[2])
    with pytest.raises(RequestError, match="height is 12; of 4 scales it must be a multiple of 8"):
        make("scale_discriminator", height=12)
