"""Models and viewers are judged fixation by fixation, many at once as one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.conditional import (
    conditional_auc,
    conditional_information_gain,
    conditional_nss,
)
from neurogate.scanpath.metrics.fixation_map import fixation_map
from neurogate.scanpath.metrics.step_metric import StepMetric

SHAPE = (4, 5)
VIEWERS = [[[0, 0], [1, 1], [4, 3]], [[2, 2], [3, 1]], [[1, 3]]]
METRICS: list[tuple[StepMetric, dict[str, Any]]] = [
    (conditional_nss, {}), (conditional_auc, {}),
    (conditional_information_gain, {"baseline": np.ones(SHAPE)}),
]  # fmt: skip


def models(rng: np.random.Generator) -> list[list[np.ndarray]]:
    return [[rng.random((len(own), *SHAPE)) for own in VIEWERS] for _ in range(2)]


@pytest.mark.parametrize(("metric", "options"), METRICS)
def test_every_model_is_judged_by_its_own_maps_of_every_viewer(
    metric: StepMetric, options: dict[str, Any], rng: np.random.Generator
) -> None:
    said = models(rng)
    wanted = [
        [metric(maps, own, **options).mean() for maps, own in zip(m, VIEWERS, strict=True)] for m in said
    ]
    np.testing.assert_allclose(metric.pairwise(said, VIEWERS, **options), wanted, rtol=1e-12)


@given(
    values=arrays(
        np.float64,
        (2, 47, 45),
        elements=st.sampled_from([0.0, 1.0, 0.3, 7.5]),
        fill=st.sampled_from([0.0, 0.3]),
    ),
    least=st.sampled_from([0.0, -2.0, 5.0]),
    column=st.integers(0, 44),
    row=st.integers(0, 46),
)
@settings(max_examples=15, deadline=None)
def test_what_is_compiled_agrees_where_values_tie_or_are_flat_or_below_0(
    values: np.ndarray, least: float, column: int, row: int
) -> None:
    maps, fixated = values + least, [[column, row], [44, 46]]
    base = np.arange(1.0, 1 + 47 * 45).reshape(47, 45)
    asked = [
        *METRICS[:2],
        *((conditional_information_gain, {"baseline": base, "mixed": w}) for w in (0.0, 0.2)),
    ]
    for metric, options in asked:
        for one, place in zip(maps, fixated, strict=True):
            wanted = metric([one], [place], **options)
            np.testing.assert_allclose(metric.pairwise([[[one]]], [[place]], **options)[0], wanted, rtol=1e-9)


@pytest.mark.parametrize(("metric", "options"), METRICS)
def test_a_viewer_is_judged_turn_by_turn_by_the_others(metric: StepMetric, options: dict[str, Any]) -> None:
    found = metric.leave_one_out(VIEWERS, shape=SHAPE, sigma=1.0, **options)
    maps = [
        fixation_map([VIEWERS[1][0], VIEWERS[2][0]], SHAPE, 1.0),
        fixation_map([VIEWERS[1][1]], SHAPE, 1.0),
    ]
    assert found[0] == pytest.approx(
        metric(maps, VIEWERS[0][:2], **metric.left_out | options).mean(), rel=1e-12
    )
    assert np.isfinite(found).all()


def test_flat_maps_and_viewers_who_never_looked_do_not_count(rng: np.random.Generator) -> None:
    maps = rng.random((2, *SHAPE))
    maps[0] = 1
    found = conditional_nss.pairwise([[maps]], [VIEWERS[1]])[0, 0]
    assert found == pytest.approx(conditional_nss(maps, VIEWERS[1])[1], rel=1e-12)
    found = conditional_nss.leave_one_out([[], [[1, 1]]], shape=SHAPE, sigma=1.0)
    assert np.isnan(found).all()


def test_a_batch_tells_which_pairs_are_wrong_and_goes_on(rng: np.random.Generator) -> None:
    told: list[str] = []
    said = models(rng)
    said[1][2] = said[1][2] * np.nan
    found = conditional_auc.pairwise(said, VIEWERS, complaints=told)
    assert np.isfinite(found).tolist() == [[True] * 3, [True, True, False]]
    assert told == ["Model 1, viewer 2: priority is nan in row 0, column 0. Give finite numbers."]
    with pytest.raises(RequestError, match="Model 1, viewer 2"):
        conditional_auc.pairwise(said, VIEWERS)


def test_a_model_needs_maps_of_each_viewer_and_a_viewer_needs_others(rng: np.random.Generator) -> None:
    with pytest.raises(RequestError, match=r"Model 1 has maps for 2 viewers, and there are 3. Maps follow"):
        conditional_nss.pairwise([models(rng)[0], models(rng)[1][:2]], VIEWERS)
    with pytest.raises(RequestError, match="There are 1 viewers"):
        conditional_nss.leave_one_out(VIEWERS[:1], shape=SHAPE, sigma=1.0)


def test_a_viewer_outside_is_told_and_the_others_are_judged_without_it() -> None:
    told: list[str] = []
    several, options = [*VIEWERS, [[9, 9]]], {"shape": SHAPE, "sigma": 1.0}
    found = conditional_nss.leave_one_out(several, complaints=told, **options)
    np.testing.assert_array_equal(found[:3], conditional_nss.leave_one_out(VIEWERS, **options))
    assert np.isnan(found[3])
    assert [each.split(":")[0] for each in told] == ["Viewer 3"]


def test_the_bits_of_few_others_are_finite(rng: np.random.Generator) -> None:
    looked = [rng.integers(0, 40, (6, 2)) for _ in range(4)]
    options = {"shape": (40, 40), "sigma": 1.0, "baseline": np.ones((40, 40))}
    assert np.isfinite(conditional_information_gain.leave_one_out(looked, **options)).all()
    assert not np.isfinite(conditional_information_gain.leave_one_out(looked, mixed=0.0, **options)).any()
