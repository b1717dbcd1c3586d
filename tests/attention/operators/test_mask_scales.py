"""Masks at each scale."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.operators import mask_scales
from neurogate.errors import RequestError


def masks() -> np.ndarray:
    mask = np.zeros((2, 1, 32, 48))
    mask[0, :, 4:20, 8:40] = 1
    mask[1, :, 10:13, 20:24] = 1
    return mask


def test_each_sample_is_what_it_is_alone() -> None:
    both = mask_scales.forward(masks())
    alone = mask_scales.forward(masks()[1:])
    assert all(np.array_equal(a[1:], b) for a, b in zip(both, alone, strict=True))


def test_those_of_the_authors_depend_on_the_rest_of_the_batch() -> None:
    both = mask_scales.forward(masks(), per_sample=False)
    alone = mask_scales.forward(masks()[1:], per_sample=False)
    assert any(not np.allclose(a[1:], b) for a, b in zip(both, alone, strict=True))


def test_they_reach_from_0_to_1_at_each_scale() -> None:
    found = mask_scales.forward(masks())
    assert [m.shape[2:] for m in found] == [
        (8, 12), (8, 12), (8, 12), (4, 6), (4, 6), (2, 3), (2, 3), (1, 2), (1, 2),
    ]  # fmt: skip
    for m in found:
        assert (m >= 0).all()
        assert np.allclose(m.max(axis=(1, 2, 3)), 1, rtol=0, atol=1e-4)


def test_an_empty_mask_stays_empty() -> None:
    assert not any(m.any() for m in mask_scales.forward(np.zeros((1, 1, 8, 8), np.float32)))


def test_another_shape_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"mask \(1, 2, 8, 8\): mask must be"):
        mask_scales.forward(np.ones((1, 2, 8, 8)))
