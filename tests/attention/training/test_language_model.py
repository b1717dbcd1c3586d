"""Tokens in, scores out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurogate.attention import make
from neurogate.attention.training.adam import Adam
from neurogate.attention.training.language_model import LanguageModel
from neurogate.attention.training.loop import Training, fit
from neurogate.errors import RequestError
from neurogate.tasks.associative_recall import AssociativeRecall
from tests.tolerances import TOLERANCE

STEP = 1e-5


def model(mixer: str, width: int, vocabulary: int, length: int) -> LanguageModel:
    return LanguageModel(make("zoology_backbone", d_model=width, mixer=mixer, l_max=length), vocabulary)


def test_gradients_are_those_of_finite_differences(rng: np.random.Generator) -> None:
    net, tokens, labels = model("base_conv", 4, 6, 5), *rng.integers(6, size=(2, 2, 5))
    for name, array in net.parameters.items():
        net.parameters[name] = array + 0.1 * rng.standard_normal(array.shape)
    _, gradients = net.loss(tokens, labels)
    assert gradients.keys() == net.parameters.keys()
    for name, array in dict(net.parameters).items():
        towards, losses = rng.standard_normal(array.shape), []
        for sign in (1, -1):
            net.parameters[name] = array + sign * STEP * towards
            losses.append(net.loss(tokens, labels)[0])
        net.parameters[name] = array
        wanted, found = (losses[0] - losses[1]) / (2 * STEP), float((gradients[name] * towards).sum())
        size = 1 + np.abs(gradients[name] * towards).sum()
        assert abs(found - wanted) <= TOLERANCE["finite differences", "float64"] * size, name


def test_it_learns_a_handful_of_sequences_by_heart() -> None:
    inputs, labels = AssociativeRecall(vocabulary=20, length=12, pairs=2).draw(4)
    net = model("hybrid", 16, 20, 12)
    before, _ = net.loss(inputs, labels)
    fit(
        net.parameters, lambda batch, _: net.loss(inputs[batch], labels[batch]), 4,
        Training(epochs=80, batch=4, optimiser=Adam(rate=0.01)),
    )  # fmt: skip
    assert net.loss(inputs, labels)[0] < 0.1 * before


@pytest.mark.parametrize("layer", ["gla", None, make("channel_attention", channels=4)])
def test_what_is_no_layer_of_vectors_is_a_sentence(layer: Any) -> None:
    with pytest.raises(RequestError, match=r"^layer is \w+\. Give one of sequences of vectors"):
        LanguageModel(layer, vocabulary=5)
