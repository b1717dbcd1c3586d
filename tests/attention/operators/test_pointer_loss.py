"""The loss of a pointer: its two parts and its gradient."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import pointer_loss
from neurogate.errors import RequestError
from tests.attention.gradients import check


@settings(max_examples=5)
@given(seed=st.integers(0, 99), queries=st.integers(1, 3), patches=st.integers(1, 6))
def test_gradients(seed: int, queries: int, patches: int) -> None:
    rng = np.random.default_rng(seed)
    logits, labels = rng.standard_normal((queries, patches)), rng.random((queries, patches))
    labels *= rng.random((queries, patches)) > 0.4  # a row without labels may occur

    def loss(logits: np.ndarray) -> np.ndarray:
        return pointer_loss.forward(logits, labels, suppression=1.5)[0]

    _, cache = pointer_loss.forward(logits, labels, suppression=1.5)
    found = {"logits": pointer_loss.backward(2.0, cache)}
    check(rng, loss, {"logits": logits}, found, np.float64(2.0))


def test_a_pointer_equal_to_its_labels_costs_nothing(rng: np.random.Generator) -> None:
    labels = rng.random((3, 5))
    loss, cache = pointer_loss.forward(np.log(labels), labels)
    assert loss == pytest.approx(0.0, abs=1e-14)
    np.testing.assert_allclose(pointer_loss.backward(1.0, cache), 0.0, atol=1e-15)


def test_nothing_is_suppressed_where_all_mass_is_inside() -> None:
    logits = np.array([[0.0, 1.0, -np.inf, -np.inf]])
    labels = np.array([[0.3, 0.7, 0.0, 0.0]])
    loss, cache = pointer_loss.forward(logits, labels)
    assert np.isfinite(loss)
    assert cache.stray == 0
    both = [pointer_loss.backward(1.0, cache._replace(suppression=each)) for each in (0.0, 5.0)]
    assert np.array_equal(*both)


def test_extreme_logits_stay_finite() -> None:
    loss, cache = pointer_loss.forward(np.array([[1e4, -1e4, 0.0]]), np.array([[0.0, 1.0, 1.0]]))
    assert np.isfinite(loss)
    assert np.isfinite(pointer_loss.backward(1.0, cache)).all()


@pytest.mark.parametrize(("logits", "labels"), [("float32", "float64"), ("float64", "float32")])
def test_the_number_type_is_that_of_the_logits(logits: str, labels: str, rng: np.random.Generator) -> None:
    loss, cache = pointer_loss.forward(rng.standard_normal((2, 3)).astype(logits), np.eye(2, 3, dtype=labels))
    assert loss.dtype == cache.stray.dtype == cache.divergence.dtype == logits
    assert pointer_loss.backward(1.0, cache).dtype == logits


@pytest.mark.parametrize("label", [-1e-9, np.nan])
def test_labels_below_0_are_a_sentence(label: float) -> None:
    with pytest.raises(RequestError, match=r"labels \(1, 3\): labels must be at least 0"):
        pointer_loss.forward(np.ones((1, 3)), np.array([[1.0, label, 0.5]]))


def test_shapes_that_do_not_fit_are_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"logits \(2, 3\), labels \(2, 4\)"):
        pointer_loss.forward(np.ones((2, 3)), np.ones((2, 4)))
