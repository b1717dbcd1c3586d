"""Every scanpath is measured by one map as each function says, whatever lies outside it."""

from __future__ import annotations

import numpy as np
import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.formats.viewing import numbered
from neurogate.scanpath.metrics.auc import auc_judd
from neurogate.scanpath.metrics.fixation_map import fixation_map
from neurogate.scanpath.metrics.map_likeness import similarity
from neurogate.scanpath.on_map import MAP_METRICS, compare_with_map
from neurogate.scanpath.path import scanpath

PLANE = np.random.default_rng(1).random((6, 8))


def test_each_scanpath_has_its_own_row_and_what_is_outside_does_not_count() -> None:
    paths = [scanpath([5, 71, 900], [5, 59, 5], size=(80, 60)), scanpath([900], [5], size=(80, 60))]
    one, none = compare_with_map(numbered(paths, "cat"), PLANE, called="mine")
    fixated = [[0, 0], [7, 5]]
    assert (one["image"], one["a"], one["b"]) == ("cat", "0", "mine")
    assert one["auc_judd"] == pytest.approx(auc_judd(PLANE, fixated))
    assert one["similarity"] == pytest.approx(similarity(PLANE, fixation_map(fixated, (6, 8), 8 / 32)))
    assert all(np.isfinite(one[name]) and np.isnan(none[name]) for name in MAP_METRICS)


def test_no_scanpaths_have_no_rows_and_what_is_no_measure_or_map_is_a_sentence() -> None:
    assert compare_with_map([], PLANE) == []
    with pytest.raises(RequestError, match=r"There is no metric ns\. .* Did you mean nss\?"):
        compare_with_map([], PLANE, ["ns"])
    with pytest.raises(RequestError, match="priority has shape"):
        compare_with_map([], [1.0])
