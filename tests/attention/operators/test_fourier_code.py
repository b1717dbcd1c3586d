"""Codes of points in space."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.attention.operators.fourier_code import code
from neurogate.errors import RequestError


def test_codes_lie_on_circles_and_their_likeness_is_that_of_a_distance(rng: np.random.Generator) -> None:
    points, frequencies = rng.random((7, 3)), rng.standard_normal((3, 5))
    found = code(points, frequencies)
    np.testing.assert_allclose((found**2).sum(axis=1), 5.0, rtol=1e-12)
    unit = (points - points.min(axis=0)) / np.ptp(points, axis=0)
    apart = unit[:, None] - unit
    np.testing.assert_allclose(
        found @ found.T, np.cos(2 * np.pi * apart @ frequencies).sum(axis=-1), atol=1e-12
    )


def test_no_points_and_points_on_one_line_have_codes() -> None:
    assert code(np.ones((2, 0, 3)), np.ones((3, 4))).shape == (2, 0, 8)
    flat = np.array([[0.0, 5.0], [1.0, 5.0]])
    np.testing.assert_allclose(code(flat, np.array([[0.0], [1.0]])), [[0.0, 1.0], [0.0, 1.0]])


def test_another_number_of_axes_is_a_sentence() -> None:
    with pytest.raises(RequestError, match=r"points \(4, 2\), frequencies \(3, 8\)"):
        code(np.ones((4, 2)), np.ones((3, 8)))
