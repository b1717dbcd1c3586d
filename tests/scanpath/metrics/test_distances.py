"""Distances agree with the peers' numbers, and are"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.spatial.distance import directed_hausdorff

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.clouds import eyenalysis, hausdorff, mannan, mannan_distance
from neurogate.scanpath.metrics.warping import dtw, frechet
from tests.scanpath.metrics.axioms import SIZE, assert_missing_is_said, assert_twin, paths

PAIRS = json.loads((Path(__file__).parents[2] / "oracles" / "scanpath_distances.json").read_text())["pairs"]
VARIANTS: list[tuple[Any, dict[str, Any]]] = [
    (dtw, {}),
    (dtw, {"variant": "root_of_squares"}),
    (frechet, {}),
    (hausdorff, {}),
    (eyenalysis, {}),
    (eyenalysis, {"variant": "square"}),
    (mannan_distance, {"size": SIZE}),
]
NAMES = ("dtw", "dtw_tslearn_sq_sqrt", "frechet", "hausdorff", "eyenalysis_px", "eyenalysis_sq_px2")


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: str(pair["image"]))
def test_the_peers_are_agreed_with(pair: dict[str, Any]) -> None:
    for name, (metric, options) in zip(NAMES, VARIANTS, strict=False):
        assert metric(pair["a"], pair["b"], **options) == pytest.approx(pair[name], rel=1e-12, abs=1e-9), name
    assert dtw(pair["a"], pair["b"], variant="root_of_squares") == pytest.approx(pair["dtw_dtai"])
    both = (np.array(pair[side])[:, :2] for side in "ab")
    a, b = both
    farthest = max(directed_hausdorff(a, b)[0], directed_hausdorff(b, a)[0])
    assert hausdorff(a, b) == pytest.approx(farthest)


@settings(max_examples=30)
@given(paths(), paths())
def test_what_is_compiled_is_the_definition(a: np.ndarray, b: np.ndarray) -> None:
    for metric, options in VARIANTS:
        assert_twin(metric, [a, b], [b, a, a], **options)
    assert_twin(mannan, [a, b], [a, b], size=SIZE, draws=3)


@settings(max_examples=20)
@given(paths(1), paths(1))
def test_axioms(a: np.ndarray, b: np.ndarray) -> None:
    for metric, options in VARIANTS:
        there = metric(a, b, **options)
        assert there >= 0
        assert metric(a, a, **options) == 0
        assert metric(b, a, **options) == pytest.approx(there)
        assert metric(np.add(a, 7), np.add(b, 7), **options) == pytest.approx(there)
        power = 2 if options.get("variant") == "square" else 0 if "size" in options else 1
        options = {**options, **({"size": (160, 120)} if "size" in options else {})}
        assert metric(2 * a, 2 * b, **options) == pytest.approx(2**power * there)


@settings(max_examples=20)
@given(paths(1), paths(1))
def test_order_counts_for_a_way_and_not_for_a_cloud(a: np.ndarray, b: np.ndarray) -> None:
    for metric in (hausdorff, eyenalysis):
        assert metric(a[::-1], b) == pytest.approx(metric(a, b))
    assert frechet(a, b) >= hausdorff(a, b) - 1e-9
    assert dtw(a, b) >= frechet(a, b) - 1e-9
    assert dtw(a[::-1], b[::-1]) == pytest.approx(dtw(a, b))


def test_a_duplicate_costs_a_warp_nothing() -> None:
    a = [[0, 0], [5, 5], [9, 1]]
    assert dtw([a[0], *a, a[-1]], a) == 0
    assert frechet([a[0], *a, a[-1]], a) == 0


def test_random_paths_have_an_index_of_nothing(rng: np.random.Generator) -> None:
    several = list(rng.random((40, 9, 2)) * SIZE)
    table = mannan.pairwise(several, size=SIZE)
    assert abs(table[~np.eye(40, dtype=bool)].mean()) < 5
    assert np.allclose(np.diag(table), 100)


def test_a_path_without_fixations_is_at_no_distance() -> None:
    for metric, options in VARIANTS:
        assert np.isnan([metric([], [[1, 2]], **options), metric([[1, 2]], [], **options)]).all()


def test_mistakes_are_sentences() -> None:
    for metric, options in VARIANTS:
        assert_missing_is_said(metric, **options)
    with pytest.raises(RequestError, match="no variant 'l2'; choose from sum, root_of_squares"):
        dtw.pairwise([[[1, 2]]], variant="l2")
    with pytest.raises(RequestError, match="draws is 0"):
        mannan([[1, 2]], [[1, 2]], size=SIZE, draws=0)
