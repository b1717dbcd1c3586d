"""The loss of click attention: its two parts and its gradient."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import click_loss
from neurogate.attention.training.losses import cross_entropy
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=5)
@given(
    seed=st.integers(0, 99), batch=st.integers(1, 2), levels=st.integers(1, 3), points=st.integers(1, 5),
    weighted=st.booleans(),
)  # fmt: skip
def test_gradients(seed: int, batch: int, levels: int, points: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    logits, labels = rng.standard_normal((batch, levels, points, 3)), rng.integers(0, 3, (batch, points))
    importance = rng.random((batch, points)) + 0.1 if weighted else None

    def loss(logits: np.ndarray) -> np.ndarray:
        return click_loss.forward(logits, labels, importance)[0]

    _, cache = click_loss.forward(logits, labels, importance)
    check(rng, loss, {"logits": logits}, {"logits": click_loss.backward(2.0, cache)}, np.float64(2.0))


def test_without_dice_it_is_the_cross_entropy_of_each_level(rng: np.random.Generator) -> None:
    logits, labels = rng.standard_normal((2, 3, 7, 4)), rng.integers(0, 4, (2, 7))
    loss, cache = click_loss.forward(logits, labels, factor=0.0)
    each = [cross_entropy(logits[:, level], labels) for level in range(3)]
    assert loss == pytest.approx(sum(value for value, _ in each))
    found = click_loss.backward(1.0, cache)
    np.testing.assert_allclose(found, np.stack([gradient for _, gradient in each], axis=1), atol=1e-14)


def test_certain_and_right_costs_nothing_and_number_types_stay() -> None:
    labels = np.array([[0, 1, 2, 1]])
    logits = (1e4 * (labels[..., None] == np.arange(3)))[:, None].astype(np.float32)
    loss, cache = click_loss.forward(logits, labels)
    assert loss == 0
    assert loss.dtype == click_loss.backward(1.0, cache).dtype == np.float32


def test_an_object_that_is_ruled_out_costs_nothing_where_it_is_not() -> None:
    logits, labels = np.array([[[[0.0, -np.inf, 1.0]]]]), np.array([[2]])
    loss, cache = click_loss.forward(logits, labels, factor=0.0)
    assert loss == pytest.approx(np.log1p(np.exp(-1)))
    assert np.isfinite(click_loss.backward(1.0, cache)).all()


def test_a_scene_of_no_importance_has_no_entropy_and_the_other_its_own(rng: np.random.Generator) -> None:
    logits, labels = rng.standard_normal((2, 1, 4, 3)), rng.integers(0, 3, (2, 4))
    importance = np.stack([np.zeros(4), rng.random(4)])
    loss, cache = click_loss.forward(logits, labels, importance, factor=0.0)
    alone, other = click_loss.forward(logits[1:], labels[1:], importance[1:], factor=0.0)
    assert cache.entropy[0] == 0
    assert loss == pytest.approx(alone / 2)
    gradient = click_loss.backward(1.0, cache)
    assert not gradient[0].any()
    np.testing.assert_allclose(gradient[1:], click_loss.backward(0.5, other), rtol=1e-14)


def test_importance_of_another_number_type_does_not_change_that_of_the_loss() -> None:
    logits, labels = np.zeros((1, 1, 2, 2), np.float32), np.array([[0, 1]])
    loss, cache = click_loss.forward(logits, labels, np.array([[0.3, 0.9]]))
    assert loss.dtype == click_loss.backward(1.0, cache).dtype == np.float32


def test_labels_of_other_points_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"logits \(1, 1, 4, 2\), labels \(1, 3\)"):
        click_loss.forward(np.zeros((1, 1, 4, 2)), np.zeros((1, 3), int))
    with pytest.raises(RequestError, match="labels must be whole numbers, not object"):
        click_loss.forward(np.zeros((1, 1, 3, 2)), np.zeros((1, 3), object))
