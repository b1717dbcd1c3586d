"""Recurrence counts runs, as the stored numbers and a closed form do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.revisits import cross_recurrence, self_recurrence, self_recurrences
from tests.scanpath.metrics.axioms import assert_missing_is_said, assert_twin, paths

PAIRS = json.loads((Path(__file__).parents[2] / "oracles" / "scanpath_distances.json").read_text())["pairs"]


def numbers(stored: dict[str, float | None]) -> list[float]:
    return [np.nan if stored[key] is None else float(stored[key]) for key in ("rec", "det", "lam", "corm")]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: str(pair["image"]))
def test_stored_numbers_are_agreed_with(pair: dict[str, Any]) -> None:
    cross = numbers(pair["own_cross_rqa_r60_L2"])
    itself = numbers(pair["own_self_rqa_a_r60_L2"])
    found = cross_recurrence(pair["a"], pair["b"], radius=60)
    np.testing.assert_allclose(found[1:], cross[1:], rtol=0, atol=1e-9)
    assert found.rec == pytest.approx(np.nan_to_num(cross[0]))
    found = self_recurrence(pair["a"], radius=60)
    np.testing.assert_allclose(found[1:], itself[1:], rtol=0, atol=1e-9)
    assert found.rec == pytest.approx(np.nan_to_num(itself[0]))
    assert cross_recurrence(pair["a"], pair["b"], radius=60).rec == pytest.approx(
        pair["fixatons_rqa_r60_ll2"]["rec"]
    )


@settings(max_examples=30)
@given(paths(), paths())
def test_what_is_compiled_is_the_definition(a: np.ndarray, b: np.ndarray) -> None:
    assert_twin(cross_recurrence, [a, b], [b, a, a], radius=20)
    wanted = [self_recurrence(path, radius=20, line=3) for path in (a, b)]
    np.testing.assert_allclose(self_recurrences([a, b], radius=20, line=3), wanted, rtol=0, atol=1e-9)


@settings(max_examples=20)
@given(paths(2), paths(2))
def test_axioms(a: np.ndarray, b: np.ndarray) -> None:
    there = cross_recurrence(a, b, radius=20)
    back = cross_recurrence(b, a, radius=20)
    np.testing.assert_allclose([*back[:3], -back[3]], there, atol=1e-9)
    moved = cross_recurrence(2 * a + 5, 2 * b + 5, radius=40)
    np.testing.assert_allclose(moved, there, atol=1e-9)
    itself = cross_recurrence(a, a, radius=0)
    assert itself.det * itself.rec / 100 >= 100 / len(a) - 1e-9  # the main diagonal is a line
    assert all(np.isnan(value) or 0 <= value <= 100 for value in self_recurrence(a, radius=20))


def test_a_cycle_recurs_in_diagonals_and_a_stay_in_lines() -> None:
    cycle = np.tile([[0, 0], [30, 0], [0, 30]], (3, 1))
    assert self_recurrence(cycle, radius=1)[1:3] == (100, 0)
    assert self_recurrence(np.zeros((4, 2)), radius=1).lam == pytest.approx(100 * (5 + 5) / 12)
    assert self_recurrence(cycle, radius=1).rec == pytest.approx(100 * 9 / 36)


def test_nothing_recurs_and_too_few_fixations_are_told_apart() -> None:
    far = [[0, 0], [50, 0], [0, 50]]
    assert self_recurrence(far, radius=1).rec == 0
    assert np.isnan(self_recurrence(far, radius=1)[1:]).all()
    assert np.isnan(self_recurrence(far[:1], radius=1)).all()
    assert np.isnan(cross_recurrence([], far, radius=1)).all()


def test_mistakes_are_sentences() -> None:
    assert_missing_is_said(cross_recurrence, radius=3)
    with pytest.raises(RequestError, match="radius is -1"):
        cross_recurrence([[1, 1]], [[1, 1]], radius=-1)
    with pytest.raises(RequestError, match="line is 1"):
        self_recurrences([[[1, 1]]], radius=1, line=1)
