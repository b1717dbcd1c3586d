"""Time-delay embeddings agree with the peer's numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.clouds import hausdorff
from neurogate.scanpath.metrics.windows import scaled_tde, string_tde, tde
from tests.scanpath.metrics.axioms import SIZE, assert_missing_is_said, assert_twin, paths

PAIRS = json.loads((Path(__file__).parents[2] / "oracles" / "scanpath_distances.json").read_text())["pairs"]
STRING = {"size": SIZE, "k": 3, "grid": (4, 4)}
VARIANTS: list[tuple[Any, dict[str, Any]]] = [
    (tde, {"k": 2}),
    (tde, {"k": 3, "over": "worst"}),
    (scaled_tde, {"size": SIZE}),
    (string_tde, STRING),
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: str(pair["image"]))
def test_the_peer_is_agreed_with(pair: dict[str, Any]) -> None:
    human, simulated = pair["a"], pair["b"]
    for k in (1, 2, 3):
        assert tde(human, simulated, k=k) == pytest.approx(pair[f"tde_k{k}_mean_a_human_b_sim"], abs=1e-9)
    assert scaled_tde(human, simulated, size=(800, 600)) == pytest.approx(pair["stde_max800"], abs=1e-9)
    found = string_tde(human, simulated, size=(800, 600), k=3, grid=(4, 4))
    assert found == pytest.approx(pair["sbtde_k3_grid4"], abs=1e-9)


@settings(max_examples=30)
@given(paths(), paths())
def test_what_is_compiled_is_the_definition(a: np.ndarray, b: np.ndarray) -> None:
    for metric, options in VARIANTS:
        assert_twin(metric, [a, b], [b, a, a], **options)


@settings(max_examples=20)
@given(paths(3), paths(3))
def test_axioms(a: np.ndarray, b: np.ndarray) -> None:
    for metric, options in VARIANTS[:2]:
        there = metric(a, b, **options)
        assert there >= metric(a, a, **options) == 0
        assert metric(a + 5, b + 5, **options) == pytest.approx(there)
        assert metric(2 * a, 2 * b, **options) == pytest.approx(2 * there)
    assert scaled_tde(a, a, size=SIZE) == 1
    assert 0 < scaled_tde(a, b, size=SIZE) <= 1
    assert 0 <= string_tde(a, b, **STRING) <= 1
    assert string_tde(a, a, **STRING) == 0


@settings(max_examples=20)
@given(paths(1), paths(1))
def test_the_worst_of_single_fixations_both_ways_is_hausdorff(a: np.ndarray, b: np.ndarray) -> None:
    both = max(tde(a, b, k=1, over="worst"), tde(b, a, k=1, over="worst"))
    assert both == pytest.approx(hausdorff(a, b))


def test_a_stretch_of_the_human_path_is_at_no_distance_of_it_and_not_the_other_way() -> None:
    human = [[0, 0], [30, 40], [60, 0], [10, 10]]
    assert tde(human, human[1:3], k=2) == 0
    assert tde(human[1:3], human, k=2) > 0


def test_paths_shorter_than_a_stretch_have_no_measure() -> None:
    short, long = np.ones((2, 3)), np.ones((5, 3))
    assert np.isnan([tde(short, long, k=3), tde(long, short, k=3), string_tde(short, long, **STRING)]).all()
    assert np.isnan(scaled_tde([], long, size=SIZE))


def test_mistakes_are_sentences() -> None:
    for metric, options in VARIANTS:
        assert_missing_is_said(metric, **options)
    with pytest.raises(RequestError, match="k is 0"):
        tde.pairwise([[[1, 1]]], k=0)
    with pytest.raises(RequestError, match="choose from mean, worst"):
        tde([[1, 1]], [[1, 1]], k=1, over="hausdorff")
