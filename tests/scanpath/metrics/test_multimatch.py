"""MultiMatch agrees with multimatch_gaze, and what is compiled agrees with the definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from neurogate.errors import RequestError
from neurogate.scanpath.metrics.grouping import Grouping, simplified
from neurogate.scanpath.metrics.multimatch import aligned, multimatch
from tests.scanpath.metrics.axioms import SIZE, assert_missing_is_said, assert_twin, paths

ORACLE = np.load(Path(__file__).parents[2] / "oracles" / "scanpath_multimatch.npz")
TAGS = sorted({name.rsplit("_", 1)[0] for name in ORACLE})
LOOSE = Grouping(direction_deg=45, duration_s=0.3, amplitude_px=30)


@pytest.mark.parametrize("tag", TAGS)
def test_the_peer_is_agreed_with(tag: str) -> None:
    a, b, screen = (ORACLE[f"{tag}_{name}"] for name in ("a", "b", "screen"))
    grouping = Grouping(45, 0.3, 147 if tag.startswith("sf") else 100)
    grouped = multimatch(a, b, size=tuple(screen), grouping=grouping, compat="multimatch_gaze")
    np.testing.assert_allclose(multimatch(a, b, size=tuple(screen)), ORACLE[f"{tag}_plain"], atol=1e-9)
    np.testing.assert_allclose(grouped, ORACLE[f"{tag}_grouped"], atol=1e-9)


@settings(max_examples=30)
@given(paths(), paths())
def test_what_is_compiled_is_the_definition(a: np.ndarray, b: np.ndarray) -> None:
    assert_twin(multimatch, [a, b], [b, a], size=SIZE)
    assert_twin(multimatch, [a, b], [b, a], size=SIZE, grouping=LOOSE)


@settings(max_examples=30)
@given(paths(3), paths(3))
def test_axioms(a: np.ndarray, b: np.ndarray) -> None:
    there = np.array(multimatch(a, b, size=SIZE))
    assert ((there <= 1) & (there >= [0, 0, 0, -0.2, 0])).all()
    assert np.allclose(multimatch(a, a, size=SIZE, grouping=LOOSE), 1)
    assert np.allclose(multimatch(np.add(a, (5, 7, 0)), np.add(b, (5, 7, 0)), size=SIZE), there)
    doubled = multimatch(a * (2, 2, 1), b * (2, 2, 1), size=(160, 120))
    assert np.allclose(doubled, there)


def test_a_path_of_distinct_saccades_is_compared_alike_both_ways(rng: np.random.Generator) -> None:
    a, b = rng.random((2, 9, 3)) * (80, 60, 1)
    assert np.allclose(multimatch(a, b, size=SIZE), multimatch(b, a, size=SIZE))


def test_fewer_than_three_fixations_have_no_measure() -> None:
    path = np.ones((5, 3))
    assert np.isnan([multimatch(path[:n], path, size=SIZE) for n in range(3)]).all()
    assert np.isfinite(multimatch(path[:3], path, size=SIZE)).all()


def test_ties_advance_both_then_the_first() -> None:
    same = np.ones((3, 2))
    assert aligned(same, same).tolist() == [[0, 0], [1, 1], [2, 2]]
    assert aligned(same, same[:2]).tolist() == [[0, 0], [1, 0], [2, 1]]


def test_the_last_saccade_joins_all_that_was_joined_before_it() -> None:
    path = np.array([[0, 0, 0.1], [1, 0, 0.1], [0, 1, 0.1], [0, 0, 0.1]])
    narrow = Grouping(0, 0.3, 10)
    assert simplified(path, narrow)[:, 2:4].tolist() == [[0, 0]]
    assert len(simplified(path, narrow, "multimatch_gaze")) == 0


def test_saccades_of_no_length_go_on_in_no_direction() -> None:
    path = np.array([[0, 0, 0.1], [0, 0, 0.1], [9, 0, 0.1], [9, 9, 0.1]])
    assert len(simplified(path, Grouping(45, 0.3, 0))) == 3


def test_each_is_compared_with_the_others_only(rng: np.random.Generator) -> None:
    several = list(rng.random((4, 6, 3)) * (80, 60, 1))
    table = multimatch.pairwise(several, size=SIZE)
    assert np.allclose(table[range(4), range(4)], 1)
    mean = (table.sum(axis=1) - 1) / 3
    assert np.allclose(multimatch.leave_one_out(several, size=SIZE), mean)
    with pytest.raises(RequestError, match="There are 1 scanpaths"):
        multimatch.leave_one_out(several[:1], size=SIZE)


def test_mistakes_are_sentences() -> None:
    assert_missing_is_said(multimatch, size=SIZE)
    with pytest.raises(RequestError, match="The picture is 0 x 60"):
        multimatch.pairwise([np.ones((3, 3))], size=(0, 60))
    with pytest.raises(RequestError, match="rows x, y, duration; this one has shape \\(3, 2\\)"):
        multimatch(np.ones((3, 2)), np.ones((3, 2)), size=SIZE)
