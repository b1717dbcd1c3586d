"""The cross-entropy of scribbles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import scribble_cross_entropy
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=6)
@given(st.integers(1, 4), st.integers(0, 2), st.integers(0, 99))
def test_gradients_are_those_of_finite_differences(classes: int, axes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = (3, 4)[:axes]
    logits, labels = rng.standard_normal((2, classes, *sizes)), rng.integers(-1, classes, (2, *sizes))
    _, cache = scribble_cross_entropy.forward(logits, labels)
    found = {"logits": scribble_cross_entropy.backward(0.7, cache)}
    check(rng, lambda logits: scribble_cross_entropy.forward(logits, labels)[0], {"logits": logits}, found,
          np.array(0.7))  # fmt: skip


def scribbles(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    labels = np.full((2, 4, 4), -1)
    labels[0, 0, :3], labels[1, 2, 2] = 0, 2
    return rng.standard_normal((2, 3, 4, 4)), labels


def test_pixels_without_a_label_have_no_gradient(rng: np.random.Generator) -> None:
    logits, labels = scribbles(rng)
    _, cache = scribble_cross_entropy.forward(logits, labels)
    gradient = np.abs(scribble_cross_entropy.backward(1.0, cache)).sum(axis=1)
    assert np.array_equal(gradient > 0, labels >= 0)


def test_it_is_the_sum_of_the_means_of_the_classes(rng: np.random.Generator) -> None:
    logits, labels = scribbles(rng)
    surprise = np.log(np.exp(logits).sum(axis=1, keepdims=True)) - logits
    wanted = surprise[:, 0][labels == 0].mean() + surprise[:, 2][labels == 2].mean()
    assert scribble_cross_entropy.forward(logits, labels)[0] == pytest.approx(wanted)


def test_a_class_that_is_ruled_out_costs_nothing_where_it_is_not() -> None:
    logits = np.array([[[0.0], [-np.inf], [1.0]]])
    loss, cache = scribble_cross_entropy.forward(logits, np.array([[2]]))
    assert loss == pytest.approx(np.log1p(np.exp(-1)))
    assert np.isfinite(scribble_cross_entropy.backward(1.0, cache)).all()


def test_without_labels_there_is_no_loss() -> None:
    loss, cache = scribble_cross_entropy.forward(np.ones((1, 2, 3), np.float32), np.full((1, 3), -1))
    assert loss == 0
    gradient = scribble_cross_entropy.backward(1.0, cache)
    assert gradient.dtype == np.float32
    assert not gradient.any()


def test_what_does_not_fit_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"labels \(1, 4\): labels must be whole numbers"):
        scribble_cross_entropy.forward(np.ones((1, 2, 3)), np.ones((1, 4), int))
    with pytest.raises(RequestError, match="labels must be less than 2"):
        scribble_cross_entropy.forward(np.ones((1, 2, 3)), np.full((1, 3), 2))
