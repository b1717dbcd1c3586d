"""Whether two ways through the same sums ended at the same numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.tolerances import TOLERANCE


def near(a: np.ndarray, b: np.ndarray, dtype: str = "float64") -> bool:
    """Compare two arrays, relative to the largest number, or to 1."""
    size = max(1.0, float(np.abs(b).max(initial=0)))
    return bool(np.abs(a - b).max(initial=0) <= TOLERANCE["two ways", dtype] * size)


def all_near(mine: Sequence[np.ndarray], theirs: Sequence[np.ndarray], dtype: str = "float64") -> bool:
    """Compare arrays one by one; their shapes and number types must be equal."""
    pairs = list(zip(mine, theirs, strict=True))
    assert all(a.shape == b.shape and a.dtype == b.dtype == dtype for a, b in pairs)
    return all(near(a, b, dtype) for a, b in pairs)
