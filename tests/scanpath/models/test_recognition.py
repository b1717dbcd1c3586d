"""The loss of recognition is the cross-entropy of each percept, with its gradient."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.training.losses import cross_entropy
from neurogate.errors import RequestError
from neurogate.scanpath.models.recognition import Recognition
from neurogate.scanpath.models.stripes import StripeNet
from tests.tolerances import TOLERANCE

EXACT = TOLERANCE["oracle", "float64"]


def test_losses_are_those_of_training_one_by_one(rng: np.random.Generator) -> None:
    network = StripeNet(seed=3)
    sharp, percept = rng.random((2, 3, 16, 16)), rng.random((2, 4, 3, 16, 16))
    losses, gradient = Recognition(network)(sharp, 0.0).loss_and_vjp(percept)
    labels = network.forward(sharp)[0].argmax(axis=-1)
    for i in range(2):
        for p in range(4):
            logits, cache = network.forward(percept[i, p : p + 1])
            loss, dlogits = cross_entropy(logits, labels[i : i + 1])
            np.testing.assert_allclose(losses[i, p], loss, rtol=EXACT)
            dx = network.backward(dlogits, cache)[0][0]
            np.testing.assert_allclose(gradient[i, p], dx, rtol=EXACT, atol=EXACT)


def test_a_label_takes_the_place_of_what_the_network_sees(rng: np.random.Generator) -> None:
    network, sharp = StripeNet(seed=3), rng.random((1, 3, 16, 16))
    losses = [Recognition(network, label)(sharp, 0.0).loss_and_vjp(sharp[None])[0] for label in range(4)]
    own = Recognition(network)(sharp, 0.0).loss_and_vjp(sharp[None])[0]
    assert own == min(losses)
    np.testing.assert_allclose(np.exp(-np.concatenate(losses)).sum(), 1, rtol=EXACT)
    with pytest.raises(RequestError, match=r"The label is 4\. Give one of the classes, 0 to 3"):
        Recognition(network, 4)(sharp, 0.0)
