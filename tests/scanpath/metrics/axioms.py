"""Scanpaths to try measures on, and what must hold of each measure."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.metric import Metric

SIZE = (80.0, 60.0)
_fixation = st.tuples(st.integers(-4, 84), st.integers(-4, 64), st.integers(1, 40))


def paths(least: int = 0, most: int = 7) -> st.SearchStrategy[np.ndarray]:
    """Draw scanpaths of whole pixels and hundredths of a second: with ties, duplicates and places outside."""
    return st.lists(_fixation, min_size=least, max_size=most).map(
        lambda rows: np.array(rows, dtype=float).reshape(-1, 3) * (1, 1, 0.01)
    )


def assert_twin(metric: Metric, first: list[np.ndarray], second: list[np.ndarray], **options: Any) -> None:
    """Compare what is compiled with the definition, pair by pair."""
    found = metric.pairwise(first, second, **options)
    wanted = [[metric(a, b, **options) for b in second] for a in first]
    np.testing.assert_allclose(found, np.array(wanted, dtype=float), rtol=0, atol=1e-9)


def assert_missing_is_said(metric: Metric, **options: Any) -> None:
    """A number that is missing is a mistake, for one pair and for many."""
    good, bad = np.ones((4, 3)), np.ones((4, 3))
    bad[2, 1] = np.nan
    for attempt in (
        lambda: metric(good, bad, **options),
        lambda: metric.pairwise([good, bad], **options),
    ):
        with pytest.raises(RequestError, match=r"Fixation 2 .* missing"):
            attempt()
