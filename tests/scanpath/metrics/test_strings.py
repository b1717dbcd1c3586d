"""Scanpaths as strings agree with the peers' numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.sequence import agreement, semantic_score, sequence_score
from neurogate.scanpath.metrics.strings import levenshtein, scanmatch
from neurogate.scanpath.metrics.symbols import cells, clusters, repeated
from tests.scanpath.metrics.axioms import SIZE, assert_missing_is_said, assert_twin, paths

PAIRS = json.loads((Path(__file__).parents[2] / "oracles" / "scanpath_distances.json").read_text())["pairs"]
SCREEN = (800.0, 600.0)
CENTRES = [[10, 10], [40, 30], [70, 50]]
LABELS = np.arange(60)[:, None] // 20 * 100 + np.arange(80)[None] // 40 - 1
VARIANTS: list[tuple[Any, dict[str, Any]]] = [
    (scanmatch, {"size": SIZE}),
    (scanmatch, {"size": SIZE, "bin_s": 0.05, "gap": -0.5, "grid": (5, 3), "threshold": 2}),
    (levenshtein, {"size": SIZE, "normalised": True}),
    (sequence_score, {"centres": CENTRES}),
    (sequence_score, {"centres": CENTRES, "bin_s": 0.05}),
    (semantic_score, {"labels": LABELS}),
    (semantic_score, {"labels": LABELS, "bin_s": 0.05}),
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: str(pair["image"]))
def test_the_peers_are_agreed_with(pair: dict[str, Any]) -> None:
    a, b = (np.array(pair[side]) for side in "ab")
    assert cells(a, SCREEN, (8, 6)).tolist() == pair["string_a"]
    assert cells(b, SCREEN, (8, 6)).tolist() == pair["string_b"]
    assert levenshtein(a, b, size=SCREEN) == pair["levenshtein_8x6"]
    plain, timed = (scanmatch(a, b, size=SCREEN, bin_s=bin_s) for bin_s in (None, 0.05))
    assert plain == pytest.approx(pair["scanmatch_8x6_notemp_thr3.5_gap0"], abs=1e-9)
    assert timed == pytest.approx(pair["scanmatch_8x6_temp50ms_thr3.5_gap0"], abs=1e-9)


@settings(max_examples=30)
@given(paths(), paths())
def test_what_is_compiled_is_the_definition(a: np.ndarray, b: np.ndarray) -> None:
    for metric, options in [*VARIANTS, (levenshtein, {"size": SIZE})]:
        assert_twin(metric, [a, b], [b, a, a], **options)


@settings(max_examples=20)
@given(paths(1), paths(1))
def test_axioms(a: np.ndarray, b: np.ndarray) -> None:
    for metric, options in VARIANTS:
        there = metric(a, b, **options)
        assert np.isnan(there) or there <= 1 + 1e-12
        assert metric(b, a, **options) == pytest.approx(there, nan_ok=True)
        itself = metric(a, a, **options)
        assert np.isnan(itself) or itself == pytest.approx(1)
    assert 0 <= levenshtein(a, b, size=SIZE) <= max(len(a), len(b))
    assert scanmatch(2 * a, 2 * b, size=(160, 120)) == pytest.approx(scanmatch(a, b, size=SIZE))


@settings(max_examples=20)
@given(paths(), paths(), paths())
def test_edits_are_a_distance(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    there, back, beyond = (levenshtein(*pair, size=SIZE) for pair in ((a, c), (a, b), (b, c)))
    assert there <= back + beyond
    assert levenshtein(a, a, size=SIZE) == 0


def test_an_empty_string_has_a_distance_and_no_score() -> None:
    assert levenshtein([], [[1, 1], [2, 2]], size=SIZE) == 2
    assert np.isnan(levenshtein([], [], size=SIZE, normalised=True))
    for metric, options in VARIANTS:
        if metric is not levenshtein:
            assert np.isnan(metric(np.zeros((0, 3)), [[1, 1, 0.3]], **options))


def test_a_fixation_outside_is_in_the_nearest_cell() -> None:
    assert cells(np.array([[-9, 30], [80, 60]]), SIZE, (8, 6)).tolist() == [24, 47]


def test_three_bins_fit_into_three_times_their_width() -> None:
    path = np.array([[0, 0, 0.15], [0, 0, 0.149], [0, 0, 0.01]])
    assert repeated(np.arange(3), path, 0.05, "down").tolist() == [0, 0, 0, 1, 1]
    assert repeated(np.arange(3), path, 0.05, "nearest").tolist() == [0, 0, 0, 1, 1, 1]


def test_clusters_are_where_fixations_gather(rng: np.random.Generator) -> None:
    wanted = np.array([[100.0, 100.0], [400.0, 300.0], [700.0, 500.0]])
    cloud = (wanted[:, None] + rng.uniform(-20, 20, (3, 30, 2))).reshape(-1, 2)
    found = clusters(cloud, 60)
    assert (
        sorted(found.round(6).tolist())
        == np.sort(cloud.reshape(3, 30, 2).mean(axis=1).round(6), axis=0).tolist()
    )


def test_nobody_is_compared_with_himself(rng: np.random.Generator) -> None:
    several = list(rng.random((4, 8, 3)) * (80, 60, 0.5))
    centres = clusters(np.concatenate(several), 15)
    table = sequence_score.pairwise(several, centres=centres)
    assert np.allclose(np.diag(table), 1)
    wanted = (table.sum(axis=1) - 1) / 3
    assert np.allclose(agreement(several, bandwidth=15, clustered="all"), wanted)
    own = [clusters(np.concatenate(several[:k] + several[k + 1 :]), 15) for k in range(4)]
    rest = [several[:k] + several[k + 1 :] for k in range(4)]
    wanted = [
        np.mean([sequence_score(several[k], other, centres=own[k], bin_s=0.05) for other in rest[k]])
        for k in range(4)
    ]
    assert np.allclose(agreement(several, bandwidth=15, clustered="others", bin_s=0.05), wanted)


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (lambda: scanmatch([[1, 1]], [[1, 1]], size=SIZE, threshold=0), "threshold is 0"),
        (lambda: scanmatch([[1, 1]], [[1, 1]], size=SIZE, gap=1), "gap is 1"),
        (lambda: scanmatch([[1, 1]], [[1, 1]], size=SIZE, bin_s=0.05), "rows x, y, duration"),
        (lambda: scanmatch([[1, 1, 1]], [[1, 1, 1]], size=SIZE, bin_s=-1), "bin_s is -1 s"),
        (lambda: levenshtein([[1, 1]], [[1, 1]], size=SIZE, grid=(0, 2)), "grid is 0 x 2"),
        (lambda: sequence_score([[1, 1]], [[1, 1]], centres=[]), "centres have shape"),
        (lambda: semantic_score([[1, 1]], [[1, 1]], labels=np.ones((2, 2))), "type float64"),
        (lambda: clusters([[1, 1]], 0), "bandwidth is 0"),
        (lambda: clusters(np.zeros((0, 2)), 1), "cannot be clustered"),
        (lambda: agreement([[[1, 1]]], bandwidth=1, clustered="others"), "There are 1 scanpaths"),
        (lambda: agreement([[[1, 1]]], bandwidth=1, clustered="mine"), "choose from all, others"),
    ],
)
def test_mistakes_are_sentences(attempt: Any, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        attempt()


def test_a_missing_number_is_said() -> None:
    for metric, options in VARIANTS:
        assert_missing_is_said(metric, **options)
