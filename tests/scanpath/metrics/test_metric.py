"""A metric takes scanpaths, arrays and lists alike."""

from __future__ import annotations

import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.metric import fixations, packed
from neurogate.scanpath.metrics.multimatch import multimatch
from neurogate.scanpath.path import scanpath


def test_a_scanpath_is_its_rows() -> None:
    path = scanpath([1, 2, 5], [3, 4, 1], [0.1, 0.2, 0.3], size=(9, 9))
    rows = [[1, 3, 0.1], [2, 4, 0.2], [5, 1, 0.3]]
    assert fixations(path, 3).tolist() == rows
    assert multimatch(path, rows, size=(9, 9)) == multimatch(rows, rows, size=(9, 9))


def test_no_fixations_and_no_paths_are_allowed() -> None:
    assert fixations([], 3).shape == (0, 3)
    assert packed([])[1].tolist() == [0]
    assert multimatch.pairwise([], size=(9, 9)).shape == (0, 0, 5)


def test_what_is_no_table_of_fixations_is_said() -> None:
    with pytest.raises(RequestError, match="rows x, y; this one has shape \\(3,\\)"):
        fixations([1, 2, 3])
