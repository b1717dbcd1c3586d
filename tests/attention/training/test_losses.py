"""Losses have the gradients of finite differences, and the limits that define them."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from neurogate.attention.training.adversarial import balanced
from neurogate.attention.training.losses import (
    IGNORED,
    binary_cross_entropy,
    cross_entropy,
    dice,
    huber,
    mean_absolute_error,
    mean_squared_error,
)
from neurogate.errors import RequestError
from tests.tolerances import TOLERANCE


def slope_agrees(loss: Callable[[np.ndarray], tuple[float, np.ndarray]], at: np.ndarray) -> None:
    towards = np.random.default_rng(1).standard_normal(at.shape)
    _, gradient = loss(at)
    wanted = (loss(at + 1e-5 * towards)[0] - loss(at - 1e-5 * towards)[0]) / 2e-5
    assert abs((gradient * towards).sum() - wanted) <= TOLERANCE["finite differences", "float64"]


@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 99), st.booleans())
@settings(max_examples=10)
def test_gradients(rows: int, classes: int, seed: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    at, targets = rng.standard_normal((rows, classes)), rng.random((rows, classes))
    labels = np.where(rng.random(rows) < 0.3, IGNORED, rng.integers(0, classes, rows))
    weight = rng.random(classes) + 0.1 if weighted else None
    slope_agrees(lambda z: cross_entropy(z, labels, weight), at)
    slope_agrees(lambda z: binary_cross_entropy(z, targets), at)
    slope_agrees(lambda z: mean_squared_error(z, targets), at)
    slope_agrees(lambda z: mean_absolute_error(z, targets), at)
    for delta in (0.3, 1.0):
        share = rng.random((rows, classes)) if weighted else None
        slope_agrees(lambda z, delta=delta, share=share: huber(z, targets, delta, weight=share), 2 * at)
    slope_agrees(lambda z: dice(z, targets), rng.random((rows, classes)))


@pytest.mark.parametrize("loss", [binary_cross_entropy, dice, huber, mean_absolute_error, mean_squared_error])
def test_targets_of_another_number_type_do_not_change_that_of_the_gradient(
    loss: Callable[..., tuple[float, np.ndarray]], rng: np.random.Generator
) -> None:
    at, targets = rng.random((2, 3, 4))
    value, gradient = loss(at.astype(np.float32), targets)
    wide, wanted = loss(at, targets)
    assert gradient.dtype == np.float32
    assert value == pytest.approx(wide, rel=1e-5)
    np.testing.assert_allclose(gradient, wanted, rtol=1e-4, atol=1e-6)


def test_what_is_ignored_costs_nothing_and_all_ignored_costs_0() -> None:
    logits = np.array([[1.0, 2.0], [3.0, -1.0]])
    one, gradient = cross_entropy(logits, np.array([1, IGNORED]))
    assert one == pytest.approx(cross_entropy(logits[:1], np.array([1]))[0])
    assert (gradient[1] == 0).all()
    assert cross_entropy(logits, np.array([IGNORED, IGNORED]))[0] == 0


def test_certain_and_right_costs_nothing_and_extremes_are_finite() -> None:
    logits = np.array([[1e4, -1e4]], dtype=np.float32)
    assert cross_entropy(logits, np.array([0]))[0] == 0
    loss, gradient = cross_entropy(logits, np.array([1]))
    assert np.isfinite(loss)
    assert gradient.dtype == np.float32


def test_a_class_that_is_ruled_out_costs_nothing_unless_it_is_the_label() -> None:
    never = -np.inf
    logits, two = np.array([[0.0, never, 1.0]]), np.array([[0.0, 1.0]])
    loss, gradient = cross_entropy(logits, np.array([2]))
    assert loss == pytest.approx(np.log1p(np.exp(-1)))
    assert np.allclose(gradient[0, [0, 2]], cross_entropy(two, np.array([1]))[1][0], rtol=1e-15, atol=0)
    assert gradient[0, 1] == 0
    loss, gradient = cross_entropy(logits, np.array([1]))
    assert loss == np.inf
    assert np.allclose(gradient, [[1 / (1 + np.e), -1, np.e / (1 + np.e)]], rtol=1e-15, atol=0)
    assert cross_entropy(logits, np.array([1]), np.array([1.0, 0.0, 1.0]))[0] == 0


@pytest.mark.parametrize("row", [(np.inf, 0.0), (-np.inf, -np.inf), (np.nan, 0.0)])
def test_a_row_without_probabilities_is_a_sentence_unless_it_is_ignored(row: tuple[float, float]) -> None:
    logits = np.array([[1.0, 2.0], row])
    loss, gradient = cross_entropy(logits, np.array([1, IGNORED]))
    assert loss == cross_entropy(logits[:1], np.array([1]))[0]
    assert not gradient[1].any()
    if np.isnan(row[0]):
        assert np.isnan(cross_entropy(logits, np.array([1, 0]))[0])
        return
    with pytest.raises(RequestError, match=r"^logits \(2, 2\): the largest of a row of .* finite"):
        cross_entropy(logits, np.array([1, 0]))


def test_weights_are_those_of_means() -> None:
    logits, labels = np.random.default_rng(0).standard_normal((6, 3)), np.array([0, 1, 2, 2, 1, 0])
    alone = [cross_entropy(logits[i : i + 1], labels[i : i + 1])[0] for i in range(6)]
    weight = np.array([1.0, 2.0, 5.0])
    assert cross_entropy(logits, labels, weight)[0] == pytest.approx(
        np.average(alone, weights=weight[labels])
    )


def test_an_error_is_half_its_square_up_to_delta_and_a_line_from_there() -> None:
    y, weight = np.array([0.2, -0.5, 0.5, 3.0, -7.0]), np.array([1.0, 2.0, 0.0, 5.0, 0.5])
    each = np.array([0.5 * 0.2**2, 0.5 * 0.5**2, 0.5 * 0.5**2, 0.5 * (3 - 0.25), 0.5 * (7 - 0.25)])
    assert huber(y, 0 * y, 0.5)[0] == pytest.approx(each.mean())
    assert huber(y, 0 * y, 0.5, weight=weight)[0] == pytest.approx((weight * each).mean())
    assert huber(y, 0 * y, 0.5, weight=weight)[1][2] == 0


def test_both_losses_of_scribbles_count_alike_and_unlabelled_ones_are_judged_alone() -> None:
    loss, (weight, share) = balanced(4.0, -3.0, share=0.2)
    assert (weight, share) == (0.75, 0.2)
    assert loss == pytest.approx(3.0 - 0.6)
    assert balanced(0.0, 3.0) == (pytest.approx(0.3), (0.0, 0.1))


def test_no_overlap_and_full_overlap() -> None:
    t = np.zeros((2, 1, 8))
    t[..., :4] = 1
    assert dice(t, t)[0] == 0
    assert dice(1 - t, t, smooth=1e-9)[0] == pytest.approx(1)


def test_mistakes_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"labels must be from 0 to 1, or -100"):
        cross_entropy(np.zeros((1, 2)), np.array([2]))
    with pytest.raises(RequestError, match="labels must be whole numbers, not object"):
        cross_entropy(np.zeros((1, 2)), np.array([1], object))
    with pytest.raises(RequestError, match="a label for each row"):
        cross_entropy(np.zeros((1, 2)), np.array([[1]]))
    with pytest.raises(RequestError, match="prediction and targets must have the same shape"):
        mean_squared_error(np.zeros(2), np.zeros(3))
    with pytest.raises(RequestError, match=r"weight \(3,\), targets \(2,\)"):
        huber(np.zeros(2), np.zeros(2), weight=np.zeros(3))
