"""Measures of maps agree with what peers computed, and keep to their axioms."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from neurogate.backends.numba_cpu import ranks as compiled
from neurogate.errors import RequestError
from neurogate.scanpath.metrics.auc import auc_judd, auc_shuffled, auc_uniform, mann_whitney, ranks
from neurogate.scanpath.metrics.borji import auc_borji
from neurogate.scanpath.metrics.conditional import (
    conditional_auc,
    conditional_information_gain,
    conditional_nss,
)
from neurogate.scanpath.metrics.information_gain import information_gain
from neurogate.scanpath.metrics.map_likeness import correlation, kl_divergence, similarity
from neurogate.scanpath.metrics.nss import nss
from neurogate.scanpath.metrics.priority import cells

ORACLES = Path(__file__).parents[2] / "oracles"
ORACLE = 1e-9
ROUNDED = 1e-12
FEW = settings(max_examples=25)
NAN = float("nan")

numbers = st.integers(-3, 3).map(float)
Maps = Any


@st.composite
def maps(draw: st.DrawFn) -> Maps:
    """Maps of small numbers, so that there are ties."""
    height, width = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    rows = st.lists(st.lists(numbers, min_size=width, max_size=width), min_size=height, max_size=height)
    return np.array(draw(rows))


@st.composite
def fixated_maps(draw: st.DrawFn) -> tuple[Maps, Maps]:
    s = draw(maps())
    place = st.tuples(st.integers(0, s.shape[1] - 1), st.integers(0, s.shape[0] - 1))
    return s, np.array(draw(st.lists(place, min_size=1, max_size=5)))


def test_all_values_of_the_oracle_agree() -> None:
    stored = json.loads((ORACLES / "scanpath_saliency.json").read_text("utf-8"))
    arrays = np.load(ORACLES / "scanpath_saliency.npz")
    all_fixated = [arrays[f"fix{k}"] for k in range(20)]
    base = arrays["centerbias"]
    for row in stored:
        k = row["image"] - 1001
        s, q, own = arrays["saliency"][k], arrays["empirical"][k], all_fixated[k]
        others = np.concatenate([each for place, each in enumerate(all_fixated) if place != k])
        found = {
            "NSS_pysaliency_mean_per_fix_ddof0": nss(s, own),
            "NSS_MIT_binarymap_ddof1": nss(s, own, variant="cells"),
            "AUC_uniform_pysaliency": auc_uniform(s, own),
            "AUC_uniform_ref": auc_uniform(s, own),
            "sAUC_full_pysaliency": auc_shuffled(s, own, others),
            "sAUC_full_ref": auc_shuffled(s, own, others),
            "AUC_judd_nojitter_FixaTons": auc_judd(s, own, variant="fixatons"),
            "CC": correlation(s, q),
            "SIM_pysaliency": similarity(s, q),
            "KL_MIT_eps": kl_divergence(s, q),
            "KL_pysaliency_default": kl_divergence(s, q, variant="pysaliency"),
            "IG_bits_vs_centerbias": information_gain(s, own, base),
            "IG_FixaTons_MITeps": information_gain(s, own, base, variant="mit"),
        }
        assert set(found) == set(row) - {"image"}
        assert found == pytest.approx({name: row[name] for name in found}, rel=0, abs=ORACLE)


@FEW
@given(st.lists(numbers, min_size=1), st.lists(numbers, max_size=5), st.floats(0.1, 3))
def test_compiled_ranks_are_those_of_sorting(
    values: list[float], thresholds: list[float], scale: float
) -> None:
    v, t = np.array(values) * scale, np.array(thresholds) * scale
    below, upto = compiled.ranks(v, t)
    assert below.tolist() == [int((v < each).sum()) for each in t]
    assert upto.tolist() == [int((v <= each).sum()) for each in t]
    assert [each.tolist() for each in ranks(v, t)] == [below.tolist(), upto.tolist()]


def test_compiled_ranks_of_many_values_and_far_ones(rng: np.random.Generator) -> None:
    v = rng.normal(size=40_000) ** 5
    t = np.concatenate([rng.choice(v, 50), [-1e300, 1e300, v.min(), v.max()]])
    for found, side in zip(ranks(v, t), ("left", "right"), strict=True):
        assert np.array_equal(found, np.searchsorted(np.sort(v), t, side))


@FEW
@given(st.integers(1, 500), st.integers(1, 40), st.integers(0, 10**6), st.sampled_from([-300, -3, 0, 2, 300]))
def test_compiled_ranks_of_neighbours_that_are_alike(size: int, count: int, seed: int, decades: int) -> None:
    rng = np.random.default_rng(seed)
    v = np.cumsum(rng.normal(size=size)).round(seed % 3) * 10.0**decades
    t = np.concatenate([rng.choice(v, count), [1.5 * v[0], v.min(), v.max()]])
    for found, side in zip(compiled.ranks(v, t), ("left", "right"), strict=True):
        np.testing.assert_array_equal(found, np.searchsorted(np.sort(v), t, side))


@FEW
@given(fixated_maps())
def test_areas_reflect_when_the_map_does(drawn: tuple[Maps, Maps]) -> None:
    s, own = drawn
    assert auc_uniform(s, own) == pytest.approx(1 - auc_uniform(-s, own), abs=ROUNDED)
    assert auc_shuffled(s, own, own) == pytest.approx(0.5, abs=ROUNDED)
    assert mann_whitney(s.ravel(), s.ravel()) == pytest.approx(0.5, abs=ROUNDED)


@FEW
@given(fixated_maps(), st.floats(0.5, 4), st.integers(-2, 2))
def test_scale_and_offset_of_a_map_do_not_matter(drawn: tuple[Maps, Maps], scale: float, shift: int) -> None:
    s, own = drawn
    other = scale * s + shift
    q = np.arange(s.size, dtype=float).reshape(s.shape)
    measures: list[Callable[[Maps], float]] = [
        lambda s: nss(s, own), lambda s: auc_judd(s, own), lambda s: auc_uniform(s, own),
        lambda s: correlation(s, q), lambda s: similarity(s, q, variant="mit"),
    ]  # fmt: skip
    for measure in measures:
        assert measure(other) == pytest.approx(measure(s), abs=1e-9, nan_ok=True)


@FEW
@given(maps(), st.data())
def test_likeness_is_best_of_a_map_with_itself(s: Maps, data: st.DataObject) -> None:
    q = np.array(data.draw(st.lists(numbers, min_size=s.size, max_size=s.size))).reshape(s.shape)
    assert similarity(s, s) == pytest.approx(1, abs=ROUNDED)
    assert kl_divergence(s, s, variant="pysaliency") == 0
    assert kl_divergence(s, s) == pytest.approx(0, abs=ROUNDED)
    assert np.isnan(correlation(s, s)) if np.ptp(s) == 0 else correlation(s, s) == pytest.approx(1)
    assert similarity(s, q) == similarity(q, s)
    assert 0 <= similarity(s, q) <= 1 + ROUNDED
    assert kl_divergence(s, q, variant="pysaliency") >= -ROUNDED
    assert correlation(s, q) == pytest.approx(correlation(q, s), nan_ok=True)


@FEW
@given(fixated_maps())
def test_a_cell_counts_once_where_it_says_so(drawn: tuple[Maps, Maps]) -> None:
    s, own = drawn
    twice = np.concatenate([own, own])
    assert nss(s, twice, variant="cells") == pytest.approx(nss(s, own, variant="cells"), nan_ok=True)
    assert auc_judd(s, twice) == pytest.approx(auc_judd(s, own), nan_ok=True)
    assert nss(s, twice) == pytest.approx(nss(s, own), nan_ok=True)


def test_borjis_area_is_that_of_all_cells_but_for_its_grid(rng: np.random.Generator) -> None:
    s = rng.random((30, 40))
    own = np.argwhere(s > 0.7)[:, ::-1]
    fine = auc_borji(s, own, seed=3, splits=200, step=0.001)
    assert fine == pytest.approx(auc_uniform(s, own), abs=0.01)
    assert auc_borji(s, own, seed=3, splits=9) == auc_borji(s, own, seed=3, splits=9)
    assert auc_borji(s, own, own, seed=3) == pytest.approx(0.5, abs=0.02)


def test_the_next_fixation_is_scored_on_its_own_map(rng: np.random.Generator) -> None:
    s, own, base = rng.random((3, 4, 5)), np.array([[0, 0], [4, 3], [2, 1]]), rng.random((4, 5))
    for t in range(3):
        assert conditional_nss(s, own)[t] == nss(s[t], own[t : t + 1])
        assert conditional_auc(s, own)[t] == auc_uniform(s[t], own[t : t + 1])
        assert conditional_information_gain(s, own, base)[t] == information_gain(s[t], own[t : t + 1], base)
    assert conditional_nss(np.zeros((0, 4, 5)), []).shape == (0,)
    with pytest.raises(RequestError, match=r"There are maps of shape .* and 2 fixations"):
        conditional_nss(s, own[:2])


MEASURES: list[Callable[..., float]] = [
    nss, partial(nss, variant="cells"), auc_uniform, auc_judd, partial(auc_borji, seed=1),
    lambda s, own: auc_shuffled(s, own, [[0, 0]]), lambda s, own: information_gain(s, own, np.ones((2, 3))),
]  # fmt: skip


@pytest.mark.parametrize("measure", MEASURES)
def test_without_fixations_there_is_no_measure_and_a_mistake_is_a_sentence(
    measure: Callable[..., float],
) -> None:
    s = np.arange(6.0).reshape(2, 3)
    assert np.isnan(measure(s, []))
    assert np.isfinite(measure(s, [[2, 1], [2, 1], [2.9, 1.9]]))
    with pytest.raises(RequestError, match="Fixation 1 is in column 3, row 0, outside the map of 3 columns"):
        measure(s, [[2, 1], [3, 0]])
    with pytest.raises(RequestError, match=r"Fixation 0 .* has a number that is missing"):
        measure(s, [[2, NAN]])
    with pytest.raises(RequestError, match="priority is nan in row 0, column 1"):
        measure([[0, NAN, 1], [0, 1, 2]], [[1, 1], [1, 0]])
    with pytest.raises(RequestError, match=r"priority has shape \(3,\)"):
        measure([1.0, 2, 3], [[0, 0]])


def test_flat_maps_have_no_meaning_or_that_of_chance() -> None:
    flat, own = np.ones((2, 3)), [[0, 0]]
    assert np.isnan([nss(flat, own), correlation(flat, np.eye(2, 3)), auc_borji(flat, own, seed=1)]).all()
    assert auc_uniform(flat, own) == 0.5
    for n in (1, 2, 3):  # ties count against this one
        assert auc_judd(flat, [[0, 0], [1, 1], [2, 0]][:n]) == pytest.approx((6 - n**2) / (2 * n * (6 - n)))
    assert information_gain(np.zeros((2, 3)), own, flat) == 0
    assert information_gain([[0, 1]], own, [[1, 1]]) == -np.inf


@pytest.mark.parametrize("measure", [kl_divergence, correlation, similarity])
def test_maps_of_two_shapes_are_refused(measure: Callable[..., float]) -> None:
    with pytest.raises(
        RequestError, match=r"priority \(2, 3\), empirical \(3, 2\): both maps must have one shape"
    ):
        measure(np.ones((2, 3)), np.ones((3, 2)))


def test_fixations_outside_can_be_dropped() -> None:
    assert cells([[-1, 5], [79, 59.9]], (6, 8), (80, 60), outside="drop").tolist() == [[7, 5]]
    with pytest.raises(RequestError, match=r"outside is 'keep'; choose from refuse, drop\."):
        cells([[1, 1]], (6, 8), outside="keep")  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"splits": 0}, {"step": 0}])
def test_draws_and_grids_have_limits(wrong: dict[str, int]) -> None:
    with pytest.raises(RequestError, match="at least 1 split, and a step in"):
        auc_borji([[0, 1]], [[0, 0]], seed=1, **wrong)


def test_ranks_among_values_farther_apart_than_a_number_can_say() -> None:
    values = np.array([-1.7e308, 1.7e308, *np.arange(-40, 40) * 4e306])
    thresholds = values[[1, 0, 12, 70]]
    wanted = [np.searchsorted(np.sort(values), thresholds, side) for side in ("left", "right")]
    np.testing.assert_array_equal(compiled.ranks(values, thresholds), wanted)


def test_only_cells_that_are_read_may_not_be_missing() -> None:
    holed = np.arange(12.0).reshape(3, 4)
    holed[1, 1] = np.nan
    elsewhere = [[0, 0], [3, 2]]
    assert np.isnan(auc_shuffled(holed, [], elsewhere))
    assert np.isnan(auc_shuffled.pairwise([holed], [[]], others=elsewhere)).all()
    told: list[str] = []
    found = auc_shuffled.pairwise([holed], [[[1, 1]], [[2, 2]]], others=elsewhere, complaints=told)
    assert np.isnan(found).tolist() == [[True, False]]
    assert told == ["Map 0: priority is nan in row 1, column 1. Give finite numbers."]
