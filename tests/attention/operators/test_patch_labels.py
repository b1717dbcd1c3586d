"""Labels of patches: how much of them there is, and where."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neurogate.attention.operators import patch_labels
from neurogate.attention.operators.pointwise import normal_cdf
from neurogate.errors import RequestError


@settings(max_examples=10)
@given(seed=st.integers(0, 99), rows=st.integers(1, 9), columns=st.integers(1, 9), factor=st.floats(0.5, 6.0))
def test_the_mass_in_the_image_is_that_of_the_box(seed: int, rows: int, columns: int, factor: float) -> None:
    low, high = np.sort(np.random.default_rng(seed).random((2, 2)), axis=0)
    label = patch_labels.gaussian(np.concatenate([low, high]), (rows, columns), factor=factor)
    side = 2 * normal_cdf.value(np.float64(factor / 2)) - 1
    assert label.sum() == pytest.approx(side**2, rel=1e-10)
    assert label.min() >= 0
    assert label.sum() <= 1


@pytest.mark.parametrize(
    ("dtype", "factor", "near"), [("float64", 18.0, 1e-12), ("float64", 40.0, 1e-12), ("float32", 14.0, 1e-5)]
)
def test_far_from_the_middle_of_a_narrow_peak_labels_are_small_and_not_0(
    dtype: str, factor: float, near: float
) -> None:
    label = patch_labels.gaussian(np.array([0.0, 0.0, 1.0, 1.0], dtype), (1, 20), factor=factor)[0]
    edges = (np.arange(10, 21) / 20 - 0.5) * factor * math.sqrt(0.5)
    beyond = np.array([math.erfc(edge) / 2 for edge in edges])  # above each edge, right of the middle
    side = math.erf(factor / 2 * math.sqrt(0.5))
    np.testing.assert_allclose(label[10:], (beyond[:-1] - beyond[1:]) * side, rtol=near)
    np.testing.assert_allclose(label, label[::-1], rtol=near)
    assert label.min() > 0


def test_a_box_that_leaves_the_image_loses_what_lies_outside() -> None:
    whole = patch_labels.gaussian(np.array([0.25, 0.25, 0.75, 0.75]), (8, 8)).sum()
    half = patch_labels.gaussian(np.array([-0.25, 0.25, 0.25, 0.75]), (8, 8)).sum()
    assert half == pytest.approx(whole / 2)


def test_a_box_in_the_middle_has_a_label_in_the_middle() -> None:
    label = patch_labels.gaussian(np.array([0.2, 0.3, 0.8, 0.7]), (5, 7))
    np.testing.assert_allclose(label, label[::-1, ::-1], atol=1e-15)
    assert np.unravel_index(label.argmax(), label.shape) == (2, 3)


def test_patches_apart_from_the_box_have_none() -> None:
    box = np.array([0.21, 0.3, 0.62, 0.83])
    gaussian, uniform = patch_labels.gaussian(box, (6, 9)), patch_labels.uniform(box, (6, 9))
    assert np.array_equal(gaussian > 0, uniform == 1)
    assert uniform.sum() == 4 * 5


def test_many_boxes_are_one_after_the_other_and_number_types_stay() -> None:
    boxes = np.array([[0.1, 0.2, 0.4, 0.9], [0.5, 0.1, 0.6, 0.3]], np.float32)
    labels = patch_labels.gaussian(boxes, (4, 5))
    assert labels.dtype == np.float32
    for box, label in zip(boxes, labels, strict=True):
        assert np.array_equal(label, patch_labels.gaussian(box, (4, 5)))


def test_empty_boxes_are_a_sentence() -> None:
    with pytest.raises(RequestError, match="A box is empty"):
        patch_labels.gaussian(np.array([0.5, 0.1, 0.5, 0.3]), (4, 5))
    with pytest.raises(RequestError, match=r"box \(3,\): a box has four numbers"):
        patch_labels.uniform(np.ones(3), (4, 5))
    with pytest.raises(RequestError, match=r"factor is 0\. Give a number that is above 0"):
        patch_labels.gaussian(np.array([0.0, 0.0, 1.0, 1.0]), (4, 5), factor=0)
