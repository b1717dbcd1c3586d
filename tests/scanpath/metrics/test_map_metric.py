"""Many maps and many viewers at once give what each pair alone does."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from neurogate.errors import RequestError
from neurogate.scanpath.metrics import map_likeness
from neurogate.scanpath.metrics.auc import auc_judd, auc_shuffled, auc_uniform
from neurogate.scanpath.metrics.borji import auc_borji
from neurogate.scanpath.metrics.fixation_map import fixation_map
from neurogate.scanpath.metrics.information_gain import information_gain
from neurogate.scanpath.metrics.map_likeness import correlation, kl_divergence, similarity
from neurogate.scanpath.metrics.map_metric import MapMetric
from neurogate.scanpath.metrics.nss import nss

SHAPE = (4, 5)
CLOSE = 1e-9
BASE = np.arange(1.0, 21).reshape(SHAPE)
Several = list[np.ndarray]
AT_FIXATIONS: list[tuple[MapMetric, dict[str, Any]]] = [
    (nss, {}), (nss, {"variant": "cells"}), (auc_uniform, {}), (auc_judd, {}),
    (auc_judd, {"variant": "fixatons"}), (auc_shuffled, {"others": [[0, 0], [4, 3], [4, 3]]}),
    (auc_shuffled, {"others": []}), (auc_borji, {"seed": 1, "splits": 3}),
    (auc_borji, {"seed": 1, "splits": 2, "step": 0.07, "others": [[0, 0], [1, 3]]}),
    (information_gain, {"baseline": BASE}), (information_gain, {"baseline": BASE, "variant": "mit"}),
]  # fmt: skip
OF_MAPS: list[tuple[MapMetric, dict[str, Any]]] = [
    (kl_divergence, {}), (kl_divergence, {"variant": "pysaliency"}), (correlation, {}), (similarity, {}),
    (similarity, {"variant": "mit"}),
]  # fmt: skip

maps = st.integers(0, 10**6).map(
    lambda seed: list(np.random.default_rng(seed).integers(-2, 4, (3, *SHAPE)).astype(float))
)
viewers = st.lists(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=5).map(
        lambda rows: np.array(rows, dtype=int).reshape(-1, 2)
    ),
    min_size=2,
    max_size=3,
)


@settings(max_examples=25)
@given(maps, viewers)
def test_all_viewers_on_all_maps_at_once(several: Several, looked: Several) -> None:
    for metric, options in AT_FIXATIONS:
        wanted = [[metric(s, own, **options) for own in looked] for s in several]
        np.testing.assert_allclose(metric.pairwise(several, looked, **options), wanted, rtol=0, atol=CLOSE)


@settings(max_examples=25)
@given(maps, maps, st.sampled_from([1, 7, 10, 2**12]))
def test_all_maps_with_all_others_at_once(several: Several, empirical: Several, block: int) -> None:
    several[0], several[1], empirical[1] = np.ones(SHAPE), np.zeros(SHAPE), np.maximum(empirical[1], 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(map_likeness, "BLOCK", block)
        for metric, options in OF_MAPS:
            wanted = [[metric(s, q, **options) for q in empirical] for s in several]
            found = metric.pairwise(several, empirical, **options)
            np.testing.assert_allclose(found, wanted, rtol=0, atol=CLOSE)
            again = metric.pairwise(several, several, **options)
            np.testing.assert_array_equal(again, metric.pairwise(several, list(several), **options))


@pytest.mark.parametrize(("metric", "options"), AT_FIXATIONS)
def test_a_viewer_is_judged_by_the_others_alone(metric: MapMetric, options: dict[str, Any]) -> None:
    looked = [[[1, 1], [2, 2]], [[1, 1], [4, 0]], [[2, 3]]]
    found = metric.leave_one_out(looked, shape=SHAPE, sigma=1.0, **options)
    others = fixation_map([*looked[0], *looked[2]], SHAPE, 1.0)
    np.testing.assert_allclose(
        found[1], metric(others, looked[1], **metric.left_out | options), rtol=0, atol=CLOSE
    )


@pytest.mark.parametrize(("metric", "options"), OF_MAPS)
def test_a_viewers_map_is_judged_by_that_of_the_others(metric: MapMetric, options: dict[str, Any]) -> None:
    looked = [[[1, 1], [2, 2]], [[1, 1], [4, 0]], [[2, 3]]]
    found = metric.leave_one_out(looked, shape=SHAPE, sigma=1.0, **options)
    others = fixation_map([*looked[0], *looked[2]], SHAPE, 1.0)
    own = fixation_map(looked[1], SHAPE, 1.0)
    np.testing.assert_allclose(found[1], metric(others, own, **options), rtol=0, atol=CLOSE)


def test_no_maps_and_no_viewers_are_allowed() -> None:
    assert nss.pairwise([], [[[0, 0]]]).shape == (0, 1)
    assert nss.pairwise([BASE], []).shape == (1, 0)
    assert similarity.pairwise([BASE], []).shape == (1, 0)


def test_a_batch_tells_what_is_wrong_and_goes_on() -> None:
    told: list[str] = []
    found = nss.pairwise([BASE * np.nan, BASE], [[[0, 0]], [[9, 9]]], complaints=told)
    np.testing.assert_array_equal(found, [[np.nan, np.nan], [nss(BASE, [[0, 0]]), np.nan]])
    assert [each.split(":")[0] for each in told] == ["Map 0", "Viewer 1"]
    found = similarity.pairwise([BASE, BASE + np.inf], [BASE], complaints=told)
    np.testing.assert_array_equal(found, [[similarity(BASE, BASE)], [np.nan]])
    assert "Map 1: priority is inf" in told[-1]


def test_a_measure_that_reads_a_few_cells_complains_of_numbers_missing_in_these() -> None:
    told: list[str] = []
    holed = BASE.copy()
    holed[2, 2] = np.nan
    looked, options = [[[0, 0]], [[1, 1]]], {"others": [[4, 3]]}
    wanted = auc_shuffled.pairwise([BASE], looked, **options)
    np.testing.assert_array_equal(auc_shuffled.pairwise([holed], looked, complaints=told, **options), wanted)
    assert auc_shuffled(holed, looked[0], **options) == wanted[0, 0]
    assert not told
    looked[1] = [[2, 2]]
    found = auc_shuffled.pairwise([holed, BASE[0]], looked, complaints=told, **options)
    np.testing.assert_array_equal(found, [[wanted[0, 0], np.nan], [np.nan, np.nan]])
    assert [each.split(".")[0] for each in told] == [
        "Map 1: priority has shape (5,)", "Map 0: priority is nan in row 2, column 2",
    ]  # fmt: skip
    with pytest.raises(RequestError, match="Map 0: priority is nan in row 2"):
        auc_shuffled.pairwise([holed], looked, **options)


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (lambda: nss.pairwise([BASE, BASE[1:]], [[[0, 0]]]), r"maps of shapes \(3, 5\) and \(4, 5\)"),
        (lambda: nss.pairwise([BASE], [[[5, 0]]]), "Viewer 0: Fixation 0 is in column 5, row 0, outside"),
        (lambda: nss.pairwise([BASE * np.nan], [[[0, 0]]]), "Map 0: priority is nan in row 0, column 0"),
        (lambda: similarity.pairwise([BASE], [BASE.T]), r"empirical maps of shapes \(4, 5\) and \(5, 4\)"),
        (lambda: nss.leave_one_out([[[0, 0]]], shape=SHAPE, sigma=1.0), "There are 1 viewers"),
    ],
)
def test_mistakes_are_sentences(attempt: Any, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        attempt()


@pytest.mark.parametrize(("metric", "options"), [*AT_FIXATIONS, *OF_MAPS])
def test_who_looked_nowhere_is_not_judged_and_who_is_wrong_is_told(
    metric: MapMetric, options: dict[str, Any]
) -> None:
    told: list[str] = []
    right = [[[1, 1], [2, 2]], [[1, 1], [4, 0]], [[2, 3]]]
    given = [*right, [], [[9, 9]]]
    found = metric.leave_one_out(given, shape=SHAPE, sigma=1.0, complaints=told, **options)
    np.testing.assert_array_equal(found[:3], metric.leave_one_out(right, shape=SHAPE, sigma=1.0, **options))
    assert np.isnan(found[3:]).all()
    assert np.isfinite(found[:3]).all() or not len(options.get("others", [0]))
    assert [each.split(":")[0] for each in told] == ["Viewer 4"]


@pytest.mark.parametrize("variant", ["densities", "mit"])
def test_a_share_of_the_baseline_makes_every_gain_finite(variant: Any, rng: np.random.Generator) -> None:
    looked = [rng.integers(0, 40, (6, 2)) for _ in range(4)]
    options = {"shape": (40, 40), "sigma": 1.0, "baseline": np.ones((40, 40)), "variant": variant}
    alone = information_gain.leave_one_out(looked, mixed=0.0, **options)
    found = information_gain.leave_one_out(looked, **options)
    assert (found >= np.log2(0.05) - 1e-9).all()
    assert (found > alone).all()
    with pytest.raises(RequestError, match="mixed is 1; give a share"):
        information_gain.leave_one_out(looked, mixed=1.0, **options)
