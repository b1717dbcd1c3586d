"""A small network learns which way stripes run, and needs to see them sharply."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.scanpath.models.recognition import Recognition
from neurogate.scanpath.models.stripes import StripeNet, Stripes, stripes
from neurogate.scanpath.vision.foveation import Foveation, blurred


def test_sharp_pictures_are_recognised_and_blurred_ones_are_not(
    stripe_net: StripeNet, unseen: Stripes
) -> None:
    def right(pictures: np.ndarray) -> float:
        return float((stripe_net.forward(pictures)[0].argmax(axis=-1) == unseen.labels).mean())

    assert right(unseen.pictures) > 0.9
    assert right(blurred(unseen.pictures)) < 0.6


def test_an_eye_on_the_stripes_helps_more_than_one_on_the_dots(
    stripe_net: StripeNet, unseen: Stripes
) -> None:
    losses = []
    for i, picture in enumerate(unseen.pictures):
        seen, memory = Foveation(picture, blurred(picture)), np.zeros((24, 24))
        on = [2 * (corners[i] + 3.5) / 23 - 1 for corners in (unseen.striped, unseen.dotted)]
        percept = seen.percept(memory, np.array(on))
        task = Recognition(stripe_net, int(unseen.labels[i]))(picture[None], 0.0)
        losses.append(task.loss_and_vjp(percept[None])[0][0])
    striped, dotted = np.transpose(losses)
    assert (striped < dotted).mean() > 0.9


def test_gradients_are_those_of_differences(rng: np.random.Generator) -> None:
    network, x = StripeNet(channels=3, seed=1), rng.random((2, 3, 12, 12))
    y, cache = network.forward(x)
    dy = rng.standard_normal(y.shape)
    dx, gradients = network.backward(dy, cache)
    checked = {"x": (x, dx), **{name: (network.parameters[name], gradients[name]) for name in gradients}}
    assert gradients.keys() == network.parameters.keys()
    for name, (array, gradient) in checked.items():
        way, sides = rng.standard_normal(array.shape), []
        for step in (1e-6, -2e-6):
            array += step * way
            sides.append((dy * network.forward(x)[0]).sum())
        array += 1e-6 * way
        np.testing.assert_allclose(
            (sides[0] - sides[1]) / 2e-6, (gradient * way).sum(), rtol=1e-5, err_msg=name
        )


@pytest.mark.parametrize("seed", range(3))
def test_both_patches_lie_in_the_picture_and_apart(seed: int) -> None:
    task = stripes(30, seed=seed)
    for corners in (task.striped, task.dotted):
        assert corners.min() >= 0
        assert corners.max() + 8 <= 24
    apart = np.abs(task.striped - task.dotted).max(axis=1)
    assert apart.min() >= 8
    again = stripes(30, seed=seed)
    assert np.array_equal(task.pictures, again.pictures)
    assert set(task.labels) == {0, 1, 2, 3}
